#include "http/h2/client_stream.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr int kMaxInterimHeads = 16;

bool IsOfHttp1(std::string_view name) {
  return EqualsIgnoreCase(name, "host") || EqualsIgnoreCase(name, "expect");
}

}  // namespace

H2ClientStream::H2ClientStream(PoolShared& shared, H2Transport& transport,
                               H2ClientStreamOwner& owner)
    : H2Stream(transport), shared_(shared), owner_(owner), part_(shared.buffers) {}

void H2ClientStream::Lend(Use use) {
  StartStream(0);
  block_.Clear();
  trailer_block_.Clear();
  trailers_.Clear();
  wait_limit_ = {};
  bytes_received_ = 0;
  interim_heads_ = 0;
  use_ = use;
  phase_ = Phase::kFresh;
  lent_ = true;
  unprocessed_ = false;
}

void H2ClientStream::Return() {
  // Dropped in the middle: the server need not go on.
  if (phase_ != Phase::kFresh && !received_all())
    Fail({Code::kCancelled, "the answer is no longer wanted"}, H2Error::kCancel);
  EndStream();
  part_.Clear();
  head_.fields.Shrink();
  lent_ = false;
  --shared_.counters.leased;
  owner_.OnReturned(*this);
}

net::RawStream H2ClientStream::TakeOver() {
  base::CheckFailed(__FILE__, __LINE__, "HTTP/2 has no upgrade");
}

void H2ClientStream::Abort(Status reason) {
  if (id() == 0) return FailUnopened(std::move(reason));
  Fail(std::move(reason), H2Error::kCancel);
}

// Translates the head (RFC 9113 section 8.3.1) and opens the stream.
Status H2ClientStream::Open(const RequestHead& request, H2Body body) {
  if (request.framing == Framing::kChunked)
    return {Code::kInvalid, "a chunked request does not go over HTTP/2"};
  std::vector<Field> fields = {{":method", request.method},
                               {":scheme", owner_.address().tls_name.empty() ? "http" : "https"},
                               {":authority", request.host},
                               {":path", request.target}};
  for (const Field& field : request.fields) {
    if (!IsOfHttp1(field.name)) fields.push_back(field);
  }
  const int32_t stream = session().Request(fields, body, *this);
  if (stream < 0) {
    unprocessed_ = true;
    owner_.OnExhausted();
    return {Code::kUnavailable, "the connection has no streams left"};
  }
  SetId(stream);
  return Status();
}

rt::Task<Status> H2ClientStream::Send(std::span<const std::string_view> pieces, ResponseTo to) {
  CHECK(phase_ == Phase::kFresh && !pieces.empty() && pieces.size() <= pieces_.size());
  if (over()) co_return stream_failure();
  if (to == ResponseTo::kUpgrade)
    co_return Status(Code::kInvalid, "HTTP/2 has no upgrade (RFC 9113 section 8.6)");
  std::ranges::copy(pieces, pieces_.begin());
  const std::span<const std::string_view> mine(pieces_.data(), pieces.size());
  to_ = to;
  RequestHead request;
  HeadProgress progress;
  const ParseResult head = ParseRequestHead(mine[0], shared_.options.head, progress, request);
  if (head.state != ParseState::kDone)
    co_return Status(Code::kInvalid, "the first piece is not a request's head");
  pieces_[0].remove_prefix(head.consumed);
  size_t body = 0;
  for (const std::string_view piece : mine) body += piece.size();
  Status opened = Open(request, body > 0 ? H2Body::kFollows : H2Body::kNone);
  if (!opened.ok()) co_return opened;
  phase_ = Phase::kHead;
  if (body == 0) {
    SetSentEnd();
    transport().Pump();
    co_return Status();
  }
  co_return co_await SendBody(mine);
}

rt::Task<Status> H2ClientStream::SendBody(std::span<const std::string_view> pieces) {
  size_t last = pieces.size() - 1;
  while (pieces[last].empty()) --last;
  for (size_t i = 0; i <= last; ++i) {
    const Then then = i == last ? Then::kEnd : Then::kMore;
    const Status sent = co_await Write(pieces[i], then, shared_.options.write_timeout);
    // A server may answer without the rest of the body.
    if (!sent.ok() && received_all()) co_return Status();
    if (!sent.ok()) co_return sent;
  }
  co_return Status();
}

void H2ClientStream::OnField(std::string_view name, std::string_view value) {
  bytes_received_ += name.size() + value.size();
  H2HeadBlock& block = phase_ == Phase::kHead ? block_ : trailer_block_;
  block.Add(name, value, shared_.options.head);
}

void H2ClientStream::OnBlockEnd() {
  if (phase_ != Phase::kHead) {
    phase_ = Phase::kTrailers;
    return SignalRead();
  }
  if (block_.interim()) {
    block_.Clear();
    interim_heads_ += 1;
  } else {
    phase_ = Phase::kBody;
  }
  SignalRead();
}

void H2ClientStream::OnData(std::string_view bytes) {
  bytes_received_ += bytes.size();
  H2Stream::OnData(bytes);
}

void H2ClientStream::OnClosed(H2Error error) {
  if (error == H2Error::kRefusedStream) unprocessed_ = true;
  H2Stream::OnClosed(error);
}

Status H2ClientStream::TakeHead() {
  const H2End end = received_all() && received().empty() ? H2End::kHere : H2End::kLater;
  const Refusal bad = block_.ToResponse(to_, end, head_);
  if (bad) return {Code::kInvalid, std::string(bad.message)};
  return Status();
}

rt::Task<Result<const ResponseHead*>> H2ClientStream::ReadHead() {
  while (phase_ == Phase::kHead) {
    if (interim_heads_ > kMaxInterimHeads) {
      Fail({Code::kInvalid, "too many interim answers"}, H2Error::kProtocol);
      co_return stream_failure();
    }
    const Status told = co_await AwaitRead(wait_limit_);
    if (!told.ok()) {
      Fail(told, H2Error::kCancel);
      co_return stream_failure();
    }
  }
  if (phase_ == Phase::kFresh) co_return stream_failure();
  Status taken = TakeHead();
  if (!taken.ok()) {
    Fail(taken, H2Error::kProtocol);
    co_return taken;
  }
  co_return &head_;
}

rt::Task<Result<BodyPart>> H2ClientStream::ReadBody() {
  Credit(part_.size());
  part_.Clear();
  while (received().empty() && !received_all()) {
    const Status told = co_await AwaitRead(wait_limit_);
    if (!told.ok()) {
      Fail(told, H2Error::kCancel);
      co_return stream_failure();
    }
  }
  TakePart(part_);
  const BodyDecoder payload(Framing::kUntilClose, 0);
  const bool end = received_all();
  if (end) (void)trailer_block_.ToTrailers(trailers_);
  co_return BodyPart{.raw = part_.bytes(), .end = end, .before = payload, .after = payload};
}

}  // namespace fairway::http
