// A connection in its steady state allocates nothing a request: not the server, not the client's
// pool.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "http/pool.h"
#include "http/server.h"
#include "http/testing/world.h"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

// Counts every allocation of the test binary. AddressSanitizer wants its own operators.
#ifndef __SANITIZE_ADDRESS__
[[gnu::noinline]] void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace fairway::http {
namespace {

class Proxy final : public Handler {
 public:
  Proxy(Pool& pool, net::Address to) : pool_(pool), to_(std::move(to)) {}

  rt::Task<void> Handle(Exchange& exchange) override {
    const auto body = co_await exchange.Body(1 << 20);
    if (!body.ok()) co_return;
    exchange.OnPeerGone([this] { ++gone; });
    Lease lease = pool_.Take(to_);
    const std::string_view request[] = {
        "POST / HTTP/1.1\r\nhost: b\r\ncontent-length: 1000\r\n\r\n", *body};
    const base::Status sent = co_await lease->Send(request);
    if (!sent.ok()) co_return;
    const auto head = co_await lease->ReadHead();
    if (!head.ok()) co_return;
    std::string_view out = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (bool end = false; !end;) {
      const auto part = co_await lease->ReadBody();
      if (!part.ok()) co_return;
      const std::string_view pieces[] = {out, part->raw};
      (void)co_await exchange.SendRaw(pieces);
      out = {};
      end = part->end;
    }
    exchange.EndRaw(RawEnd::kComplete);
  }
  int gone = 0;

 private:
  Pool& pool_;
  net::Address to_;
};

class Backend final : public Handler {
 public:
  rt::Task<void> Handle(Exchange& exchange) override {
    const auto body = co_await exchange.Body(1 << 20);
    if (!body.ok()) co_return;
    (void)co_await exchange.Begin(200, {});
    for (int i = 0; i < 8; ++i) (void)co_await exchange.Send("data: {\"token\":\"x\"}\n\n");
    (void)co_await exchange.End();
  }
};

rt::Task<void> Client(net::Stream& stream, int rounds, size_t& allocated) {
  static constexpr int kWarmUp = 50;
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x');
  std::string buffer(64 * 1024, 0);
  size_t before = 0;
  for (int i = 0; i < rounds; ++i) {
    if (i == kWarmUp) before = allocations.load();
    const base::Status sent = co_await net::Write(stream, request);
    if (!sent.ok()) co_return;
    size_t have = 0;
    while (!std::string_view(buffer.data(), have).ends_with("\r\n0\r\n\r\n")) {
      const net::IoResult got =
          co_await net::Read(stream, {buffer.data() + have, buffer.size() - have});
      if (got.state != net::IoState::kOk) co_return;
      have += got.bytes;
    }
  }
  allocated = allocations.load() - before;
}

TEST(SteadyStateTest, AProxiedRequestAllocatesNothing) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "frames come from the allocator under AddressSanitizer";
#endif
  const auto world = MakeWorld(WorldKind::kTcp);
  Backend backend;
  Server upstream(world->network(), backend);
  ASSERT_TRUE(upstream.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  Pool pool(world->network());
  Proxy proxy(pool, upstream.local());
  Server server(world->network(), proxy);
  ASSERT_TRUE(server.Listen({"127.0.0.1", 0}, net::PortSharing::kExclusive).ok());
  {
    const auto stream = world->network().Connect(server.local());
    size_t allocated = SIZE_MAX;
    world->RunTask(Client(*stream, 500, allocated));
    EXPECT_EQ(allocated, 0u);
  }
  world->RunTask(server.Stop());
  world->RunTask(upstream.Stop());
}

}  // namespace
}  // namespace fairway::http
