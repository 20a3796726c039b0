#include "http/testing/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "net/sim_network.h"
#include "net/tcp_network.h"
#include "rt/epoll_loop.h"
#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::http {
namespace {

class TcpWorld final : public TestWorld {
 public:
  net::Network& network() override { return network_; }
  bool RunUntil(std::move_only_function<bool()> condition, base::Duration limit) override {
    return loop_.RunUntil(std::move(condition), limit);
  }

 private:
  rt::EpollLoop loop_;
  net::TcpNetwork network_{loop_};
};

class SimWorldOfOne final : public TestWorld {
 public:
  net::Network& network() override { return network_; }
  bool RunUntil(std::move_only_function<bool()> condition, base::Duration limit) override {
    return loop_.RunUntil(std::move(condition), limit);
  }

 private:
  rt::SimLoop loop_;
  net::SimWorld world_{loop_};
  net::SimNetwork network_{world_, "10.0.0.1"};
};

}  // namespace

std::unique_ptr<TestWorld> MakeWorld(WorldKind kind) {
  if (kind == WorldKind::kSim) return std::make_unique<SimWorldOfOne>();
  return std::make_unique<TcpWorld>();
}

std::string WorldName(WorldKind kind) { return kind == WorldKind::kTcp ? "Tcp" : "Sim"; }

bool TestWorld::RunTask(rt::Task<void> task, base::Duration limit) {
  rt::Gate gate(network().loop());
  rt::Spawn(std::move(task), gate);
  const bool ended = RunUntil([&gate] { return gate.running() == 0; }, limit);
  CHECK(ended);  // or the frame is lost
  return ended;
}

RawClient::RawClient(TestWorld& world, const net::Address& to)
    : world_(world), stream_(world.network().Connect(to)), gate_(world.network().loop()) {
  rt::Spawn(ReadAll(), gate_);
}

RawClient::~RawClient() {
  stream_->Abort(base::Status(base::Code::kCancelled, "the test ends"));
  CHECK(world_.RunUntil([this] { return gate_.running() == 0; }));
}

rt::Task<void> RawClient::ReadAll() {
  std::string buffer(64 * 1024, 0);
  for (;;) {
    const net::IoResult got = co_await net::Read(*stream_, buffer);
    if (got.state != net::IoState::kOk) {
      (got.state == net::IoState::kEnd ? ended_ : failed_) = true;
      co_return;
    }
    received_.append(buffer.data(), got.bytes);
  }
}

rt::Task<void> RawClient::SendAll() {
  while (!outbox_.empty()) {
    const std::string bytes = std::exchange(outbox_, {});
    (void)co_await net::Write(*stream_, bytes);
  }
  sending_ = false;
}

void RawClient::Send(std::string bytes) {
  outbox_ += bytes;
  if (std::exchange(sending_, true)) return;
  rt::Spawn(SendAll(), gate_);
}

void RawClient::Reset() {
  stream_->Abort(base::Status(base::Code::kCancelled, "the client resets"));
}

bool RawClient::Await(std::string_view text) {
  return world_.RunUntil([this, text] { return received_.find(text) != std::string::npos; });
}

bool RawClient::AwaitEnd() {
  return world_.RunUntil([this] { return ended(); });
}

RawServer::RawServer(TestWorld& world, std::vector<Script> scripts)
    : world_(world), scripts_(std::move(scripts)), gate_(world.network().loop()) {
  auto listener = world.network().Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive,
                                         [this](std::unique_ptr<net::Stream> stream) {
                                           rt::Spawn(Serve(accepted_++, std::move(stream)), gate_);
                                         });
  CHECK(listener.ok());
  listener_ = *std::move(listener);
}

RawServer::~RawServer() {
  listener_->Close();
  for (net::Stream* stream : open_)
    stream->Abort(base::Status(base::Code::kCancelled, "the test ends"));
  CHECK(world_.RunUntil([this] { return gate_.running() == 0; }));
}

rt::Task<void> RawServer::Serve(size_t index, std::unique_ptr<net::Stream> stream) {
  open_.push_back(stream.get());
  if (index < scripts_.size()) co_await scripts_[index](*stream);
  std::erase(open_, stream.get());
}

rt::Task<bool> RawServer::AwaitBytes(net::Stream& stream, std::string text) {
  std::string buffer(16 * 1024, 0);
  size_t from = received_.size();
  while (received_.find(text, from) == std::string::npos) {
    const net::IoResult got = co_await net::Read(stream, buffer);
    if (got.state != net::IoState::kOk) co_return false;
    received_.append(buffer.data(), got.bytes);
  }
  co_return true;
}

rt::Task<void> RawServer::Say(net::Stream& stream, const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) {
    (void)co_await net::Write(stream, piece);
    co_await rt::Sleep(world_.network().loop(), std::chrono::milliseconds(1));
  }
}

RawServer::Script RawServer::Answer(std::vector<std::string> pieces) {
  return [this, pieces = std::move(pieces)](net::Stream& stream) -> rt::Task<void> {
    if (co_await AwaitBytes(stream, "\r\n\r\n")) co_await Say(stream, pieces);
  };
}

RawServer::Script RawServer::AnswerAndHold(std::vector<std::string> pieces) {
  return [this, pieces = std::move(pieces)](net::Stream& stream) -> rt::Task<void> {
    if (!co_await AwaitBytes(stream, "\r\n\r\n")) co_return;
    co_await Say(stream, pieces);
    (void)co_await AwaitBytes(stream, "never");
  };
}

}  // namespace fairway::http
