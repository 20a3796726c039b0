#include "apps/serve_process.h"

#include <csignal>
#include <utility>

#include "apps/pool_metrics.h"
#include "obs/log.h"
#include "rt/cpu_quota.h"

namespace fairway::apps {
namespace {

using base::Status;
using obs::Level;
using obs::Log;

constexpr base::Duration kHealthInterval = std::chrono::seconds(1);

}  // namespace

ServeProcess::ServeProcess(const ServeFlags& given, ServeConfig config)
    : flags_(config.flags),
      offload_(rt::OffloadPool::Options{}),
      loop_(rt::EpollLoop::Options{.offload = &offload_}),
      files_(loop_),
      network_(loop_),
      credentials_(ServeCredentials::Load(flags_.credentials, files_)),
      upstream_(network_, registry_,
                credentials_.ok() ? (*credentials_)->ForControl() : net::TlsNetworkOptions()),
      connections_(upstream_),
      pools_({.loop = loop_,
              .files = files_,
              .connections = connections_,
              .registry = registry_,
              .authorization =
                  credentials_.ok() ? (*credentials_)->upstream_authorization() : std::string(),
              .sessions = credentials_.ok() ? (*credentials_)->sessions() : nullptr}),
      reload_(given, std::move(config), loop_, files_, registry_,
              [this](const ServeConfig& next) { return Apply(next); }),
      workers_(loop_),
      health_([this] { CheckHealth(); }),
      gate_(loop_) {}

Status ServeProcess::Start() {
  TRY_STATUS(credentials_.status());
  TRY_STATUS(OpenAccessLog());
  TRY_STATUS(ClaimPort());
  TRY_STATUS(pools_.Apply(reload_.current()));
  TRY_STATUS(StartWorkers());
  TRY_STATUS(StartAdmin());
  AddPoolMetrics(registry_, [this] { return pools_.data(); });
  reload_.Follow();
  signals_.emplace(loop_, std::vector<int>{SIGINT, SIGTERM, SIGHUP},
                   [this](int signal) { OnSignal(signal); });
  loop_.Start(health_, kHealthInterval);
  Log(Level::kInfo, "serving",
      {{"clients", ((*credentials_)->clients_use_tls() ? "https://" : "http://") +
                       workers_.local().ToString()},
       {"admin", "http://" + admin_->local().ToString()},
       {"pools", pools_.size()},
       {"threads", workers_.count()}});
  return {};
}

Status ServeProcess::OpenAccessLog() {
  if (flags_.access_log == "off") return {};
  access_log_ = TRY(obs::LineTarget::Open(flags_.access_log));
  return {};
}

// Workers share their port, and so would a second process, silently: ask for it alone first.
Status ServeProcess::ClaimPort() {
  const auto alone = network_.Listen(flags_.listen, net::PortSharing::kExclusive,
                                     [](std::unique_ptr<net::Stream>) {});
  return base::StatusOf(alone).Within("--listen " + flags_.listen.ToString());
}

Status ServeProcess::StartWorkers() {
  shared_.emplace(
      ServeShared{.flags = flags_,
                  .pools = pools_.routes(),
                  .credentials = **credentials_,
                  .registry = registry_,
                  .access_log = access_log_.get(),
                  .workers = flags_.threads > 0 ? flags_.threads : rt::DefaultWorkerCount()});
  const uint64_t seed = static_cast<uint64_t>(loop_.WallNow().time_since_epoch().count());
  return workers_.Start(*shared_, offload_, seed);
}

Status ServeProcess::StartAdmin() {
  admin_handler_.emplace(admin::HandlerParts{.loop = loop_,
                                             .pools = [this] { return pools_.data(); },
                                             .registry = registry_,
                                             .decisions = workers_.decisions(),
                                             .not_ready = [this] { return NotReady(); },
                                             .config = [this] { return reload_.Page(); }});
  admin_.emplace(network_, *admin_handler_);
  return admin_->Listen(flags_.admin, net::PortSharing::kExclusive)
      .Within("--admin " + flags_.admin.ToString());
}

Status ServeProcess::Apply(const ServeConfig& config) {
  TRY_STATUS(pools_.Apply(config));
  workers_.Use(pools_.routes(), config.flags.gateway);
  return {};
}

std::string ServeProcess::NotReady() const {
  if (stopping_) return "draining";
  if (!pools_.Ready()) return "no model server has told yet which models it serves";
  return {};
}

void ServeProcess::CheckHealth() {
  pools_.CheckHealth();
  loop_.Start(health_, kHealthInterval);
}

void ServeProcess::OnSignal(int signal) {
  if (signal == SIGHUP) return reload_.Reload();
  if (stopping_) {
    Log(Level::kWarning, "told to stop again: leaving now");
    std::_Exit(128 + signal);
  }
  stopping_ = true;
  Log(Level::kInfo, "stopping: finishing what is in progress",
      {{"at_most_ms", base::Milliseconds(reload_.current().flags.drain)}});
  workers_.Drain(reload_.current().flags.drain, [this] { rt::Spawn(StopControl(), gate_); });
}

rt::Task<void> ServeProcess::StopControl() {
  co_await pools_.Stop();
  co_await admin_->Stop();
  loop_.Stop();
}

}  // namespace fairway::apps
