#pragma once
// One HTTP/2 connection's I/O: a step that reads and feeds the session, and one that writes what
// the session and its streams have to say, gathered once a turn. Bounded: a peer that does not read
// gets kOutBytes and no more, and is given up after a while.
//
// Lives on its Loop; may be destroyed at any time but from within its owner's calls.

#include <memory>
#include <string_view>

#include "http/buffer_pool.h"
#include "http/deadline.h"
#include "http/h2/session.h"
#include "http/input_buffer.h"
#include "net/stream.h"

namespace fairway::http {

// Besides what the session tells its owner.
class H2TransportOwner : public H2SessionOwner {
 public:
  // Bytes were fed: what the session told may now be acted on.
  virtual void OnFed() = 0;
  // The peer does not read.
  virtual void OnStalled() = 0;
  // Nothing more is fed: what still runs can only fail. May come from within Pump.
  virtual void OnClosing() = 0;
  // The stream has ended; the last call. failure() says why, Ok if the peer closed.
  virtual void OnEnded() = 0;
};

struct H2TransportOptions {
  H2SessionOptions session;
  base::Duration write_timeout{};
};

class H2Transport final {
 public:
  H2Transport(std::unique_ptr<net::Stream> stream, rt::Loop& loop, BufferPool& pool,
              const H2TransportOptions& options, H2TransportOwner& owner);
  ~H2Transport();

  H2Session& session() { return session_; }
  const H2Session& session() const { return session_; }
  const net::Stream& stream() const { return *stream_; }
  rt::Loop& loop() const { return loop_; }
  BufferPool& pool() const { return pool_; }

  // Once; `already` came before.
  void Start(std::string_view already);
  // Bytes from the session go out at the end of this turn. Not from within its callbacks.
  void Pump();
  // Ends the connection once everything said is sent.
  void Close();
  void Abort(base::Status reason);
  bool closing() const { return closing_; }
  // Bytes went out, so the connection stood.
  bool connected() const { return connected_; }
  const base::Status& failure() const { return stream_->failure(); }

 private:
  // One frame more may lie above; together they fit the largest buffer that a pool keeps.
  static constexpr size_t kOutBytes = 40 * 1024;

  template <void (H2Transport::*kRun)()>
  class MemberJob final : public rt::Job {
   public:
    explicit MemberJob(H2Transport& owner) : owner_(owner) {}
    void Run() override { (owner_.*kRun)(); }

   private:
    H2Transport& owner_;
  };

  void Feed(std::string_view bytes);
  void OnReadable();
  void AwaitBytes();
  void OnWritable();
  void Write();
  void EndWriting();
  void SetClosing();

  std::unique_ptr<net::Stream> stream_;
  rt::Loop& loop_;
  BufferPool& pool_;
  H2TransportOwner& owner_;
  H2Session session_;
  InputBuffer out_;
  const base::Duration write_timeout_;
  Deadline write_deadline_;
  Deadline linger_;
  MemberJob<&H2Transport::OnReadable> readable_job_{*this};
  MemberJob<&H2Transport::Write> write_job_{*this};
  MemberJob<&H2Transport::OnWritable> writable_job_{*this};
  bool reading_ = false;  // waits for the stream to be readable
  bool waiting_ = false;  // for the stream to be writable
  bool connected_ = false;
  bool closing_ = false;
  bool shut_ = false;
};

}  // namespace fairway::http
