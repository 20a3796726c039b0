#include "apps/sim.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include "modelsim/profile.h"
#include "modelsim/profile_library.h"
#include "modelsim/server.h"
#include "net/tcp_network.h"
#include "obs/log.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"
#include "rt/signals.h"

namespace fairway::apps {
namespace {

using base::Status;
using obs::Level;
using obs::Log;

// A thousand servers have more listeners and connections than the usual 1024 descriptors.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

class SimProcess {
 public:
  SimProcess() : network_(loop_), gate_(loop_) {}

  Status Start(const SimFlags& flags) {
    if (flags.first.port + flags.count - 1 > 65535)
      return {base::Code::kInvalid, "--port and --count: there are no ports above 65535"};
    modelsim::Profile profile = TRY(modelsim::LoadProfile(flags.profile));
    profile.seed = flags.seed;
    if (flags.max_loras > 0) profile.max_loras = flags.max_loras;
    std::vector<modelsim::PlannedFault> plan;
    if (!flags.faults.empty()) plan = TRY(modelsim::LoadFaultPlan(flags.faults));
    // One model, so one text: every server answers a prompt alike.
    const auto story = std::make_shared<const modelsim::Story>(profile.seed);
    for (size_t i = 0; i < flags.count; ++i) {
      const net::Address at{.ip = flags.first.ip,
                            .port = static_cast<uint16_t>(flags.first.port + i)};
      servers_.push_back(std::make_unique<modelsim::ModelServer>(
          network_, profile,
          modelsim::ModelServerOptions{.model = flags.model,
                                       .adapters = flags.adapters,
                                       .engine = flags.engine,
                                       .metrics = flags.metrics,
                                       .story = story}));
      TRY_STATUS(servers_.back()->Listen(at).Within(at.ToString()));
      for (const modelsim::PlannedFault& planned : plan) {
        if (!planned.Concerns(static_cast<uint32_t>(i))) continue;
        TRY_STATUS(servers_.back()->AddFault(planned.fault).Within(flags.faults));
      }
    }
    Log(Level::kInfo, "simulating model servers",
        {{"first", "http://" + flags.first.ToString()},
         {"count", flags.count},
         {"model", flags.model},
         {"profile", flags.profile}});
    return {};
  }

  void Run() {
    const rt::Signals signals(loop_, {SIGINT, SIGTERM}, [this](int) {
      if (gate_.running() == 0) rt::Spawn(StopAll(), gate_);
    });
    loop_.Run();
  }

 private:
  rt::Task<void> StopAll() {
    for (const auto& server : servers_) co_await server->Stop();
    loop_.Stop();
  }

  rt::EpollLoop loop_;
  net::TcpNetwork network_;
  std::vector<std::unique_ptr<modelsim::ModelServer>> servers_;
  rt::Gate gate_;
};

}  // namespace

int RunSim(const SimFlags& flags) {
  if (flags.print_profile) {
    const auto yaml = modelsim::LibraryYaml(flags.profile);
    if (!yaml) {
      Log(Level::kError, "no such profile", {{"profile", flags.profile}});
      return 1;
    }
    std::fwrite(yaml->data(), 1, yaml->size(), stdout);
    return 0;
  }
  RaiseDescriptorLimit();
  SimProcess process;
  if (const Status started = process.Start(flags); !started.ok()) {
    Log(Level::kError, "cannot start", {{"why", started.message()}});
    return 1;
  }
  process.Run();
  return 0;
}

}  // namespace fairway::apps
