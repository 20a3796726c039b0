#pragma once
// What an answer's `usage` object counts, read from the end of the body: an engine writes it last,
// in a unary answer as in the last event of a stream. Keeps only as many bytes as that needs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairway::loadgen {

struct TokenUsage {
  std::optional<uint64_t> prompt;
  std::optional<uint64_t> completion;
  std::optional<uint64_t> cached;  // of the prompt
};

class UsageTail {
 public:
  static constexpr size_t kBytes = 1024;

  void Clear() { tail_.clear(); }
  void Feed(std::string_view body);
  TokenUsage Read() const;

 private:
  std::string tail_;  // the last kBytes at least, twice that at most
};

}  // namespace fairway::loadgen
