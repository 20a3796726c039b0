#include "gateway/held_answer.h"

namespace fairway::gateway {

using base::Status;

void HeldAnswer::Begin(const http::ResponseHead& head) {
  const std::string_view type = head.fields.Find("content-type").value_or("");
  if (head.status == 200 && type.starts_with("text/event-stream")) {
    form_ = Form::kEventStream;
  } else {
    // Only a whole error can be judged; a sound or a picture is no use held.
    form_ = head.status != 200 || type.starts_with("application/json") ? Form::kJson : Form::kOther;
  }
  chunked_ = head.framing == http::Framing::kChunked;
  empty_ = head.framing == http::Framing::kNone ||
           (head.framing == http::Framing::kLength && head.content_length == 0);
  events_.Reset();
  held_.clear();
  payload_.clear();
  part_ = {.raw = {}, .end = empty_, .before = {}, .after = {}};
  facts_ = {};
}

rt::Task<Status> HeldAnswer::Read(http::ClientConnection& from) {
  if (empty_) co_return Status();
  http::BodyDecoder before;
  for (bool first = true;; first = false) {
    const base::Result<http::BodyPart> next = co_await from.ReadBody();
    if (!next.ok()) co_return next.status();
    if (!next->raw.empty()) listener_.OnBytes();
    const bool enough = Enough(*next) || next->end;
    if (first && enough) {
      part_ = *next;
      break;
    }
    if (first) before = next->before;
    held_.append(next->raw);
    const size_t limit = event_stream() ? options_.stream_hold_bytes : options_.unary_hold_bytes;
    if (enough || held_.size() > limit) {
      part_ = {.raw = held_, .end = next->end, .before = before, .after = next->after};
      break;
    }
  }
  if (!event_stream() && part_.end) reader_.ReadBody(payload(), facts_);
  co_return Status();
}

bool HeldAnswer::Enough(const http::BodyPart& part) {
  if (event_stream()) {
    ReadFacts(part);
    // A comment keeps a connection alive by hand: the client is to see it.
    return facts_.content || facts_.error || facts_.done || events_.comments() > 0 ||
           facts_.finish != inference::FinishReason::kNone;
  }
  if (chunked_) part.ForEachPayload([this](std::string_view run) { payload_.append(run); });
  return form_ == Form::kOther && !part.raw.empty();
}

void HeldAnswer::ReadFacts(const http::BodyPart& part) {
  part.ForEachPayload([&](std::string_view run) {
    events_.Feed(run, [&](const http::SseEvent& event) {
      if (facts_.content) {
        reader_.ReadEvent(event.data, facts_);
      } else {
        reader_.ReadOpening(event.data, facts_);
      }
    });
  });
}

}  // namespace fairway::gateway
