#include "inference/usage.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>

#include "json/cursor.h"
#include "json/text.h"

namespace fairway::inference {
namespace {

using json::Cursor;
using json::Kind;

constexpr size_t kMaxErrorMessage = 512;

size_t SkipBlanks(std::string_view data, size_t at) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (at < data.size() && blank(data[at])) ++at;
  return at;
}

// Whether a member of that name with a value other than null begins at data[at]. Exact but for
// blanks: within a JSON string the quotes of such text would be escaped.
bool IsTelling(std::string_view data, size_t at, std::string_view quoted_name) {
  if (data.substr(at, quoted_name.size()) != quoted_name) return false;
  at = SkipBlanks(data, at + quoted_name.size());
  if (at >= data.size() || data[at] != ':') return false;
  at = SkipBlanks(data, at + 1);
  return at < data.size() && data[at] != 'n';
}

bool IsTellingMember(std::string_view data, size_t quote) {
  switch (data[quote + 1]) {
    case 'u':
      return IsTelling(data, quote, "\"usage\"");
    case 'e':
      return IsTelling(data, quote, "\"error\"");
    case 'f':
      return IsTelling(data, quote, "\"finish_reason\"");
    default:
      return false;
  }
}

std::string_view AsUnescaped(std::string_view raw, std::string& scratch) {
  scratch.clear();
  json::Unescape(raw.substr(0, kMaxErrorMessage), scratch);
  return scratch;
}

std::optional<uint64_t> ReadCount(Cursor& at) {
  const bool number = at.kind() == Kind::kNumber;
  const std::string_view raw = at.Skip();
  const std::optional<int64_t> value = number ? json::ToInt(raw) : std::nullopt;
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

// Moves over any value; calls `member(raw_key)` for each member if it is an object. The callee
// moves over the member's value.
template <class F>
void EachMember(Cursor& at, F member) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  std::string_view key;
  for (at.EnterObject(); at.NextMember(key);) member(key);
}

void ReadUsage(Cursor& at, AnswerFacts& into) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  Usage usage;
  std::optional<uint64_t> total;
  EachMember(at, [&](std::string_view key) {
    if (key == "prompt_tokens") {
      usage.prompt_tokens = ReadCount(at).value_or(0);
    } else if (key == "completion_tokens") {
      usage.completion_tokens = ReadCount(at).value_or(0);
    } else if (key == "total_tokens") {
      total = ReadCount(at);
    } else if (key == "prompt_tokens_details") {
      EachMember(at, [&](std::string_view detail) {
        if (detail == "cached_tokens") {
          usage.cached_tokens = ReadCount(at);
        } else {
          at.Skip();
        }
      });
    } else {
      at.Skip();
    }
  });
  usage.total_tokens = total.value_or(usage.prompt_tokens + usage.completion_tokens);
  into.usage = usage;
}

void ReadError(Cursor& at, AnswerFacts& into) {
  if (at.kind() == Kind::kNull) {
    at.Skip();
    return;
  }
  into.error = true;
  if (at.kind() == Kind::kString) {
    AsUnescaped(at.String(), into.error_message);
    return;
  }
  EachMember(at, [&](std::string_view key) {
    if (key == "message" && at.kind() == Kind::kString) {
      AsUnescaped(at.String(), into.error_message);
    } else if (key == "code" && at.kind() == Kind::kNumber) {
      into.error_code = json::ToInt(at.Scalar()).value_or(0);
    } else {
      at.Skip();
    }
  });
}

FinishReason FinishReasonOf(std::string_view raw) {
  if (raw == "stop") return FinishReason::kStop;
  if (raw == "length") return FinishReason::kLength;
  if (raw == "abort") return FinishReason::kAbort;
  return FinishReason::kOther;
}

void ReadChoices(Cursor& at, AnswerFacts& into) {
  if (at.kind() != Kind::kArray) {
    at.Skip();
    return;
  }
  for (at.EnterArray(); at.NextElement();) {
    EachMember(at, [&](std::string_view key) {
      if (key != "finish_reason" || at.kind() != Kind::kString) {
        at.Skip();
        return;
      }
      const FinishReason reason = FinishReasonOf(at.String());
      if (into.finish != FinishReason::kAbort) into.finish = reason;
    });
  }
}

}  // namespace

bool MayHoldFacts(std::string_view data) {
  size_t at = 0;
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i u = _mm_set1_epi8('u');
  const __m128i e = _mm_set1_epi8('e');
  const __m128i f = _mm_set1_epi8('f');
  for (; at + 17 <= data.size(); at += 16) {
    const auto* bytes = reinterpret_cast<const __m128i*>(data.data() + at);
    const auto* shifted = reinterpret_cast<const __m128i*>(data.data() + at + 1);
    const __m128i next = _mm_loadu_si128(shifted);
    const __m128i letter = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(next, u), _mm_cmpeq_epi8(next, e)), _mm_cmpeq_epi8(next, f));
    const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(_mm_loadu_si128(bytes), quote), letter);
    for (auto hits = static_cast<uint32_t>(_mm_movemask_epi8(both)); hits != 0; hits &= hits - 1) {
      if (IsTellingMember(data, at + static_cast<size_t>(std::countr_zero(hits)))) return true;
    }
  }
#endif
  for (; at + 1 < data.size(); ++at) {
    if (data[at] == '"' && IsTellingMember(data, at)) return true;
  }
  return false;
}

void UsageReader::ReadEvent(std::string_view data, AnswerFacts& into) {
  if (data == "[DONE]") {
    into.done = true;
  } else if (MayHoldFacts(data)) {
    ReadBody(data, into);
  }
}

void UsageReader::ReadBody(std::string_view body, AnswerFacts& into) {
  if (!index_.Scan(body).ok()) return;
  AnswerFacts told = into;
  Cursor at(index_);
  EachMember(at, [&](std::string_view key) {
    if (key == "usage") {
      ReadUsage(at, told);
    } else if (key == "error") {
      ReadError(at, told);
    } else if (key == "choices") {
      ReadChoices(at, told);
    } else {
      at.Skip();
    }
  });
  if (at.Finish().ok()) into = std::move(told);
  index_.Trim();
}

}  // namespace fairway::inference
