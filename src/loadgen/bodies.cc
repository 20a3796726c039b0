#include "loadgen/bodies.h"

#include <algorithm>

#include "base/rng.h"
#include "json/text.h"

namespace fairway::loadgen {
namespace {

// Text of that many bytes: pronounceable words, nothing that JSON escapes.
std::string Words(base::Rng& rng, size_t bytes) {
  constexpr std::string_view kConsonants = "bcdfghklmnprstvz";
  constexpr std::string_view kVowels = "aeiou";
  std::string text;
  text.reserve(bytes + 8);
  while (text.size() < bytes) {
    for (uint32_t syllables = 1 + rng.Below(3); syllables > 0; --syllables) {
      text += kConsonants[rng.Below(kConsonants.size())];
      text += kVowels[rng.Below(kVowels.size())];
    }
    text += ' ';
  }
  text.resize(bytes);
  return text;
}

std::string Head(const LoadOptions& options, size_t body_bytes) {
  std::string head = "POST " + options.path + " HTTP/1.1\r\nhost: ";
  head += options.targets.front().ToString();
  head += "\r\nuser-agent: fairway-load\r\naccept: */*\r\ncontent-type: application/json\r\n";
  if (!options.authorization.empty()) head += "authorization: " + options.authorization + "\r\n";
  head += "content-length: " + std::to_string(body_bytes) + "\r\n\r\n";
  return head;
}

}  // namespace

UniqueDigits DigitsOf(uint64_t number) {
  UniqueDigits digits;
  for (size_t i = digits.size(); i-- > 0; number /= 10) {
    digits[i] = static_cast<char>('0' + number % 10);
  }
  return digits;
}

std::vector<PreparedRequest> PrepareRequests(const LoadOptions& options) {
  std::string opening = "{";
  if (!options.model.empty()) {
    opening += "\"model\":";
    json::AppendQuoted(options.model, opening);
    opening += ',';
  }
  opening += "\"max_tokens\":" + std::to_string(options.max_tokens) + ",\"ignore_eos\":true";
  if (options.answer == AnswerKind::kStream) {
    opening += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
  }
  opening += ",\"messages\":[{\"role\":\"system\",\"content\":\"";
  constexpr std::string_view kTurn = "\"},{\"role\":\"user\",\"content\":\"";
  constexpr std::string_view kClosing = "\"}]}";
  const size_t fixed =
      opening.size() + kTurn.size() + std::tuple_size_v<UniqueDigits> + kClosing.size();
  const size_t room = options.body_bytes > fixed ? options.body_bytes - fixed : 0;
  const auto shared = static_cast<size_t>(static_cast<double>(room) * options.prefix_share);

  std::vector<PreparedRequest> requests(options.groups);
  for (uint32_t group = 0; group < options.groups; ++group) {
    base::Rng rng(options.seed * 4096 + group);
    PreparedRequest& request = requests[group];
    request.body_bytes = fixed + room;
    request.before = Head(options, request.body_bytes) + opening;
    request.before.append(Words(rng, shared)).append(kTurn);
    request.after = Words(rng, room - shared).append(kClosing);
  }
  return requests;
}

}  // namespace fairway::loadgen
