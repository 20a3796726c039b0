#include "net/tcp_network.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "net/socket_address.h"
#include "net/tcp_stream.h"

namespace fairway::net {
namespace {

using std::chrono::seconds;

TEST(SocketAddress, GoesThereAndBack) {
  for (const Address& address : {Address{"127.0.0.1", 80}, Address{"::1", 65535}}) {
    const auto out = ToSocketAddress(address);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(FromSocketAddress(*out), address);
  }
  EXPECT_EQ(ToSocketAddress({"localhost", 80}).status().code(), base::Code::kInvalid);
}

TEST(TcpNetwork, ConnectingToWhatIsNoAddressFailsAsAStream) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  const auto stream = network.Connect({"not an ip", 80});
  EXPECT_EQ(stream->failure().code(), base::Code::kInvalid);
  class Woken final : public rt::Job {
   public:
    void Run() override { ++times; }
    int times = 0;
  };
  Woken reader;
  Woken writer;
  stream->WaitReadable(reader);
  stream->WaitWritable(writer);
  EXPECT_TRUE(loop.RunUntil([&] { return reader.times == 1 && writer.times == 1; }, seconds(5)));
}

// The kernel's table of sockets tells a keep-alive timer as "02".
TEST(TcpNetwork, BothEndsProbeASilentPeer) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  std::unique_ptr<Stream> accepted;
  const auto listener =
      network.Listen({"127.0.0.1", 0}, PortSharing::kExclusive,
                     [&](std::unique_ptr<Stream> stream) { accepted = std::move(stream); });
  ASSERT_TRUE(listener.ok());
  const auto connected = network.Connect((*listener)->local());
  ASSERT_TRUE(loop.RunUntil([&] { return accepted != nullptr; }, seconds(5)));
  std::array<char, 8> port;
  std::snprintf(port.data(), port.size(), ":%04X ", (*listener)->local().port);
  const auto probed = [&port] {
    std::ifstream table("/proc/net/tcp");
    int count = 0;
    for (std::string line; std::getline(table, line);) {
      const bool ours = line.find(port.data()) != std::string::npos;
      count += ours && line.find(" 02:") != std::string::npos ? 1 : 0;
    }
    return count;
  };
  EXPECT_TRUE(loop.RunUntil([&] { return probed() == 2; }, seconds(5)));
}

TEST(TcpNetwork, ASocketConnectedToItselfIsRefused) {
  rt::EpollLoop loop;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SocketAddress at = *ToSocketAddress({"127.0.0.1", 0});
  ASSERT_EQ(::bind(fd, at.get(), at.size), 0);
  ASSERT_EQ(::getsockname(fd, at.get(), &at.size), 0);
  const int connected = ::connect(fd, at.get(), at.size);
  ASSERT_TRUE(connected == 0 || errno == EINPROGRESS);
  TcpStream stream(loop, fd, TcpStream::Stage::kConnecting, "127.0.0.1:0");
  EXPECT_TRUE(loop.RunUntil([&] { return !stream.failure().ok(); }, seconds(5)));
  EXPECT_EQ(stream.failure().code(), base::Code::kUnavailable);
}

TEST(TcpNetwork, ListensOnIpv6WhereTheMachineHasIt) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  int accepted = 0;
  auto listener = network.Listen({"::1", 0}, PortSharing::kExclusive,
                                 [&](std::unique_ptr<Stream>) { ++accepted; });
  if (!listener.ok()) GTEST_SKIP() << listener.status().ToString();
  const auto stream = network.Connect((*listener)->local());
  EXPECT_TRUE(loop.RunUntil([&] { return accepted == 1; }, seconds(5)));
  EXPECT_EQ(stream->peer().substr(0, 6), "[::1]:");
}

// Holds the process's limit of descriptors down while it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(TcpNetwork, OutOfDescriptorsItPausesAndGoesOnLater) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  std::vector<std::unique_ptr<Stream>> accepted;
  auto listener = network.Listen(
      {"127.0.0.1", 0}, PortSharing::kExclusive,
      [&](std::unique_ptr<Stream> stream) { accepted.push_back(std::move(stream)); });
  ASSERT_TRUE(listener.ok());
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(network.Connect((*listener)->local()));
  {
    const int next_free = ::dup(0);
    ::close(next_free);
    const DescriptorLimit limit(static_cast<rlim_t>(next_free) + 1);  // room for one more
    EXPECT_TRUE(loop.RunUntil([&] { return network.accept_pauses() > 0; }, seconds(5)));
    EXPECT_EQ(accepted.size(), 1u);
    const uint64_t pauses = network.accept_pauses();
    loop.RunUntil([] { return false; }, std::chrono::milliseconds(50));
    EXPECT_LE(network.accept_pauses(), pauses + 1);  // it does not spin
  }
  EXPECT_TRUE(loop.RunUntil([&] { return accepted.size() == 3; }, seconds(5)));
}

TEST(TcpNetwork, AListenerMayEndWhileItPauses) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  auto listener = network.Listen({"127.0.0.1", 0}, PortSharing::kExclusive,
                                 [](std::unique_ptr<Stream>) { FAIL(); });
  ASSERT_TRUE(listener.ok());
  const auto client = network.Connect((*listener)->local());
  const int next_free = ::dup(0);
  ::close(next_free);
  const DescriptorLimit limit(static_cast<rlim_t>(next_free));
  EXPECT_TRUE(loop.RunUntil([&] { return network.accept_pauses() > 0; }, seconds(5)));
  listener->reset();
  loop.RunUntil([] { return false; }, std::chrono::milliseconds(150));
}

TEST(TcpNetwork, WhatIsClosedLeavesNoDescriptorBehind) {
  rt::EpollLoop loop;
  TcpNetwork network(loop);
  const auto open_now = [] {
    const int next = ::dup(0);
    ::close(next);
    return next;
  };
  const int before = open_now();
  {
    std::vector<std::unique_ptr<Stream>> streams;
    const auto keep = [&](std::unique_ptr<Stream> stream) { streams.push_back(std::move(stream)); };
    auto listener = network.Listen({"127.0.0.1", 0}, PortSharing::kExclusive, keep);
    ASSERT_TRUE(listener.ok());
    for (int i = 0; i < 10; ++i) streams.push_back(network.Connect((*listener)->local()));
    EXPECT_TRUE(loop.RunUntil([&] { return streams.size() == 20; }, seconds(5)));
    for (size_t i = 0; i < streams.size(); i += 2) {
      streams[i]->Abort({base::Code::kCancelled, "half of them so"});
    }
  }
  EXPECT_EQ(open_now(), before);
}

}  // namespace
}  // namespace fairway::net
