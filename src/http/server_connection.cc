#include "http/server_connection.h"

#include <utility>

#include "base/check.h"
#include "http/error_body.h"
#include "http/h2/server_connection.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

constexpr size_t kKeepBytes = 4096;  // of a string from request to request

void Trim(std::string& text) {
  text.clear();
  if (text.capacity() > kKeepBytes) text.shrink_to_fit();
}

}  // namespace

ServerConnection::ServerConnection(ServerShared& shared, std::unique_ptr<net::Stream> stream)
    : OpenConnection(shared),
      shared_(shared),
      stream_(std::move(stream)),
      in_(*stream_, shared.loop, shared.buffers, shared.options),
      write_deadline_(shared.loop, [this] { OnWriteTimeout(); }) {}

// A slow client is no silent one: as long as it takes bytes the time begins anew.
void ServerConnection::OnWriteTimeout() {
  const size_t left = LeftToWrite();
  if (left < left_to_write_) {
    left_to_write_ = left;
    return write_deadline_.Set(shared_.options.write_timeout);
  }
  ++shared_.counters.timeouts;
  stream_->Abort(Status(Code::kTimeout, "the client does not read"));
}

rt::Task<void> ServerConnection::Serve(std::unique_ptr<ServerConnection> connection) {
  const Protocol protocol = co_await connection->ServeRequests();
  if (protocol == Protocol::kHttp1) co_return;
  ServerShared& shared = connection->shared_;
  std::string preface(connection->in_.Hand());
  auto next = std::make_unique<H2ServerConnection>(shared, std::move(connection->stream_));
  connection.reset();
  co_await H2ServerConnection::Serve(std::move(next), std::move(preface));
}

rt::Task<ServerConnection::Protocol> ServerConnection::ServeRequests() {
  for (;;) {
    if (shared_.draining) co_return Protocol::kHttp1;
    const Inbound::Outcome outcome = co_await in_.ReadHead(head_);
    if (outcome == Inbound::Outcome::kHttp2) co_return Protocol::kHttp2;
    if (outcome == Inbound::Outcome::kClosed) co_return Protocol::kHttp1;
    if (outcome != Inbound::Outcome::kHead) {
      co_await RefuseHead(outcome);
      co_return Protocol::kHttp1;
    }
    StartRequest();
    ++shared_.counters.active;
    co_await shared_.handler.Handle(*this);
    --shared_.counters.active;
    const bool goes_on = co_await FinishAnswer();
    if (!goes_on) co_return Protocol::kHttp1;
    in_.Next();
    head_.fields.Shrink();
    Trim(out_);
    Trim(error_);
  }
}

void ServerConnection::StartRequest() {
  ++shared_.counters.requests;
  answer_ = Answer::kNone;
  must_close_ = false;
  continued_ = false;
  head_held_ = false;
  body_allowed_ = head_.method != "HEAD";
}

bool ServerConnection::keep_alive() const {
  if (!head_.keep_alive || must_close_ || shared_.draining) return false;
  // A client that waits for 100 and gets an answer instead may send the body or not.
  if (head_.expect_continue && !continued_ && !in_.message_read()) return false;
  return in_.CanDiscard();
}

// Whether the connection goes on to another request.
rt::Task<bool> ServerConnection::FinishAnswer() {
  in_.OnPeerGone({});
  if (answer_ == Answer::kNone && !in_.peer_gone()) {
    const ErrorBody forgotten{.message = "the request was not answered"};
    (void)co_await RespondError(forgotten, {});
  }
  if (answer_ == Answer::kComplete && keep_alive()) {
    // Not `&& co_await` above: g++ 12 miscompiles a co_await in a conditional expression.
    const bool read_away = co_await in_.Discard();
    if (read_away) co_return true;
  }
  if (answer_ == Answer::kTaken) co_return false;
  if (answer_ == Answer::kComplete || answer_ == Answer::kClose) {
    stream_->ShutdownWrite();
    // Closing with bytes unread makes a RST, which can overtake the answer.
    if (!in_.message_read()) co_await in_.Linger();
  } else {
    stream_->Abort(Status(Code::kCancelled, "the answer was not finished"));
  }
  co_return false;
}

rt::Task<void> ServerConnection::RefuseHead(Inbound::Outcome outcome) {
  answer_ = Answer::kNone;
  must_close_ = true;
  body_allowed_ = true;
  ErrorBody error;
  if (outcome == Inbound::Outcome::kTimeout) {
    ++shared_.counters.timeouts;
    error = {.status = 408, .message = "the request head did not come in time"};
  } else {
    ++shared_.counters.malformed;
    error = {.status = in_.verdict().status, .message = in_.verdict().message};
  }
  const Status sent = co_await RespondError(error, {});
  if (!sent.ok()) co_return;
  stream_->ShutdownWrite();
  co_await in_.Linger();
}

rt::Task<base::Result<std::string_view>> ServerConnection::Body(size_t limit) {
  if (head_.expect_continue && !continued_ && !in_.message_read() && !in_.body_began() &&
      head_.content_length <= limit && answer_ == Answer::kNone) {
    continued_ = true;
    AddPiece("HTTP/1.1 100 Continue\r\n\r\n");
    const Status sent = co_await Write(Answer::kNone);
    if (!sent.ok()) co_return sent;
  }
  co_return co_await in_.ReadBody(limit);
}

rt::Task<Status> ServerConnection::Write(Answer then) {
  left_to_write_ = LeftToWrite();
  write_deadline_.Set(shared_.options.write_timeout);
  Status sent = co_await net::WriteAll(*stream_, {pieces_.data(), piece_count_});
  write_deadline_.Clear();
  piece_count_ = 0;
  answer_ = sent.ok() ? then : Answer::kBroken;
  co_return sent;
}

HeadWriter ServerConnection::StartHead(int status, std::span<const Field> fields) {
  if (status < 200 || status == 204 || status == 304) body_allowed_ = false;
  if (!keep_alive()) must_close_ = true;
  HeadWriter head(out_);
  head.Status(status);
  head.Add("date", shared_.date.At(shared_.loop.WallNow()));
  head.Add("server", shared_.options.server_name);
  head.Add(fields);
  if (must_close_) {
    head.Add("connection", "close");
  } else if (head_.minor_version == 0) {
    head.Add("connection", "keep-alive");
  }
  return head;
}

rt::Task<Status> ServerConnection::Respond(int status, std::string_view content_type,
                                           std::string_view body, std::span<const Field> extra) {
  if (answer_ == Answer::kBroken) co_return stream_->failure();
  CHECK(answer_ == Answer::kNone);
  HeadWriter head = StartHead(status, extra);
  if (!content_type.empty()) head.Add("content-type", content_type);
  if (body_allowed_ || head_.method == "HEAD") head.Add("content-length", body.size());
  AddPiece(head.End());
  if (body_allowed_) AddPiece(body);
  co_return co_await Write(Answer::kComplete);
}

rt::Task<Status> ServerConnection::RespondError(const ErrorBody& error,
                                                std::span<const Field> extra) {
  error_.clear();
  AppendErrorBody(error, error_);
  return Respond(error.status, "application/json", error_, extra);
}

rt::Task<Status> ServerConnection::Begin(int status, std::span<const Field> fields) {
  if (answer_ == Answer::kBroken) co_return stream_->failure();
  CHECK(answer_ == Answer::kNone);
  chunked_ = head_.minor_version >= 1;
  if (!chunked_) must_close_ = true;
  HeadWriter head = StartHead(status, fields);
  if (chunked_ && (body_allowed_ || head_.method == "HEAD"))
    head.Add("transfer-encoding", "chunked");
  head.End();
  head_held_ = true;
  answer_ = Answer::kStreaming;
  co_return Status();
}

rt::Task<Status> ServerConnection::Send(std::string_view chunk) {
  if (answer_ == Answer::kBroken) co_return stream_->failure();
  CHECK(answer_ == Answer::kStreaming);
  if (std::exchange(head_held_, false)) AddPiece(out_);
  if (!chunk.empty() && body_allowed_) {
    if (chunked_) AddPiece(ChunkSizeLine(chunk.size(), size_line_));
    AddPiece(chunk);
    if (chunked_) AddPiece("\r\n");
  }
  co_return co_await Write(Answer::kStreaming);
}

rt::Task<Status> ServerConnection::End() {
  if (answer_ == Answer::kBroken) co_return stream_->failure();
  CHECK(answer_ == Answer::kStreaming);
  if (std::exchange(head_held_, false)) AddPiece(out_);
  if (chunked_ && body_allowed_) AddPiece("0\r\n\r\n");
  co_return co_await Write(chunked_ || !body_allowed_ ? Answer::kComplete : Answer::kClose);
}

rt::Task<Status> ServerConnection::SendRaw(std::span<const std::string_view> pieces) {
  if (answer_ == Answer::kBroken) co_return stream_->failure();
  CHECK(answer_ == Answer::kNone || answer_ == Answer::kRaw);
  CHECK(pieces.size() <= kMaxPieces);
  for (const std::string_view piece : pieces) AddPiece(piece);
  co_return co_await Write(Answer::kRaw);
}

void ServerConnection::EndRaw(RawEnd end) {
  if (answer_ == Answer::kBroken) return;
  CHECK(answer_ == Answer::kRaw);
  switch (end) {
    case RawEnd::kComplete:
      answer_ = Answer::kComplete;
      return;
    case RawEnd::kClose:
      answer_ = Answer::kClose;
      return;
    case RawEnd::kReset:
      answer_ = Answer::kBroken;
      return;
  }
}

std::optional<net::RawStream> ServerConnection::TakeOver() {
  CHECK(answer_ == Answer::kRaw && in_.message_read());
  answer_ = Answer::kTaken;
  return net::RawStream{.stream = *stream_, .ahead = in_.TakeOver()};
}

void ServerConnection::OnPeerGone(std::move_only_function<void()> callback) {
  in_.OnPeerGone(std::move(callback));
}

}  // namespace fairway::http
