#pragma once
// What the tests of this module run on: a loop with a network, real or simulated, and raw clients
// and servers that speak bytes. For tests only.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "net/io.h"
#include "net/network.h"
#include "rt/gate.h"

namespace fairway::http {

class TestWorld {
 public:
  virtual ~TestWorld() = default;
  virtual net::Network& network() = 0;
  // Runs the loop until the condition holds; false if it does not within the limit.
  virtual bool RunUntil(std::move_only_function<bool()> condition, base::Duration limit) = 0;
  bool RunUntil(std::move_only_function<bool()> condition) {
    return RunUntil(std::move(condition), std::chrono::seconds(10));
  }
  // Runs a task to its end.
  bool RunTask(rt::Task<void> task, base::Duration limit = std::chrono::seconds(10));
  void RunFor(base::Duration duration) {
    (void)RunUntil([] { return false; }, duration);
  }
};

enum class WorldKind : unsigned char { kTcp, kSim };
std::unique_ptr<TestWorld> MakeWorld(WorldKind kind);
std::string WorldName(WorldKind kind);

// A client of raw bytes that reads all the time.
class RawClient {
 public:
  RawClient(TestWorld& world, const net::Address& to);
  ~RawClient();

  void Send(std::string bytes);
  void Finish() { stream_->ShutdownWrite(); }
  void Reset();
  // All that came so far.
  const std::string& received() const { return received_; }
  bool closed() const { return ended_; }  // by FIN
  bool reset() const { return failed_; }
  bool ended() const { return ended_ || failed_; }
  // Runs the loop until `text` has come; false if it does not.
  bool Await(std::string_view text);
  bool AwaitEnd();

 private:
  rt::Task<void> ReadAll();
  rt::Task<void> SendAll();

  TestWorld& world_;
  std::unique_ptr<net::Stream> stream_;
  rt::Gate gate_;
  std::string received_;
  std::string outbox_;
  bool sending_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

// A server of raw bytes: answers the n-th connection by the n-th script.
class RawServer {
 public:
  // Gets the stream; the connection ends with the task.
  using Script = std::move_only_function<rt::Task<void>(net::Stream&)>;
  RawServer(TestWorld& world, std::vector<Script> scripts);
  ~RawServer();
  const net::Address& address() const { return listener_->local(); }
  size_t accepted() const { return accepted_; }
  const std::string& received() const { return received_; }

  // For scripts: reads until `text` has come (true) or the peer is gone.
  rt::Task<bool> AwaitBytes(net::Stream& stream, std::string text);
  // Reads a request, then sends these pieces, a turn between them.
  Script Answer(std::vector<std::string> pieces);
  // The same, and holds the connection open until the peer closes.
  Script AnswerAndHold(std::vector<std::string> pieces);

 private:
  rt::Task<void> Serve(size_t index, std::unique_ptr<net::Stream> stream);
  rt::Task<void> Say(net::Stream& stream, const std::vector<std::string>& pieces);

  TestWorld& world_;
  std::vector<Script> scripts_;
  std::unique_ptr<net::Listener> listener_;
  rt::Gate gate_;
  std::vector<net::Stream*> open_;
  size_t accepted_ = 0;
  std::string received_;
};

}  // namespace fairway::http
