#pragma once
// TlsStream: a Stream over a Stream, encrypted, on either side. It behaves as a plaintext one does:
// the contract test runs on both. It does its handshake by itself from the start; until that is
// over it counts as still being connected, so "writable" means: the peer is who it must be.
//
// A peer that goes without close_notify has cut the stream: kFailed, never kEnd, so that no message
// whose end is the stream's end is taken for whole.
//
// Written is what has been encrypted: at most one record waits here for room below, and goes out
// without its writer (at the end of the stream's life through TlsLinger). An idle stream holds no
// record buffer.

#include <memory>
#include <optional>
#include <string>

#include "crypto/tls_session.h"
#include "net/stream.h"
#include "net/tls_linger.h"
#include "net/waiter_slot.h"

namespace fairway::net {

// What the TLS streams of one Loop share; outlives them.
struct TlsShared {
  rt::Loop& loop;
  base::Duration handshake_timeout;
  TlsLinger linger;
};

class TlsStream final : public Stream, private crypto::RecordTransport {
 public:
  // `lower` is connected.
  static std::unique_ptr<TlsStream> Accept(TlsShared& shared, std::unique_ptr<Stream> lower,
                                           const crypto::TlsServerContext& context);
  // `lower` may still be connecting. Fails at once if `name` is none that a server can prove.
  static std::unique_ptr<TlsStream> Connect(TlsShared& shared, std::unique_ptr<Stream> lower,
                                            const crypto::TlsClientContext& context,
                                            const std::string& name);
  ~TlsStream() override;

  IoResult TryRead(std::span<char> into) override;
  IoResult TryWrite(std::span<const std::string_view> pieces) override;
  void WaitReadable(rt::Job& waiter) override;
  void WaitWritable(rt::Job& waiter) override;
  void ForgetReadable() override;
  void ForgetWritable() override { writer_.Forget(); }
  void ShutdownWrite() override;
  void Abort(base::Status reason) override;
  const base::Status& failure() const override { return failure_; }
  std::string_view peer() const override { return lower_->peer(); }
  std::string_view alpn() const override;

 private:
  enum class Stage : unsigned char { kConnecting, kHandshake, kOpen, kFailed };

  template <void (TlsStream::*kRun)()>
  class MemberJob final : public rt::Job {
   public:
    explicit MemberJob(TlsStream& owner) : owner_(owner) {}
    void Run() override { (owner_.*kRun)(); }

   private:
    TlsStream& owner_;
  };

  TlsStream(TlsShared& shared, std::unique_ptr<Stream> lower, Stage stage);
  void Start();
  // Records, for the session.
  Received Receive(std::span<char> into) override;
  bool Send(std::string_view records) override;

  void OnLowerReadable();
  void OnLowerWritable();
  void ArmRead();
  void ArmWrite();
  void Handshake();
  void Opened();
  // Wakes the reader in this turn or the next, waits for more records, or fails.
  enum class Soon : unsigned char { kThisTurn, kNextTurn };
  void CheckReadable(Soon soon);
  bool FlushPending();
  void EndWriting();
  void Fail(base::Status reason);
  void FailBySession();

  TlsShared& shared_;
  std::unique_ptr<Stream> lower_;
  std::optional<crypto::TlsSession> session_;
  Stage stage_;
  bool read_armed_ = false;
  bool write_armed_ = false;
  bool read_ended_ = false;
  bool write_ended_ = false;  // close_notify was said, or is to be said after the handshake
  std::string pending_;       // records that the lower stream had no room for
  size_t pending_sent_ = 0;
  WaiterSlot reader_;
  WaiterSlot writer_;
  MemberJob<&TlsStream::OnLowerReadable> read_job_{*this};
  MemberJob<&TlsStream::OnLowerWritable> write_job_{*this};
  rt::Timer limit_;
  base::Status failure_;
};

}  // namespace fairway::net
