// What the seam costs: one proxied request (read from the client, gathered write to the upstream,
// read, gathered write back) by a hand-written edge-triggered epoll loop, and by two coroutines
// over TcpStream on an EpollLoop, in the same run. The figure is CPU time of the proxy's thread a
// request; clients and upstreams are one other thread. Numbers and what follows from them:
// docs/adr/0001-one-seam.md.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "base/check.h"
#include "net/io.h"
#include "net/tcp_stream.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"

namespace {
// Every operator new of the proxy's thread.
thread_local int64_t allocations = 0;
}  // namespace

[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace fairway::net {
namespace {

constexpr size_t kMessage = 1024;  // a request, and a response
constexpr size_t kHead = 100;      // its first piece
constexpr size_t kBuffer = 4 * kMessage;
constexpr int64_t kRequests = 1'000;  // an iteration

struct Pair {
  int ours;
  int theirs;
};

Pair Connected() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  CHECK(::bind(listener, address, size) == 0 && ::listen(listener, 1) == 0);
  CHECK(::getsockname(listener, address, &size) == 0);
  Pair pair{::socket(AF_INET, SOCK_STREAM, 0), -1};
  CHECK(::connect(pair.ours, address, size) == 0);
  pair.theirs = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  for (const int fd : {pair.ours, pair.theirs}) {
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  return pair;
}

double ThreadCpuSeconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

// The clients and the upstreams: every client sends its next request when its answer is whole.
class World {
 public:
  explicit World(size_t connections) {
    for (size_t i = 0; i < connections; ++i) {
      const Pair client = Connected();
      const Pair upstream = Connected();
      proxy_.push_back({client.theirs, upstream.ours});
      clients_.push_back(client.ours);
      upstreams_.push_back(upstream.theirs);
    }
  }
  ~World() {
    for (const auto* fds : {&clients_, &upstreams_}) {
      for (const int fd : *fds) ::close(fd);
    }
  }

  struct Route {
    int client;
    int upstream;
  };
  const std::vector<Route>& proxy() const { return proxy_; }
  int64_t done() const { return done_.load(std::memory_order_relaxed); }

  void Start() {
    thread_ = std::thread([this] { Serve(); });
  }
  void Stop() {
    stop_ = true;
    thread_.join();
  }

 private:
  struct End {
    int fd;
    bool client;
    size_t got = 0;
  };

  void Serve() {
    PinTo(1);
    const int epoll_fd = ::epoll_create1(0);
    std::vector<End> ends;
    for (const int fd : clients_) ends.push_back({fd, true});
    for (const int fd : upstreams_) ends.push_back({fd, false});
    for (End& end : ends) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &end;
      ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end.fd, &event);
    }
    char message[kMessage] = {};
    for (const int fd : clients_) CHECK(::send(fd, message, kMessage, 0) == kMessage);
    epoll_event events[128];
    while (!stop_) {
      const int count = ::epoll_wait(epoll_fd, events, 128, 10);
      for (int i = 0; i < count; ++i) Answer(*static_cast<End*>(events[i].data.ptr));
    }
    ::close(epoll_fd);
  }

  void Answer(End& end) {
    char buffer[kBuffer];
    const ssize_t count = ::recv(end.fd, buffer, sizeof(buffer), 0);
    if (count <= 0) return;
    end.got += static_cast<size_t>(count);
    if (end.got < kMessage) return;
    end.got -= kMessage;
    ::send(end.fd, buffer, kMessage, MSG_NOSIGNAL);
    if (end.client) done_.fetch_add(1, std::memory_order_relaxed);
  }

  std::vector<Route> proxy_;
  std::vector<int> clients_;
  std::vector<int> upstreams_;
  std::atomic<int64_t> done_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Runs `turns` (some turns of the proxy) while the benchmark wants more, and reports CPU a request.
template <class Turns>
void Measure(benchmark::State& state, World& world, Turns turns) {
  PinTo(0);
  world.Start();
  while (world.done() < kRequests) turns();
  double cpu = 0;
  int64_t requests = 0;
  int64_t allocated = 0;
  for (auto _ : state) {
    const double cpu_before = ThreadCpuSeconds();
    const int64_t done_before = world.done();
    const int64_t allocations_before = allocations;
    while (world.done() - done_before < kRequests) turns();
    const double used = ThreadCpuSeconds() - cpu_before;
    cpu += used;
    requests += world.done() - done_before;
    allocated += allocations - allocations_before;
    state.SetIterationTime(used);
  }
  state.counters["us_per_request"] = cpu * 1e6 / static_cast<double>(requests);
  state.counters["allocations"] = static_cast<double>(allocated);
  world.Stop();
}

// The floor: no Task, no virtual call, no wait that is more than an epoll_wait.
// Its buffer is the connection's own, as it is in the coroutine's frame: 64 of them leave the
// cache.
struct BareEnd {
  int from;
  int to;
  char* buffer;
};

void RelayBare(const BareEnd& end) {
  const ssize_t count = ::recv(end.from, end.buffer, kBuffer, 0);
  if (count <= 0) return;
  iovec parts[2] = {{end.buffer, kHead}, {end.buffer + kHead, static_cast<size_t>(count) - kHead}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  CHECK(::sendmsg(end.to, &message, MSG_NOSIGNAL) == count);
}

void BM_BareEpoll(benchmark::State& state) {
  World world(static_cast<size_t>(state.range(0)));
  const int epoll_fd = ::epoll_create1(0);
  std::vector<BareEnd> ends;
  std::vector<std::vector<char>> buffers(world.proxy().size(), std::vector<char>(kBuffer));
  for (const auto& route : world.proxy()) {
    char* const buffer = buffers[ends.size() / 2].data();
    ends.push_back({route.client, route.upstream, buffer});
    ends.push_back({route.upstream, route.client, buffer});
  }
  for (BareEnd& end : ends) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &end;
    ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end.from, &event);
  }
  Measure(state, world, [&] {
    epoll_event events[128];
    const int count = ::epoll_wait(epoll_fd, events, 128, 100);
    for (int i = 0; i < count; ++i) RelayBare(*static_cast<BareEnd*>(events[i].data.ptr));
  });
  ::close(epoll_fd);
  for (const BareEnd& end : ends) ::close(end.from);
}

rt::Task<bool> Relay(Stream& from, Stream& to, std::span<char> buffer) {
  const IoResult got = co_await Read(from, buffer);
  if (got.state != IoState::kOk) co_return false;
  const std::string_view bytes(buffer.data(), got.bytes);
  const base::Status sent = co_await Write(to, bytes.substr(0, kHead), bytes.substr(kHead));
  co_return sent.ok();
}

// A connection as the gateway writes one: a task for each exchange inside a task for the
// connection.
rt::Task<void> Serve(std::unique_ptr<Stream> client, std::unique_ptr<Stream> upstream) {
  char buffer[kBuffer];
  for (;;) {
    const bool forwarded = co_await Relay(*client, *upstream, buffer);
    if (!forwarded) co_return;
    const bool answered = co_await Relay(*upstream, *client, buffer);
    if (!answered) co_return;
  }
}

void BM_TaskOverTcpStream(benchmark::State& state) {
  World world(static_cast<size_t>(state.range(0)));
  rt::EpollLoop loop;
  rt::Gate gate(loop);
  std::vector<Stream*> streams;
  const auto open = [&](int fd) {
    auto stream = std::make_unique<TcpStream>(loop, fd, TcpStream::Stage::kOpen, "127.0.0.1:0");
    streams.push_back(stream.get());
    return stream;
  };
  for (const auto& route : world.proxy()) {
    auto client = open(route.client);
    rt::Spawn(Serve(std::move(client), open(route.upstream)), gate);
  }
  // A far timer, as a server always has one: the wait then has a limit.
  rt::Timer idle([] {});
  loop.Start(idle, std::chrono::hours(1));
  Measure(state, world, [&] {
    int turns = 0;
    loop.RunUntil([&] { return ++turns > 16; }, std::chrono::milliseconds(100));
  });
  for (Stream* stream : streams) stream->Abort({base::Code::kCancelled, "the end"});
  loop.RunUntil([&] { return gate.running() == 0; }, std::chrono::seconds(5));
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(1)->Arg(8)->Arg(64)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(8);
}
BENCHMARK(BM_BareEpoll)->Apply(Sizes);
BENCHMARK(BM_TaskOverTcpStream)->Apply(Sizes);

}  // namespace
}  // namespace fairway::net
