#include "telemetry/access_log.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <initializer_list>

#include "base/check.h"
#include "json/text.h"

namespace fairway::telemetry {
namespace {

// What a line takes at most besides its texts: keys, numbers, punctuation.
constexpr size_t kFixedBytes = 800;
// A byte of text takes six at most, as \u0001.
constexpr size_t kEscapedBytes = 6;

std::string_view Cut(std::string_view text) { return text.substr(0, AccessLog::kMaxTextBytes); }

constexpr uint64_t Repeated(unsigned char byte) { return uint64_t{0x0101010101010101} * byte; }
// Nonzero if a byte of `word` is zero (H. S. Warren, Hacker's Delight, section 6-1).
constexpr uint64_t AnyZero(uint64_t word) { return (word - Repeated(1)) & ~word & Repeated(0x80); }

// ASCII that JSON takes as it is. Eight bytes at once: byte by byte this was half of a line's cost.
bool IsPlain(std::string_view text) {
  uint64_t odd = 0;
  while (!text.empty()) {
    uint64_t word = Repeated(' ');
    const size_t taken = std::min(text.size(), sizeof(word));
    if (taken == sizeof(word)) [[likely]] {
      std::memcpy(&word, text.data(), sizeof(word));
    } else {
      std::memcpy(&word, text.data(), taken);
    }
    odd |= word & Repeated(0x80);           // not ASCII
    odd |= AnyZero(word & Repeated(0x60));  // a control character
    odd |= AnyZero(word ^ Repeated('"')) | AnyZero(word ^ Repeated('\\'));
    text.remove_prefix(taken);
  }
  return odd == 0;
}

// Writes one line into room that is large enough. A key is a literal with all that stands before
// its value, so that it is copied with a few moves: `,"status":`.
class Line {
 public:
  Line(char* room, std::string& scratch) : to_(room), scratch_(scratch) {}

  template <size_t N>
  void Key(const char (&key)[N]) {
    std::memcpy(to_, key, N - 1);
    to_ += N - 1;
  }
  void Raw(std::string_view text) {
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }
  void Text(std::string_view value) {
    if (IsPlain(value)) [[likely]] {
      *to_++ = '"';
      Raw(value);
      *to_++ = '"';
      return;
    }
    scratch_.clear();
    json::AppendQuoted(value, scratch_);
    Raw(scratch_);
  }
  void TextOrNull(std::string_view value) { value.empty() ? Key("null") : Text(value); }
  void Flag(bool value) { value ? Key("true") : Key("false"); }
  void Number(uint64_t value) { to_ = std::to_chars(to_, to_ + 20, value).ptr; }
  void Number(std::optional<uint64_t> value) { value ? Number(*value) : Key("null"); }
  void Micros(base::Duration value) {
    Number(static_cast<uint64_t>(std::max<int64_t>(value.count() / 1000, 0)));
  }
  // Milliseconds with three decimals.
  void Millis(base::Duration value) {
    const auto us = static_cast<uint64_t>(std::max<int64_t>(value.count() / 1000, 0));
    Number(us / 1000);
    *to_++ = '.';
    *to_++ = static_cast<char>('0' + us / 100 % 10);
    *to_++ = static_cast<char>('0' + us / 10 % 10);
    *to_++ = static_cast<char>('0' + us % 10);
  }
  void Millis(std::optional<base::Duration> value) { value ? Millis(*value) : Key("null"); }

  const char* end() const { return to_; }

 private:
  char* to_;
  std::string& scratch_;
};

}  // namespace

void AccessLog::Write(const AccessRecord& record) {
  const std::string_view path = Cut(record.path.substr(0, record.path.find('?')));
  const std::string_view request_id = Cut(record.request_id);
  const std::string_view client = Cut(record.client);
  const std::string_view method = Cut(record.method);
  const std::string_view reason = Cut(record.reason);
  const std::string_view endpoint = Cut(record.endpoint);
  const std::string_view model = Cut(record.model);
  size_t texts = 0;
  for (const auto& text : {path, request_id, client, method, reason, endpoint, model}) {
    texts += text.size();
  }
  const size_t room = kFixedBytes + kEscapedBytes * texts;
  char* const begin = sink_.Reserve(room);
  if (begin == nullptr) return;

  Line line(begin, scratch_);
  line.Key(R"({"ts":")"), line.Raw(timestamp_.At(record.at));
  line.Key(R"(","request_id":)"), line.Text(request_id);
  line.Key(R"(,"client":)"), line.TextOrNull(client);
  line.Key(R"(,"method":)"), line.Text(method);
  line.Key(R"(,"path":)"), line.Text(path);
  line.Key(R"(,"status":)"), line.Number(static_cast<uint64_t>(std::max(record.status, 0)));
  line.Key(R"(,"reason":)"), line.TextOrNull(reason);
  line.Key(R"(,"endpoint":)"), line.TextOrNull(endpoint);
  line.Key(R"(,"gen_ai.request.model":)"), line.TextOrNull(model);
  line.Key(R"(,"stream":)"), line.Flag(record.stream);
  line.Key(R"(,"gen_ai.usage.input_tokens":)"), line.Number(record.input_tokens);
  line.Key(R"(,"gen_ai.usage.output_tokens":)"), line.Number(record.output_tokens);
  line.Key(R"(,"gen_ai.usage.cache_read.input_tokens":)"), line.Number(record.cached_tokens);
  line.Key(R"(,"bytes_in":)"), line.Number(record.bytes_in);
  line.Key(R"(,"bytes_out":)"), line.Number(record.bytes_out);
  line.Key(R"(,"duration_ms":)"), line.Millis(record.duration);
  line.Key(R"(,"ttft_ms":)"), line.Millis(record.ttft);
  line.Key(R"(,"queue_us":)"), line.Micros(record.queue);
  line.Key(R"(,"pick_us":)"), line.Micros(record.pick);
  line.Key(R"(,"retries":)"), line.Number(uint64_t{record.retries});
  line.Key("}\n");

  const auto length = static_cast<size_t>(line.end() - begin);
  CHECK(length <= room);
  sink_.Commit(length);
}

}  // namespace fairway::telemetry
