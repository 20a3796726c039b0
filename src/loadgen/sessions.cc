#include "loadgen/sessions.h"

#include "loadgen/chat.h"

namespace fairway::loadgen {
namespace {

// What a key stands for, so that no two texts of a run have the same.
enum Kind : uint64_t { kSystem = 1, kUser = 2, kAssistant = 3 };

uint64_t KeyOf(Kind kind, uint64_t which, uint32_t turn) {
  return MixKeys(MixKeys(kind, which), turn);
}

}  // namespace

uint64_t Sessions::GroupOf(uint64_t session) const {
  return MixKeys(options_.seed, session) % options_.groups;
}

size_t Sessions::body_bytes() const {
  // Turn k holds k answers; half of them on average.
  const double answered = (options_.turns - 1) / 2.0;
  const double tokens = options_.prefix_tokens + options_.suffix_tokens * (answered + 1) +
                        options_.max_tokens * answered;
  return static_cast<size_t>(tokens * options_.bytes_per_token);
}

void Sessions::Make(RequestId id, RequestBytes& out) const {
  const size_t token = options_.bytes_per_token;
  std::string& body = out.body;
  body.clear();
  AppendOpening(options_, options_.max_tokens, body);
  Place place = Place::kFirst;
  const auto add = [&](std::string_view role, uint64_t key, size_t tokens) {
    AppendRole(role, place, body);
    filler_.Append(key, tokens * token, body);
    body += kMessageEnd;
    place = Place::kLater;
  };
  if (options_.prefix_tokens > 0) {
    add("system", KeyOf(kSystem, GroupOf(id.session), 0), options_.prefix_tokens);
  }
  for (uint32_t turn = 0; turn <= id.turn; ++turn) {
    add("user", KeyOf(kUser, id.session, turn), options_.suffix_tokens);
    if (turn < id.turn) add("assistant", KeyOf(kAssistant, id.session, turn), options_.max_tokens);
  }
  body += kChatEnd;
  out.head.clear();
  AppendHead(options_, body.size(), out.head);
  out.before = out.head;
  out.digit_count = 0;
  out.after = body;
}

}  // namespace fairway::loadgen
