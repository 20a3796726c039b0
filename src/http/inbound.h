#pragma once
// The receiving side of one server connection: collects heads and bodies, and while a handler runs
// keeps one read armed, which notices that the client goes and takes in what it sends ahead, so
// that watching costs nothing extra. Private to the server.
//
// Invariant: the bytes of the message at hand do not move until Next(); what comes later lands in
// ahead_.

#include <coroutine>
#include <functional>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/deadline.h"
#include "http/head_parser.h"
#include "http/input_buffer.h"
#include "http/server_options.h"
#include "net/stream.h"
#include "rt/task.h"

namespace fairway::http {

class Inbound {
 public:
  Inbound(net::Stream& stream, rt::Loop& loop, BufferPool& pool, const ServerOptions& options);
  ~Inbound();

  enum class Outcome : unsigned char { kHead, kMalformed, kTimeout, kClosed, kHttp2 };
  // Waits for the next request's head. kMalformed: verdict() says what to answer. kTimeout: in the
  // middle of a head; between requests the end of patience is kClosed.
  // kHttp2: the connection's first bytes are the preface of HTTP/2 (RFC 9113 section 3.4).
  rt::Task<Outcome> ReadHead(RequestHead& head);
  // After kHttp2: all bytes that came. Waits for nothing any more.
  std::string_view Hand() const { return input_.bytes(); }
  const ParseResult& verdict() const { return verdict_; }
  base::TimePoint began() const { return began_; }

  // The whole body; see Exchange::Body.
  rt::Task<base::Result<std::string_view>> ReadBody(size_t limit);
  void ReleaseBody();
  // Nothing of the message is left on the wire.
  bool message_read() const { return message_read_; }
  // Whether reading the rest away is worth it to keep the connection.
  bool CanDiscard() const;
  // Whether part of the body is here already.
  bool body_began() const { return !buffered_body().empty(); }
  // Reads the rest of the body away; false if the connection is no good after it.
  rt::Task<bool> Discard();
  // Reads and drops until the client closes, for a moment at most: so that it gets to read the
  // answer.
  rt::Task<void> Linger();
  // Done with this message.
  void Next();

  // While a handler runs.
  void Watch();
  void OnPeerGone(std::move_only_function<void()> callback);
  bool peer_gone() const { return gone_; }
  // The stream was aborted: tells so even where no read is armed that would notice.
  void Aborted();

  // Stops reading for good; what was read behind the message.
  std::string TakeOver();

  // Between requests, or waiting for a head's first byte.
  bool idle() const { return idle_; }
  // Makes an idle ReadHead return kClosed.
  void CloseIdle();

  size_t memory() const { return input_.capacity() + ahead_.capacity() + body_.size(); }

 private:
  enum class Wake : unsigned char { kNone, kReady, kTimeout, kClose };

  template <void (Inbound::*kRun)()>
  class MemberJob final : public rt::Job {
   public:
    explicit MemberJob(Inbound& owner) : owner_(owner) {}
    void Run() override { (owner_.*kRun)(); }

   private:
    Inbound& owner_;
  };
  struct Waiting {
    Inbound& in;
    bool await_ready() const { return in.wake_ != Wake::kNone; }
    void await_suspend(std::coroutine_handle<> handle) {
      in.waiter_ = handle;
      in.Arm();
    }
    Wake await_resume() { return std::exchange(in.wake_, Wake::kNone); }
  };
  // Until the stream can be read, or the deadline, or CloseIdle.
  Waiting Readable() { return {*this}; }

  void Arm();
  void OnReadable();
  void OnWake();
  void WakeWith(Wake wake);
  void ReadAhead();
  void Gone();
  void TellGone();
  // What of the body came with the head.
  std::string_view buffered_body() const {
    if (body_at_ > 0) return {body_.data() + body_at_, body_bytes_};
    return input_.bytes().substr(head_bytes_);
  }
  void TakeInput(std::string_view scratch);
  Outcome ParseHead(RequestHead& head);
  bool AdoptRest(const RequestHead& head);
  bool TakePreface();
  rt::Task<base::Status> ReadLength(size_t length);
  rt::Task<base::Status> ReadChunked(size_t limit);
  base::Result<size_t> TakeChunked(std::string_view bytes, size_t limit);
  void BodyDone(std::string_view view);
  void SetBodyDeadline();
  void GrowBody(size_t bytes);
  void AppendBody(std::string_view bytes);
  rt::Task<base::Result<std::string_view>> ReadSome(std::span<char> into);

  net::Stream& stream_;
  rt::Loop& loop_;
  BufferPool& pool_;
  const ServerOptions& options_;
  Deadline deadline_;
  MemberJob<&Inbound::OnReadable> read_job_{*this};
  MemberJob<&Inbound::OnWake> wake_job_{*this};
  MemberJob<&Inbound::TellGone> gone_job_{*this};
  std::coroutine_handle<> waiter_;
  Wake wake_ = Wake::kNone;

  InputBuffer input_;   // the message's head, and what came with it
  InputBuffer ahead_;   // what came after
  Buffer body_;         // the body, if it did not come whole with the head
  size_t body_at_ = 0;  // where in body_ it begins: after its head, if it was read with that
  size_t body_bytes_ = 0;
  std::string_view body_view_;
  std::string_view rest_;  // of a read whose head alone was copied; in the pool's scratch
  BodyDecoder decoder_;
  uint64_t content_length_ = 0;
  size_t head_bytes_ = 0;
  size_t message_bytes_ = 0;  // of input_
  HeadProgress progress_;
  ParseResult verdict_;
  base::TimePoint began_{};
  std::move_only_function<void()> on_gone_;
  bool first_ = true;  // nothing but a preface of HTTP/2 came yet
  bool armed_ = false;
  bool idle_ = false;
  bool gone_ = false;
  bool message_read_ = true;
  bool body_asked_ = false;
};

}  // namespace fairway::http
