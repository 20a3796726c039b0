#include "apps/serve_workers.h"

#include <memory>
#include <utility>

#include "net/tcp_network.h"
#include "net/tls_network.h"
#include "rt/gate.h"

namespace fairway::apps {

// A worker thread's belongings; destroyed on that thread, last member first.
struct ServeWorkers::Thread {
  Thread(rt::EpollLoop& on, const ServeShared& shared, uint64_t seed)
      : loop(on),
        tcp(on),
        network(tcp, shared.registry, shared.credentials.ForWorkers()),
        serve(network, shared, seed),
        gate(on) {}
  rt::EpollLoop& loop;
  net::TcpNetwork tcp;
  net::TlsNetwork network;
  ServeWorker serve;
  rt::Gate gate;
};

ServeWorkers::~ServeWorkers() {
  if (workers_) workers_->Stop();
}

base::Status ServeWorkers::Start(const ServeShared& shared, rt::OffloadPool& offload,
                                 uint64_t seed) {
  const net::Address& at = shared.flags.listen;
  threads_.resize(shared.workers);
  std::vector<base::Status> listening(shared.workers);
  workers_.emplace(shared.workers, rt::EpollLoop::Options{.offload = &offload},
                   [&](size_t worker, rt::EpollLoop& loop) {
                     auto thread = std::make_shared<Thread>(loop, shared, seed + 1000 * worker);
                     listening[worker - 1] = thread->serve.Listen(at);
                     threads_[worker - 1] = thread.get();
                     return thread;
                   });
  for (const base::Status& status : listening)
    if (!status.ok()) return status.Within("--listen " + at.ToString());
  return {};
}

void ServeWorkers::Use(const director::Pools& pools, const gateway::Options& options) {
  for (Thread* thread : threads_)
    thread->loop.Post([thread, pools, options] { thread->serve.Use(pools, options); });
}

void ServeWorkers::Drain(base::Duration grace, std::function<void()> done) {
  drained_ = std::move(done);
  draining_ = threads_.size();
  for (Thread* thread : threads_) {
    thread->loop.Post([this, thread, grace] { rt::Spawn(DrainOne(*thread, grace), thread->gate); });
  }
}

rt::Task<void> ServeWorkers::DrainOne(Thread& thread, base::Duration grace) {
  co_await thread.serve.Drain(grace);
  control_.Post([this] {
    if (--draining_ == 0) drained_();
  });
}

const net::Address& ServeWorkers::local() const { return threads_.front()->serve.local(); }

std::vector<admin::DecisionSource> ServeWorkers::decisions() const {
  std::vector<admin::DecisionSource> sources;
  for (Thread* thread : threads_)
    sources.push_back({.loop = &thread->loop, .ring = &thread->serve.records()});
  return sources;
}

}  // namespace fairway::apps
