#include "apps/serve.h"

#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include "admin/handler.h"
#include "apps/pool_metrics.h"
#include "apps/serve_worker.h"
#include "data/pool.h"
#include "http/pool.h"
#include "http/server.h"
#include "net/tcp_network.h"
#include "obs/line_sink.h"
#include "obs/log.h"
#include "plugins/catalogue.h"
#include "rt/cpu_quota.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"
#include "rt/offload_pool.h"
#include "rt/signals.h"
#include "rt/workers.h"
#include "sources/model_discovery.h"
#include "sources/scraper.h"
#include "sources/static_endpoints.h"

namespace fairway::apps {
namespace {

using base::Status;
using obs::Level;
using obs::Log;

constexpr base::Duration kHealthInterval = std::chrono::seconds(1);

// A worker thread's belongings; destroyed on that thread, last member first.
struct WorkerThread {
  WorkerThread(rt::EpollLoop& on, const ServeShared& shared, uint64_t seed)
      : loop(on), network(on), serve(network, shared, seed), gate(on) {}
  rt::EpollLoop& loop;
  net::TcpNetwork network;
  ServeWorker serve;
  rt::Gate gate;
};

class ServeProcess {
 public:
  explicit ServeProcess(const ServeFlags& flags);
  ~ServeProcess();

  Status Start();
  void Run() { loop_.Run(); }

 private:
  Status OpenAccessLog();
  void StartSources();
  Status ClaimPort();
  Status StartWorkers();
  Status StartAdmin();
  std::string NotReady() const;
  void CheckHealth();
  void OnSignal(int signal);
  void DrainWorkers();
  rt::Task<void> DrainWorker(WorkerThread& worker);
  rt::Task<void> StopControl();

  const ServeFlags& flags_;
  rt::OffloadPool offload_;
  rt::EpollLoop loop_;
  net::TcpNetwork network_;
  obs::Registry registry_;
  data::Pool pool_;
  PoolMetrics pool_metrics_;
  http::Pool connections_;
  std::unique_ptr<obs::LineTarget> access_log_;
  std::unique_ptr<sources::StaticEndpoints> endpoints_;
  std::optional<sources::ModelDiscovery> discovery_;
  std::optional<sources::Scraper> scraper_;
  std::optional<ServeShared> shared_;
  std::vector<WorkerThread*> threads_;
  std::vector<Status> listening_;
  std::optional<rt::Workers> workers_;
  std::optional<admin::Handler> admin_handler_;
  std::optional<http::Server> admin_;
  std::optional<rt::Signals> signals_;
  rt::Timer health_;
  rt::Gate gate_;
  size_t draining_ = 0;
  bool stopping_ = false;
};

ServeProcess::ServeProcess(const ServeFlags& flags)
    : flags_(flags),
      offload_(rt::OffloadPool::Options{}),
      loop_(rt::EpollLoop::Options{.offload = &offload_}),
      network_(loop_),
      pool_("default"),
      pool_metrics_(registry_, pool_),
      connections_(network_),
      health_([this] { CheckHealth(); }),
      gate_(loop_) {}

ServeProcess::~ServeProcess() {
  if (workers_) workers_->Stop();
}

Status ServeProcess::Start() {
  TRY_STATUS(OpenAccessLog());
  endpoints_ = TRY(sources::StaticEndpoints::Create(flags_.urls, loop_, pool_, registry_));
  TRY_STATUS(ClaimPort());
  TRY_STATUS(StartWorkers());
  TRY_STATUS(StartAdmin());
  StartSources();  // last: from here on nothing can fail
  signals_.emplace(loop_, std::vector<int>{SIGINT, SIGTERM},
                   [this](int signal) { OnSignal(signal); });
  loop_.Start(health_, kHealthInterval);
  Log(Level::kInfo, "serving",
      {{"clients", "http://" + threads_.front()->serve.local().ToString()},
       {"admin", "http://" + admin_->local().ToString()},
       {"servers", flags_.urls.size()},
       {"threads", workers_->count()}});
  return {};
}

Status ServeProcess::OpenAccessLog() {
  if (flags_.access_log == "off") return {};
  access_log_ = TRY(obs::LineTarget::Open(flags_.access_log));
  return {};
}

void ServeProcess::StartSources() {
  endpoints_->Start();
  discovery_.emplace(pool_, connections_, registry_);
  scraper_.emplace(pool_, connections_, registry_);
  discovery_->Start();
  scraper_->Start();
}

// Workers share their port, and so would a second process, silently: ask for it alone first.
Status ServeProcess::ClaimPort() {
  const auto alone = network_.Listen(flags_.listen, net::PortSharing::kExclusive,
                                     [](std::unique_ptr<net::Stream>) {});
  return base::StatusOf(alone).Within("--listen " + flags_.listen.ToString());
}

Status ServeProcess::StartWorkers() {
  const size_t count = flags_.threads > 0 ? flags_.threads : rt::DefaultWorkerCount();
  shared_.emplace(
      ServeShared{.flags = flags_,
                  .brain = {.pool = pool_,
                            .profile = sched::ServeDefaultProfile(plugins::All(), pool_.learned)},
                  .registry = registry_,
                  .access_log = access_log_.get(),
                  .workers = count});
  threads_.resize(count);
  listening_.resize(count);
  const uint64_t seed = static_cast<uint64_t>(loop_.WallNow().time_since_epoch().count());
  workers_.emplace(
      count, rt::EpollLoop::Options{.offload = &offload_}, [&](size_t worker, rt::EpollLoop& loop) {
        auto thread = std::make_shared<WorkerThread>(loop, *shared_, seed + 1000 * worker);
        listening_[worker - 1] = thread->serve.Listen(flags_.listen);
        threads_[worker - 1] = thread.get();
        return thread;
      });
  for (const Status& status : listening_)
    if (!status.ok()) return status.Within("--listen " + flags_.listen.ToString());
  return {};
}

Status ServeProcess::StartAdmin() {
  std::vector<admin::DecisionSource> decisions;
  for (WorkerThread* thread : threads_)
    decisions.push_back({.loop = &thread->loop, .ring = &thread->serve.records()});
  admin_handler_.emplace(admin::HandlerParts{.loop = loop_,
                                             .pool = pool_,
                                             .registry = registry_,
                                             .decisions = std::move(decisions),
                                             .not_ready = [this] { return NotReady(); }});
  admin_.emplace(network_, *admin_handler_);
  return admin_->Listen(flags_.admin, net::PortSharing::kExclusive)
      .Within("--admin " + flags_.admin.ToString());
}

std::string ServeProcess::NotReady() const {
  if (stopping_) return "draining";
  if (!sources::AnyReady(pool_)) return "no model server has told yet which models it serves";
  return {};
}

// What no single request can see: a server that holds requests and moves nothing.
void ServeProcess::CheckHealth() {
  for (const model::EndpointId id : pool_.health.FindHung(pool_.in_flight, loop_.Now()))
    Log(Level::kWarning, "model server hangs, taken out", {{"endpoint", pool_.table.NameOf(id)}});
  loop_.Start(health_, kHealthInterval);
}

void ServeProcess::OnSignal(int signal) {
  if (stopping_) {
    Log(Level::kWarning, "told to stop again: leaving now");
    std::_Exit(128 + signal);
  }
  stopping_ = true;
  Log(Level::kInfo, "stopping: finishing what is in progress",
      {{"at_most_ms", base::Milliseconds(flags_.drain)}});
  DrainWorkers();
}

void ServeProcess::DrainWorkers() {
  draining_ = threads_.size();
  for (WorkerThread* thread : threads_)
    thread->loop.Post([this, thread] { rt::Spawn(DrainWorker(*thread), thread->gate); });
}

rt::Task<void> ServeProcess::DrainWorker(WorkerThread& worker) {
  co_await worker.serve.Drain(flags_.drain);
  loop_.Post([this] {
    if (--draining_ == 0) rt::Spawn(StopControl(), gate_);
  });
}

rt::Task<void> ServeProcess::StopControl() {
  co_await discovery_->Stop();
  co_await scraper_->Stop();
  co_await admin_->Stop();
  loop_.Stop();
}

}  // namespace

int RunServe(const ServeFlags& flags) {
  obs::ConfigureLog(
      {.format = flags.log_format == "json" ? obs::LogFormat::kJson : obs::LogFormat::kText});
  ServeProcess process(flags);
  if (const Status started = process.Start(); !started.ok()) {
    Log(Level::kError, "cannot start", {{"why", started.message()}});
    return 1;
  }
  process.Run();
  Log(Level::kInfo, "stopped");
  return 0;
}

}  // namespace fairway::apps
