#pragma once
// Asks every endpoint of a pool for its metrics page, and puts what it says into the pool's load
// columns. Lives on the control loop.
//
// An endpoint where requests of ours are in flight, or whose figures move, is asked each 0.2 s; an
// idle one ever less often, down to each 5 s; a failing one likewise (scrape_pace.h). A failed
// scrape is counted and otherwise means nothing: the columns keep what they have until it is stale,
// and nobody is ejected for it.

#include <memory>
#include <optional>
#include <string>

#include "base/rng.h"
#include "data/pool.h"
#include "http/fetch.h"
#include "http/pool.h"
#include "obs/metrics.h"
#include "sources/load_page.h"
#include "sources/member_tasks.h"
#include "sources/scrape_pace.h"

namespace fairway::sources {

// How pages are read. An endpoint is of the engine that its label names; without a label, or if no
// engine is called so, of the fallback; without that, of the first whose figures are on its page.
struct EngineChoice {
  std::shared_ptr<const Engines> engines = std::make_shared<const Engines>();
  std::string fallback;
  std::string label_key;  // empty: llm-d.ai/engine-type, inference.networking.k8s.io/engine-type
};

struct ScraperOptions {
  EngineChoice engines;
  PaceOptions pace;
  std::string path = "/metrics";  // after the endpoint's own prefix
  // Tried in turn with `path` while no figures are found: where trtllm-serve has its page.
  std::string second_path = "/prometheus/metrics";
  uint16_t port = 0;  // 0: the endpoint's own
  size_t max_page_bytes = 4 * 1024 * 1024;
  uint64_t seed = 1;               // of the jitter, so that scrapes spread
  std::string authorization = {};  // the field sent; empty: none. A secret
};

struct ScrapeMetrics {
  explicit ScrapeMetrics(obs::Registry& registry);
  obs::Counter& ok;
  obs::Counter& failed;
  obs::Counter& no_figures;  // a page came, and none of our families was on it
  obs::Counter& bad_lines;
  obs::Counter& bytes;
  obs::Histogram& duration;
};

class Scraper final {
 public:
  // All of them outlive it. `connections` is of the control loop.
  Scraper(data::Pool& pool, http::Pool& connections, obs::Registry& registry,
          ScraperOptions options = {});
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  void Start() { tasks_.Start(); }
  // Takes up to 2 s if a scrape hangs. Then it can be destroyed.
  rt::Task<void> Stop() { return tasks_.Stop(); }

  // From the next scrapes on.
  void Use(EngineChoice choice);

  const ScrapeBudget& budget() const { return budget_; }

 private:
  struct Target : Member {
    using Member::Member;
    std::optional<ScrapePace> pace;
    data::LoadReport last;    // its figures, without names
    base::TimePoint began{};  // of the last scrape
    uint64_t choice = 0;      // by which what follows was found
    std::optional<size_t> engine;
    bool engine_told = false;  // by label or fallback: its page is read as that engine's only
    bool on_second_path = false;
    bool waiting = false;  // between two scrapes
  };

  rt::Task<void> Watch(std::shared_ptr<Target> target);
  rt::Task<void> ScrapeOnce(Target& target);
  void Take(Target& target, const http::FetchedResponse& response);
  void Fail(Target& target, const base::Status& why);
  Activity ActivityOf(const Target& target, const data::LoadReport& now) const;
  void HurryIfBusy(Target& target);
  void TryOtherPath(Target& target) const;
  const LoadPage& Read(Target& target, std::string_view page);
  std::optional<size_t> EngineTold(const model::Endpoint& endpoint) const;
  base::Duration Jittered(base::Duration interval);
  base::Duration UntilTick(base::Duration pause, base::Duration interval);

  data::Pool& pool_;
  http::Pool& connections_;
  obs::Registry& registry_;
  const ScraperOptions options_;
  ScrapeMetrics metrics_;
  ScrapeBudget budget_;
  base::Rng rng_;
  EngineChoice choice_;
  uint64_t choices_ = 1;
  LoadPageParser parser_;
  MemberTasks<Target> tasks_;
};

}  // namespace fairway::sources
