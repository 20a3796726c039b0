#include "loadgen/usage_tail.h"

#include <algorithm>
#include <charconv>

namespace fairway::loadgen {
namespace {

// The number after the last `"key":`. In generated text the quotes are escaped, so it cannot match.
std::optional<uint64_t> LastNumber(std::string_view text, std::string_view quoted_key) {
  const size_t found = text.rfind(quoted_key);
  if (found == std::string_view::npos) return std::nullopt;
  text.remove_prefix(found + quoted_key.size());
  const size_t digits = text.find_first_not_of(": ");
  if (digits == std::string_view::npos) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + digits, text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

void UsageTail::Feed(std::string_view body) {
  if (body.size() >= kBytes) {
    tail_.assign(body.substr(body.size() - kBytes));
    return;
  }
  if (tail_.size() + body.size() > 2 * kBytes) {
    tail_.erase(0, tail_.size() - std::min(tail_.size(), kBytes));
  }
  tail_.append(body);
}

TokenUsage UsageTail::Read() const {
  const size_t begin = std::string_view(tail_).rfind("\"usage\"");
  if (begin == std::string_view::npos) return {};
  const std::string_view usage = std::string_view(tail_).substr(begin);
  return {.prompt = LastNumber(usage, "\"prompt_tokens\""),
          .completion = LastNumber(usage, "\"completion_tokens\""),
          .cached = LastNumber(usage, "\"cached_tokens\"")};
}

}  // namespace fairway::loadgen
