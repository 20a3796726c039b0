#include "inference/usage.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
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

std::optional<uint64_t> ReadCachedTokens(Cursor& at) {
  std::optional<uint64_t> cached;
  EachMember(at, [&](std::string_view detail) {
    if (detail == "cached_tokens") {
      cached = ReadCount(at);
    } else {
      at.Skip();
    }
  });
  return cached;
}

// OpenAI's names and Anthropic's. Anthropic tells it in two events: a later one replaces what it
// names.
void ReadUsage(Cursor& at, AnswerFacts& into) {
  if (at.kind() != Kind::kObject) {
    at.Skip();
    return;
  }
  Usage usage = into.usage.value_or(Usage());
  std::optional<uint64_t> total;
  std::optional<uint64_t> input;
  uint64_t beside_input = 0;  // Anthropic counts what the cache took part in beside the input
  EachMember(at, [&](std::string_view key) {
    if (key == "prompt_tokens") {
      usage.prompt_tokens = ReadCount(at).value_or(0);
    } else if (key == "completion_tokens" || key == "output_tokens") {
      usage.completion_tokens = ReadCount(at).value_or(0);
    } else if (key == "total_tokens") {
      total = ReadCount(at);
    } else if (key == "prompt_tokens_details" || key == "input_tokens_details") {
      if (const auto cached = ReadCachedTokens(at)) usage.cached_tokens = cached;
    } else if (key == "cache_read_input_tokens") {
      usage.cached_tokens = ReadCount(at);
      beside_input += usage.cached_tokens.value_or(0);
    } else if (key == "cache_creation_input_tokens") {
      beside_input += ReadCount(at).value_or(0);
    } else if (key == "input_tokens") {
      input = ReadCount(at);
    } else {
      at.Skip();
    }
  });
  if (input) usage.prompt_tokens = *input + beside_input;
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

FinishReason FinishOfStopReason(std::string_view raw) {
  if (raw == "end_turn" || raw == "stop_sequence") return FinishReason::kStop;
  return raw == "max_tokens" ? FinishReason::kLength : FinishReason::kOther;
}

FinishReason FinishOfStatus(std::string_view raw) {
  if (raw == "completed") return FinishReason::kStop;
  if (raw == "incomplete") return FinishReason::kLength;
  if (raw == "cancelled") return FinishReason::kAbort;
  return raw == "failed" ? FinishReason::kOther : FinishReason::kNone;  // in_progress, queued
}

// What a body, an event, or the answer within an event says. Its members come in any order, and
// what some of them mean depends on others.
struct Answer {
  std::string_view id;
  std::string_view status;
  std::string_view type;
  std::string_view object;
  std::string_view stop_reason;
  bool stop_reason_null = false;
};

std::string_view ReadString(Cursor& at) {
  const bool text = at.kind() == Kind::kString;
  if (text) return at.String();
  at.Skip();
  return {};
}

void ReadStopReason(Cursor& at, Answer& answer) {
  answer.stop_reason_null = at.kind() == Kind::kNull;
  answer.stop_reason = ReadString(at);
}

// A member that means the same wherever the answer stands. False, and nothing moved over, if it is
// none.
bool ReadAnswerMember(Cursor& at, std::string_view key, Answer& answer, AnswerFacts& into) {
  if (key == "usage") {
    ReadUsage(at, into);
  } else if (key == "error") {
    ReadError(at, into);
  } else if (key == "id") {
    answer.id = ReadString(at);
  } else if (key == "status") {
    answer.status = ReadString(at);
  } else if (key == "type") {
    answer.type = ReadString(at);
  } else if (key == "object") {
    answer.object = ReadString(at);
  } else if (key == "stop_reason") {
    ReadStopReason(at, answer);
  } else {
    return false;
  }
  return true;
}

// The Responses API's answer.
void NoteResponse(const Answer& answer, AnswerFacts& into) {
  AsUnescaped(answer.id, into.response_id);
  into.finish = FinishOfStatus(answer.status);
}

// Anthropic's: one that is over always has a stop reason.
void NoteMessage(const Answer& answer, AnswerFacts& into) {
  if (answer.stop_reason_null) into.finish = FinishReason::kAbort;
  if (!answer.stop_reason.empty()) into.finish = FinishOfStopReason(answer.stop_reason);
}

// `response` of a Responses event, `message` and `delta` of Anthropic's.
Answer ReadInner(Cursor& at, AnswerFacts& into) {
  Answer inner;
  EachMember(at, [&](std::string_view key) {
    if (!ReadAnswerMember(at, key, inner, into)) at.Skip();
  });
  return inner;
}

void ReadRoot(Cursor& at, AnswerFacts& into) {
  Answer root;
  Answer delta;
  EachMember(at, [&](std::string_view key) {
    if (key == "choices") {
      ReadChoices(at, into);
    } else if (key == "response") {
      const Answer response = ReadInner(at, into);
      if (response.object == "response") NoteResponse(response, into);
    } else if (key == "message" && at.kind() == Kind::kObject) {
      (void)ReadInner(at, into);
    } else if (key == "delta") {
      delta = ReadInner(at, into);
    } else if (!ReadAnswerMember(at, key, root, into)) {
      at.Skip();
    }
  });
  if (root.object == "response") NoteResponse(root, into);
  if (root.type == "message") NoteMessage(root, into);
  if (root.type == "message_delta") NoteMessage(delta, into);
}

// Whether the choices of an event show anything: more than a role, nulls and empty texts.
bool ChoicesShowAnything(Cursor& at) {
  bool shows = false;
  if (at.kind() != Kind::kArray) {
    at.Skip();
    return shows;
  }
  for (at.EnterArray(); at.NextElement();) {
    EachMember(at, [&](std::string_view key) {
      if (key == "delta") {
        EachMember(at, [&](std::string_view member) {
          const bool role = member == "role";
          const bool null = at.kind() == Kind::kNull;
          const std::string_view raw = at.Skip();
          if (!role && !null && raw != "\"\"" && raw != "[]") shows = true;
        });
      } else if (key == "text" && at.kind() == Kind::kString) {
        if (!at.String().empty()) shows = true;
      } else {
        at.Skip();
      }
    });
  }
  return shows;
}

// Events that announce an answer: it has yet to begin behind them.
bool IsAnnouncement(std::string_view type) {
  constexpr std::array<std::string_view, 7> kTypes = {"message_start",
                                                      "ping",
                                                      "content_block_start",
                                                      "response.created",
                                                      "response.in_progress",
                                                      "response.queued",
                                                      "response.output_item.added"};
  return std::ranges::find(kTypes, type) != kTypes.end() || type == "response.content_part.added";
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

void UsageReader::ReadOpening(std::string_view data, AnswerFacts& into) {
  if (data == "[DONE]") {
    into.done = true;
    return;
  }
  ReadBody(data, into);
  // What cannot be read is the client's to judge.
  into.content = true;
  if (!index_.Scan(data).ok()) return;
  bool announced = false;
  bool choices = false;
  bool shows = false;
  Cursor at(index_);
  EachMember(at, [&](std::string_view key) {
    if (key == "type" && at.kind() == Kind::kString) {
      announced = IsAnnouncement(at.String());
    } else if (key == "choices") {
      choices = true;
      shows = ChoicesShowAnything(at);
    } else {
      at.Skip();
    }
  });
  if (at.Finish().ok()) into.content = choices ? shows : !announced && !into.error;
  index_.Trim();
}

void UsageReader::ReadBody(std::string_view body, AnswerFacts& into) {
  if (!index_.Scan(body).ok()) return;
  AnswerFacts told = into;
  Cursor at(index_);
  ReadRoot(at, told);
  if (at.Finish().ok()) into = std::move(told);
  index_.Trim();
}

}  // namespace fairway::inference
