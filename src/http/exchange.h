#pragma once
// One request and its answer, as whoever answers requests sees it: a Handler gets an Exchange, and
// the exchange ends when its task does. An exchange ends exactly once: a handler that returns
// without a whole answer makes the server send a 500, or, with part of an answer out, cut the
// connection.
//
// Lives on its connection's Loop. All tasks here are awaited at once, one at a time, and fail with
// kCancelled, kTimeout or kUnavailable once the client is gone; then nothing more can be sent.

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "http/error_body.h"
#include "http/head.h"
#include "net/raw_stream.h"
#include "rt/loop.h"
#include "rt/task.h"

namespace fairway::http {

// How a message ended that the handler framed itself (SendRaw).
enum class RawEnd : unsigned char {
  kComplete,  // by its own framing: the connection may go on if keep_alive()
  kClose,     // by closing: the client reads until FIN
  kReset,     // it did not: the client must see that something is missing
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual rt::Loop& loop() = 0;
  // Views in it are good until the handler returns.
  virtual const RequestHead& head() const = 0;
  // The client, "127.0.0.1:40312".
  virtual std::string_view peer() const = 0;
  // When the request's first bytes were read.
  virtual base::TimePoint began() const = 0;
  // Whether the connection may carry another request after this one. If not, an answer sent raw
  // must say `connection: close` itself. Can turn false while the handler runs (the server drains).
  virtual bool keep_alive() const = 0;

  // The whole body, contiguous, with 64 readable bytes behind it. Sends 100 Continue if the client
  // waits for it. Good until the handler returns or ReleaseBody. kExhausted over `limit` bytes
  // (answer 413; the connection closes after it); kInvalid if its framing is broken (answer 400);
  // kUnavailable if the client went, kTimeout if it stalled. Asked again, gives the same view.
  virtual rt::Task<base::Result<std::string_view>> Body(size_t limit) = 0;
  // Gives a large body's memory back before the exchange ends.
  virtual void ReleaseBody() = 0;

  // A whole answer: one write, content-length set, and date, and connection when it closes. `extra`
  // goes in front of the body as it is. Answers to HEAD and 204, 304 leave the body out.
  virtual rt::Task<base::Status> Respond(int status, std::string_view content_type,
                                         std::string_view body, std::span<const Field> extra) = 0;
  rt::Task<base::Status> Respond(int status, std::string_view content_type, std::string_view body) {
    return Respond(status, content_type, body, {});
  }
  // The OpenAI-shaped error.
  virtual rt::Task<base::Status> RespondError(const ErrorBody& error,
                                              std::span<const Field> extra) = 0;
  rt::Task<base::Status> RespondError(const ErrorBody& error) { return RespondError(error, {}); }

  // An answer in pieces: chunked, or until close for a 1.0 client. Begin sends nothing yet: the
  // head goes out with the first piece, or with Flush-by-empty-Send. Send returns once the bytes
  // are taken by the socket, which is the back-pressure. An empty chunk sends what is held and ends
  // nothing.
  virtual rt::Task<base::Status> Begin(int status, std::span<const Field> fields) = 0;
  virtual rt::Task<base::Status> Send(std::string_view chunk) = 0;
  virtual rt::Task<base::Status> End() = 0;

  // Whether SendRaw is there: the message is HTTP/1 on the wire. If not (HTTP/2), the handler uses
  // Begin, Send and End.
  virtual bool takes_raw() const = 0;
  // An answer whose head and framing the handler made itself, as a proxy does: all pieces in order
  // (at most 16), nothing added. Returns once the socket took them. Close it with EndRaw; without,
  // the client sees a reset.
  virtual rt::Task<base::Status> SendRaw(std::span<const std::string_view> pieces) = 0;
  virtual void EndRaw(RawEnd end) = 0;

  // After a 101 sent raw: the client's stream is the handler's until it returns, which ends the
  // connection. Only a request without a body can be upgraded. Nothing where the message is not
  // HTTP/1 on the wire.
  virtual std::optional<net::RawStream> TakeOver() { return std::nullopt; }

  // Calls back at most once, in a turn of its own, if the client's FIN or RST comes before the
  // handler is done; at once (deferred) if it came already. An empty function takes it back. What
  // then happens is the handler's choice: a client that only shut its sending side can still be
  // answered.
  virtual void OnPeerGone(std::move_only_function<void()> callback) = 0;
  virtual bool peer_gone() const = 0;

  // Ends the connection now with a RST; a pending await here returns `reason`.
  virtual void Abort(base::Status reason) = 0;
};

// Answers requests; many at once on one Loop. Outlives the server.
class Handler {
 public:
  virtual ~Handler() = default;
  // The exchange lives until the task ends.
  virtual rt::Task<void> Handle(Exchange& exchange) = 0;
};

}  // namespace fairway::http
