#pragma once
// SimStream: one end of a SimConnection, as a Stream. It behaves as a TcpStream does towards its
// user: the contract test runs on both.

#include <memory>
#include <string>

#include "net/sim_connection.h"
#include "net/stream.h"
#include "net/waiter_slot.h"

namespace fairway::net {

class SimStream final : public Stream, private SimEnd {
 public:
  enum class Stage : unsigned char { kConnecting, kOpen };

  SimStream(std::shared_ptr<SimConnection> connection, SimConnection::Side side, Stage stage,
            std::string peer);
  ~SimStream() override;

  IoResult TryRead(std::span<char> into) override;
  IoResult TryWrite(std::span<const std::string_view> pieces) override;
  void WaitReadable(rt::Job& waiter) override;
  void WaitWritable(rt::Job& waiter) override;
  void ForgetReadable() override { reader_.Forget(); }
  void ForgetWritable() override { writer_.Forget(); }
  void ShutdownWrite() override;
  void Abort(base::Status reason) override;
  const base::Status& failure() const override { return failure_; }
  std::string_view peer() const override { return peer_; }

 private:
  void OnConnected() override;
  void OnRefused() override;
  void OnArrival() override { reader_.Wake(loop_); }
  void OnRoom() override { writer_.Wake(loop_); }
  void OnReset() override;
  bool Readable() const;
  bool Writable() const;
  void Fail(base::Status reason);
  void FailReset();

  const std::shared_ptr<SimConnection> connection_;
  rt::Loop& loop_;
  const SimConnection::Side side_;
  bool connecting_;
  bool write_ended_ = false;
  bool reset_ = false;  // RST has come; what arrived before it can still be read
  WaiterSlot reader_;
  WaiterSlot writer_;
  base::Status failure_;
  const std::string peer_;
};

}  // namespace fairway::net
