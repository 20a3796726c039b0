#pragma once
// The life of the `serve` process: what starts in which order, when it is ready, how it stops. The
// parts are in files of their own: serve_pool (model servers), serve_workers (traffic).
//
// Lives on the main thread, whose loop is the control loop.

#include <memory>
#include <optional>
#include <string>

#include "admin/handler.h"
#include "apps/command_line.h"
#include "apps/serve_credentials.h"
#include "apps/serve_pools.h"
#include "apps/serve_reload.h"
#include "apps/serve_workers.h"
#include "http/pool.h"
#include "http/server.h"
#include "net/tcp_network.h"
#include "net/tls_network.h"
#include "obs/line_sink.h"
#include "rt/disk_files.h"
#include "rt/epoll_loop.h"
#include "rt/gate.h"
#include "rt/offload_pool.h"
#include "rt/signals.h"

namespace fairway::apps {

class ServeProcess final {
 public:
  // `given` is the command line; `config` what was made of it and the file.
  ServeProcess(const ServeFlags& given, ServeConfig config);
  ServeProcess(const ServeProcess&) = delete;
  ServeProcess& operator=(const ServeProcess&) = delete;

  base::Status Start();
  // Until a signal ended it and what was in progress is finished.
  void Run() { loop_.Run(); }

 private:
  base::Status OpenAccessLog();
  base::Status ClaimPort();
  base::Status StartWorkers();
  base::Status StartAdmin();
  base::Status Apply(const ServeConfig& config);
  std::string NotReady() const;
  void CheckHealth();
  void OnSignal(int signal);
  rt::Task<void> StopControl();

  const ServeFlags flags_;  // as the process started
  rt::OffloadPool offload_;
  rt::EpollLoop loop_;
  rt::DiskFiles files_;
  net::TcpNetwork network_;
  obs::Registry registry_;
  const base::Result<std::unique_ptr<ServeCredentials>> credentials_;  // Start tells a failure
  net::TlsNetwork upstream_;
  http::Pool connections_;
  ServePools pools_;
  ServeReload reload_;
  std::unique_ptr<obs::LineTarget> access_log_;
  std::optional<ServeShared> shared_;
  ServeWorkers workers_;
  std::optional<admin::Handler> admin_handler_;
  std::optional<http::Server> admin_;
  std::optional<rt::Signals> signals_;
  rt::Timer health_;
  rt::Gate gate_;
  bool stopping_ = false;
};

}  // namespace fairway::apps
