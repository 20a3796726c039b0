#pragma once
// The frame around a prompt: the HTTP head and the JSON of a chat completion up to its messages.

#include <cstdint>
#include <string>
#include <string_view>

#include "loadgen/options.h"

namespace fairway::loadgen {

// Request line and fields, with the empty line.
void AppendHead(const LoadOptions& options, size_t body_bytes, std::string& out);

// `{"model":...,"max_tokens":N,...,"messages":[`
void AppendOpening(const LoadOptions& options, uint32_t max_tokens, std::string& out);

// `{"role":"user","content":"`, with a comma before it unless it is the first message.
enum class Place : unsigned char { kFirst, kLater };
void AppendRole(std::string_view role, Place place, std::string& out);
inline constexpr std::string_view kMessageEnd = "\"}";
inline constexpr std::string_view kChatEnd = "]}";

}  // namespace fairway::loadgen
