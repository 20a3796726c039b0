#pragma once
// Follows the configuration file, and replaces the configuration while `serve` runs. Invariant:
// what is in effect was read and checked whole and taken over whole; whatever comes that cannot be,
// the last good one goes on, and everybody can see why: in the log, in the metrics, on
// /debug/config. Lives on the control loop.

#include <functional>
#include <memory>
#include <string>

#include "apps/serve_config.h"
#include "obs/metrics.h"
#include "rt/files.h"
#include "rt/loop.h"

namespace fairway::apps {

// kInvalid, naming the fields, if something differs that is fixed when the process starts.
base::Status CheckFixed(const ServeFlags& running, const ServeFlags& next);

class ServeReload final {
 public:
  // Takes a configuration over, whole, or fails with nothing changed.
  using Apply = std::function<base::Status(const ServeConfig&)>;

  // `given` is the command line; `first` is in effect. Loop and files outlive it.
  ServeReload(ServeFlags given, ServeConfig first, rt::Loop& loop, rt::Files& files,
              obs::Registry& registry, Apply apply);
  ServeReload(const ServeReload&) = delete;
  ServeReload& operator=(const ServeReload&) = delete;

  // From now on the file is followed, if there is one.
  void Follow();
  // Reads it now.
  void Reload();

  const ServeConfig& current() const { return current_; }
  // The configuration in effect as a document, and what became of the last change.
  std::string Page() const;

 private:
  base::Status Take();

  const ServeFlags given_;
  ServeConfig current_;
  rt::Loop& loop_;
  rt::Files& files_;
  const Apply apply_;
  obs::Counter& taken_;
  obs::Counter& refused_;
  obs::Gauge& stale_;
  uint64_t generation_ = 1;
  base::WallTime since_;
  base::WallTime refused_at_{};
  std::string why_refused_;  // of the last change; empty: it was taken over
  std::unique_ptr<rt::FileWatch> watch_;
};

}  // namespace fairway::apps
