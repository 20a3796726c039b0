#include "loadgen/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>

#include "json/reader.h"

namespace fairway::loadgen {
namespace {

using base::Code;
using base::Duration;
using base::Result;
using base::Status;

// One line, without its end; nullopt after the last.
std::optional<std::string_view> NextLine(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Status Wrong(size_t line, std::string_view what) {
  return {Code::kInvalid, "line " + std::to_string(line) + ": " + std::string(what)};
}

template <class T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint32_t> Tokens(std::optional<int64_t> value) {
  if (!value || *value < 0 || *value > Trace::kMaxTokens) return std::nullopt;
  return static_cast<uint32_t>(*value);
}

Status AddMooncake(std::string_view line, size_t number, json::Reader& reader, Trace& trace) {
  const Result<json::Value> root = reader.Read(line);
  if (!root.ok()) return Wrong(number, root.status().message());
  const std::optional<double> at = (*root)["timestamp"].Double();
  const std::optional<uint32_t> input = Tokens((*root)["input_length"].Int());
  const std::optional<uint32_t> output = Tokens((*root)["output_length"].Int());
  if (!at || *at < 0 || *at > 1e12) return Wrong(number, "no timestamp in milliseconds");
  if (!input) return Wrong(number, "no input_length in tokens");
  if (!output) return Wrong(number, "no output_length in tokens");
  TraceRequest request{.at = Duration(static_cast<int64_t>(*at * 1e6)),
                       .input_tokens = *input,
                       .output_tokens = *output,
                       .first_block = trace.blocks.size()};
  // Ids beyond the prompt's length say nothing.
  const uint32_t most = (*input + Trace::kBlockTokens - 1) / Trace::kBlockTokens;
  for (const json::Value& id : (*root)["hash_ids"].Elements()) {
    const std::optional<int64_t> value = id.Int();
    if (!value) return Wrong(number, "a hash id that is no whole number");
    if (request.block_count == most) break;
    trace.blocks.push_back(static_cast<uint64_t>(*value));
    ++request.block_count;
  }
  trace.requests.push_back(request);
  return {};
}

// "2023-11-16 18:15:46.6805900", seconds with any number of decimals, a zone ignored.
std::optional<Duration> DateAndTime(std::string_view text) {
  if (text.size() < 19) return std::nullopt;
  const auto year = Number<int>(text.substr(0, 4));
  const auto month = Number<unsigned>(text.substr(5, 2));
  const auto day = Number<unsigned>(text.substr(8, 2));
  const auto hour = Number<int>(text.substr(11, 2));
  const auto minute = Number<int>(text.substr(14, 2));
  const auto second = Number<int>(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  Duration at = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  if (text.size() > 20 && text[19] == '.') {
    int64_t place = 100'000'000;
    for (const char c : text.substr(20)) {
      if (c < '0' || c > '9') break;
      at += Duration((c - '0') * place);
      place /= 10;
    }
  }
  return at;
}

Status AddAzure(std::string_view line, size_t number, Trace& trace) {
  std::array<std::string_view, 3> cells;
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t comma = line.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == cells.size())) {
      return Wrong(number, "not three cells");
    }
    cells[i] = line.substr(0, comma);
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  }
  const std::optional<Duration> at = DateAndTime(cells[0]);
  const std::optional<uint32_t> input = Tokens(Number<int64_t>(cells[1]));
  const std::optional<uint32_t> output = Tokens(Number<int64_t>(cells[2]));
  if (!at) return Wrong(number, "no date and time");
  if (!input || !output) return Wrong(number, "no count of tokens");
  trace.requests.push_back({.at = *at, .input_tokens = *input, .output_tokens = *output});
  return {};
}

}  // namespace

Result<Trace> ParseTrace(std::string_view text) {
  constexpr std::string_view kAzureHead = "TIMESTAMP,ContextTokens,GeneratedTokens";
  Trace trace;
  json::Reader reader;
  const bool mooncake = text.starts_with('{');
  size_t number = 0;
  if (!mooncake) {
    ++number;
    if (NextLine(text) != kAzureHead) {
      return Wrong(1, "neither JSON nor the header " + std::string(kAzureHead));
    }
  }
  while (const std::optional<std::string_view> line = NextLine(text)) {
    ++number;
    if (line->empty()) continue;
    Status added =
        mooncake ? AddMooncake(*line, number, reader, trace) : AddAzure(*line, number, trace);
    if (!added.ok()) return added;
  }
  if (trace.requests.empty()) return Status{Code::kInvalid, "a trace without requests"};
  std::ranges::stable_sort(trace.requests, {}, &TraceRequest::at);
  const Duration first = trace.requests.front().at;
  for (TraceRequest& request : trace.requests) request.at -= first;
  return trace;
}

Result<Trace> ReadTrace(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Status{Code::kNotFound, "cannot read " + file};
  std::string text;
  std::array<char, 1 << 16> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(in.gcount()));
    if (text.size() > Trace::kMaxFileBytes) {
      return Status{Code::kExhausted, file + " is larger than 1 GiB"};
    }
  }
  Result<Trace> trace = ParseTrace(text);
  if (trace.ok()) return trace;
  return Status{trace.status().code(), file + ": " + trace.status().message()};
}

size_t LeaveOutLonger(Trace& trace, uint64_t tokens) {
  return std::erase_if(trace.requests, [tokens](const TraceRequest& request) {
    return uint64_t{request.input_tokens} + request.output_tokens > tokens;
  });
}

}  // namespace fairway::loadgen
