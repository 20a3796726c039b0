#pragma once
// Builds the head of a message into a string that its owner uses again. Values are made safe here
// once for all: a control byte in one becomes '?', so no data can start a new field.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/head.h"

namespace fairway::http {

// "OK"; "Unknown" for a status without a name.
std::string_view ReasonPhrase(int status);

// "1f\r\n" for a chunk of 31 bytes; a view into `into`.
std::string_view ChunkSizeLine(size_t bytes, std::array<char, 20>& into);

class HeadWriter {
 public:
  // Clears `out` and writes there.
  explicit HeadWriter(std::string& out) : out_(&out) { out.clear(); }

  HeadWriter& Request(std::string_view method, std::string_view target);
  HeadWriter& Status(int status);
  HeadWriter& Status(int status, std::string_view reason);
  HeadWriter& Add(std::string_view name, std::string_view value);
  HeadWriter& Add(std::string_view name, uint64_t value);
  HeadWriter& Add(std::span<const Field> fields);
  // A field that the parser took from the other side: copied as it is.
  HeadWriter& Pass(const Field& field);
  // The empty line; the head is then whole.
  std::string_view End();

 private:
  std::string* out_;
};

}  // namespace fairway::http
