#include "http/h2/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/check.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr std::array<char, InputBuffer::kPadding> kNoBody{};
constexpr size_t kKeepBytes = 4096;  // of a string from request to request

}  // namespace

H2Exchange::H2Exchange(ServerShared& shared, H2Transport& transport, H2ExchangeOwner& owner)
    : H2Stream(transport), shared_(shared), owner_(owner) {}

void H2Exchange::Start(int32_t id) {
  StartStream(id);
  block_.Clear();
  began_ = shared_.loop.Now();
  state_ = State::kNone;
  live_ = true;
  head_done_ = continued_ = bodiless_ = gone_ = false;
}

void H2Exchange::Retire() {
  EndStream();
  gone_job_.Unlink();
  on_gone_ = nullptr;
  block_.Clear();
  head_.fields.Shrink();
  error_.clear();
  if (error_.capacity() > kKeepBytes) error_.shrink_to_fit();
  live_ = false;
}

void H2Exchange::OnField(std::string_view name, std::string_view value) {
  if (!head_done_) block_.Add(name, value, shared_.options.head);
}

// Trailers are read over.
void H2Exchange::OnBlockEnd() {
  if (std::exchange(head_done_, true)) return;
  owner_.OnReady(*this);
}

void H2Exchange::OnTimeout() { ++shared_.counters.timeouts; }

void H2Exchange::OnBroken() {
  gone_ = true;
  if (!std::exchange(head_done_, true)) owner_.OnReady(*this);
  if (on_gone_ != nullptr && !gone_job_.queued()) shared_.loop.Defer(gone_job_);
}

void H2Exchange::TellGone() {
  if (on_gone_ == nullptr) return;
  auto callback = std::exchange(on_gone_, nullptr);
  callback();
}

void H2Exchange::OnPeerGone(std::move_only_function<void()> callback) {
  on_gone_ = std::move(callback);
  if (gone_ && on_gone_ != nullptr && !gone_job_.queued()) shared_.loop.Defer(gone_job_);
}

void H2Exchange::Abort(Status reason) { Fail(std::move(reason), H2Error::kInternal); }

rt::Task<void> H2Exchange::Answer() {
  const H2End end = received_all() ? H2End::kHere : H2End::kLater;
  const Refusal refusal = block_.ToRequest(shared_.options.head, end, head_);
  if (refusal) {
    ++shared_.counters.malformed;
    const ErrorBody error{.status = refusal.status, .message = refusal.message};
    (void)co_await RespondError(error, {});
  } else {
    ++shared_.counters.requests;
    ++shared_.counters.active;
    co_await shared_.handler.Handle(*this);
    --shared_.counters.active;
  }
  on_gone_ = nullptr;
  if (state_ == State::kNone && !over()) {
    const ErrorBody error{.message = "the request was not answered"};
    (void)co_await RespondError(error, {});
  }
  if (over()) co_return;
  if (state_ != State::kComplete) {
    Fail({Code::kCancelled, "the answer was not finished"}, H2Error::kInternal);
  } else if (!received_all()) {
    // The rest of the request is not wanted (RFC 9113 section 8.1).
    session().Reset(id(), H2Error::kNone);
    transport().Pump();
  }
}

rt::Task<Result<std::string_view>> H2Exchange::Body(size_t limit) {
  if (head_.content_length > limit)
    co_return Status(Code::kExhausted, "the request's body is too large");
  if (head_.expect_continue && !began_body() && !received_all() && state_ == State::kNone &&
      !std::exchange(continued_, true)) {
    session().SendContinue(id());
    transport().Pump();
  }
  CollectBody(head_.content_length);
  while (!received_all()) {
    if (received().size() > limit) break;
    // Each byte moves the one limit; a trickle does not move the other.
    const base::Duration left = began_ + shared_.options.whole_body_timeout - shared_.loop.Now();
    if (left <= base::Duration::zero()) co_return Status(Code::kTimeout, "the body takes too long");
    const Status more =
        co_await AwaitMore(received().size(), std::min(left, shared_.options.body_timeout));
    if (!more.ok()) co_return more;
  }
  if (received().size() > limit)
    co_return Status(Code::kExhausted, "the request's body is too large");
  if (received().empty()) co_return std::string_view(kNoBody.data(), 0);
  co_return received();
}

bool H2Exchange::body_allowed(int status) const {
  return head_.method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

void H2Exchange::SendHead(int status, std::span<const Field> fields, H2Body body) {
  std::vector<Field> all;
  all.reserve(fields.size() + 2);
  all.push_back({"date", shared_.date.At(shared_.loop.WallNow())});
  all.push_back({"server", shared_.options.server_name});
  all.insert(all.end(), fields.begin(), fields.end());
  bodiless_ = body == H2Body::kNone;
  if (bodiless_) SetSentEnd();
  session().Respond(id(), status, all, body);
}

rt::Task<Status> H2Exchange::Respond(int status, std::string_view content_type,
                                     std::string_view body, std::span<const Field> extra) {
  if (over()) co_return stream_failure();
  CHECK(state_ == State::kNone);
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), body.size()).ptr;
  std::vector<Field> fields(extra.begin(), extra.end());
  if (!content_type.empty()) fields.push_back({"content-type", content_type});
  const bool allowed = body_allowed(status);
  if (allowed || head_.method == "HEAD") fields.push_back({"content-length", {digits.data(), end}});
  const bool sends = allowed && !body.empty();
  SendHead(status, fields, sends ? H2Body::kFollows : H2Body::kNone);
  state_ = State::kComplete;
  if (sends) co_return co_await Write(body, Then::kEnd, shared_.options.write_timeout);
  transport().Pump();
  co_return Status();
}

rt::Task<Status> H2Exchange::RespondError(const ErrorBody& error, std::span<const Field> extra) {
  error_.clear();
  AppendErrorBody(error, error_);
  return Respond(error.status, "application/json", error_, extra);
}

rt::Task<Status> H2Exchange::Begin(int status, std::span<const Field> fields) {
  if (over()) co_return stream_failure();
  CHECK(state_ == State::kNone);
  SendHead(status, fields, body_allowed(status) ? H2Body::kFollows : H2Body::kNone);
  state_ = State::kStreaming;
  co_return Status();
}

rt::Task<Status> H2Exchange::Send(std::string_view chunk) {
  if (over()) co_return stream_failure();
  CHECK(state_ == State::kStreaming);
  co_return co_await Write(bodiless_ ? std::string_view() : chunk, Then::kMore,
                           shared_.options.write_timeout);
}

rt::Task<Status> H2Exchange::End() {
  if (over()) co_return stream_failure();
  CHECK(state_ == State::kStreaming);
  state_ = State::kComplete;
  if (bodiless_) {
    transport().Pump();
    co_return Status();
  }
  co_return co_await Write({}, Then::kEnd, shared_.options.write_timeout);
}

rt::Task<Status> H2Exchange::SendRaw(std::span<const std::string_view>) {
  CHECK(takes_raw());
  co_return Status();
}

void H2Exchange::EndRaw(RawEnd) { CHECK(takes_raw()); }

}  // namespace fairway::http
