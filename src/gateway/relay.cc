#include "gateway/relay.h"

#include <array>
#include <utility>

#include "gateway/rejection.h"

namespace fairway::gateway {

using base::Status;

void Relay::Begin(const http::ResponseHead& head, const Labels& labels) {
  status_ = head.status;
  head_pending_ = true;
  ChooseWay(head, labels.rewrite);
  ClientHead with{.request_id = labels.request_id,
                  .endpoint = labels.endpoint,
                  .server_timing = labels.server_timing,
                  .more = labels.more};
  if (way_ == Way::kFramed) {
    with.framing = ClientFraming::kByExchange;
    return KeepFields(head, with);
  }
  until_close_ = head.framing == http::Framing::kUntilClose;
  if (until_close_) with.framing = ClientFraming::kUntilClose;
  if (until_close_ || !exchange_.keep_alive()) with.connection = ClientHead::Connection::kClose;
  WriteClientHead(head, with, head_);
}

void Relay::ChooseWay(const http::ResponseHead& head, const inference::ModelRewrite* rewrite) {
  using Form = inference::ModelMapper::Form;
  const bool client_reads_chunks = exchange_.head().minor_version >= 1;
  const bool chunked = head.framing == http::Framing::kChunked;
  const bool framed = head.framing == http::Framing::kStream || (chunked && !client_reads_chunks);
  way_ = exchange_.takes_raw() && !framed ? Way::kRaw : Way::kFramed;
  mapper_.reset();
  if (rewrite == nullptr || head.framing == http::Framing::kNone) return;
  if (head.fields.Find("content-encoding").value_or("identity") != "identity") return;
  const std::string_view type = head.fields.Find("content-type").value_or("");
  if (type.starts_with("text/event-stream")) {
    mapper_.emplace(*rewrite, Form::kEventStream);
  } else if (type.starts_with("application/json")) {
    mapper_.emplace(*rewrite, Form::kJson);
  }
  if (mapper_) way_ = Way::kFramed;
}

// The head's views end with the next read; its fields are needed until the first part is sent.
void Relay::KeepFields(const http::ResponseHead& head, const ClientHead& with) {
  head_.clear();
  fields_.clear();
  content_type_ = {};
  size_t bytes = 0;
  ForEachClientField(head, with, [&bytes](std::string_view name, std::string_view value) {
    bytes += name.size() + value.size();
  });
  head_.reserve(bytes);  // so that views into it stay good
  const auto keep = [this](std::string_view text) {
    const size_t at = head_.size();
    head_.append(text);
    return std::string_view(head_).substr(at);
  };
  ForEachClientField(head, with, [&](std::string_view name, std::string_view value) {
    const http::Field field{keep(name), keep(value)};
    if (http::EqualsIgnoreCase(name, "content-type") && content_type_.empty()) {
      content_type_ = field.value;
    } else {
      fields_.push_back(field);
    }
  });
}

rt::Task<Status> Relay::Send(const http::BodyPart& part) {
  return way_ == Way::kRaw ? SendRaw(part) : SendFramed(part);
}

rt::Task<Status> Relay::SendRaw(const http::BodyPart& part) {
  sent_ = part.after;
  const bool first = std::exchange(head_pending_, false);
  const std::array<std::string_view, 2> pieces = {
      first ? std::string_view(head_) : std::string_view(), part.raw};
  const bool end = part.end;
  bytes_out_ += pieces[0].size() + pieces[1].size();
  Status sent = co_await exchange_.SendRaw(pieces);
  if (sent.ok() && end)
    exchange_.EndRaw(until_close_ ? http::RawEnd::kClose : http::RawEnd::kComplete);
  co_return sent;
}

rt::Task<Status> Relay::SendFramed(const http::BodyPart& part) {
  const std::string_view payload = PayloadOf(part);
  const bool end = part.end;
  bytes_out_ += payload.size();
  if (head_pending_) {
    bytes_out_ += head_.size();
    if (end) {
      head_pending_ = false;
      co_return co_await exchange_.Respond(status_, content_type_, payload, fields_);
    }
    const Status begun = co_await BeginFramed();
    if (!begun.ok()) co_return begun;
  }
  if (!payload.empty() || !end) {
    const Status sent = co_await exchange_.Send(payload);
    if (!sent.ok() || !end) co_return sent;
  }
  co_return co_await exchange_.End();
}

rt::Task<Status> Relay::BeginFramed() {
  head_pending_ = false;
  if (!content_type_.empty()) fields_.push_back({"content-type", content_type_});
  return exchange_.Begin(status_, fields_);
}

// One run is passed on where it lies; several are joined, so that they go out as one piece.
std::string_view Relay::PayloadOf(const http::BodyPart& part) {
  std::string_view only;
  payload_.clear();
  if (mapper_) {
    part.ForEachPayload([this](std::string_view run) { mapper_->Feed(run, payload_); });
    if (part.end) mapper_->Finish(payload_);
    return payload_;
  }
  part.ForEachPayload([&](std::string_view run) {
    if (only.empty() && payload_.empty()) {
      only = run;
      return;
    }
    if (payload_.empty()) payload_.assign(std::exchange(only, {}));
    payload_.append(run);
  });
  return payload_.empty() ? only : std::string_view(payload_);
}

rt::Task<void> Relay::EndWithError(const director::Rejection& why) {
  if (way_ == Way::kFramed) {
    const std::string event = StreamErrorEvent(why);
    bytes_out_ += event.size();
    if ((co_await exchange_.Send(event)).ok()) (void)co_await exchange_.End();
    co_return;
  }
  const std::string ending = StreamErrorEnding(why, sent_);
  if (ending.empty()) co_return Cut();
  bytes_out_ += ending.size();
  const std::array<std::string_view, 1> pieces = {ending};
  if ((co_await exchange_.SendRaw(pieces)).ok())
    exchange_.EndRaw(until_close_ ? http::RawEnd::kClose : http::RawEnd::kComplete);
}

void Relay::Cut() {
  if (way_ == Way::kRaw) return exchange_.EndRaw(http::RawEnd::kReset);
  exchange_.Abort({base::Code::kUnavailable, "the model server's answer ended early"});
}

}  // namespace fairway::gateway
