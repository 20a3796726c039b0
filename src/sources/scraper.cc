#include "sources/scraper.h"

#include <algorithm>
#include <array>
#include <utility>

#include "obs/log.h"

namespace fairway::sources {
namespace {

constexpr std::array<double, 10> kDurationBounds = {.001, .0025, .005, .01, .025,
                                                    .05,  .1,    .25,  .5,  1};
constexpr std::string_view kDemandName = "fairway_scrape_demand_cores";
constexpr std::string_view kStretchName = "fairway_scrape_stretch_ratio";

obs::Counter& OutcomeCounter(obs::Registry& registry, std::string_view outcome) {
  return registry
      .AddCounterFamily({.name = "fairway_scrapes_total",
                         .help = "Scrapes of model servers' metrics, by outcome.",
                         .labels = {"outcome"}})
      .With(outcome);
}

bool SameFigure(float a, float b) { return a == b || (!data::Known(a) && !data::Known(b)); }

bool Works(float figure) { return data::Known(figure) && figure > 0; }

}  // namespace

ScrapeMetrics::ScrapeMetrics(obs::Registry& registry)
    : ok(OutcomeCounter(registry, "ok")),
      failed(OutcomeCounter(registry, "failed")),
      no_figures(OutcomeCounter(registry, "no-figures")),
      bad_lines(registry.AddCounter("fairway_scrape_bad_lines_total",
                                    "Malformed lines skipped on metrics pages.")),
      bytes(registry.AddCounter("fairway_scrape_bytes_total", "Bytes of metrics pages read.")),
      duration(registry.AddHistogram("fairway_scrape_duration_seconds",
                                     "Time from request to last byte of a scrape.",
                                     kDurationBounds)) {}

Scraper::Scraper(data::Pool& pool, http::Pool& connections, obs::Registry& registry,
                 ScraperOptions options)
    : pool_(pool),
      connections_(connections),
      registry_(registry),
      options_(std::move(options)),
      metrics_(registry),
      budget_(options_.pace.budget_cores),
      rng_(options_.seed),
      choice_(options_.engines),
      parser_(choice_.engines),
      tasks_(
          connections.loop(), pool.table.members(),
          [this](std::shared_ptr<Target> target) { return Watch(std::move(target)); },
          [this](Target& target) { HurryIfBusy(target); }) {
  registry_.AddCallback(obs::Kind::kGauge, kDemandName,
                        "Cores that scraping would take at the intervals wanted.",
                        [this] { return budget_.demand(); });
  registry_.AddCallback(obs::Kind::kGauge, kStretchName,
                        "By how much scrape intervals are stretched to stay within the budget.",
                        [this] { return budget_.Stretch(); });
}

Scraper::~Scraper() {
  registry_.Remove(kDemandName);
  registry_.Remove(kStretchName);
}

base::Duration Scraper::Jittered(base::Duration interval) {
  return std::chrono::duration_cast<base::Duration>(interval * (0.9 + 0.2 * rng_.Unit()));
}

// The pause, to the nearest tick of the clock: a thousand endpoints wake this loop 50 times a
// second and not a thousand times, and a wake-up costs as much as a scrape.
base::Duration Scraper::UntilTick(base::Duration pause, base::Duration interval) {
  constexpr base::Duration kTick = std::chrono::milliseconds(20);
  const base::Duration tick = std::clamp(interval / 10, base::Duration(1), kTick);
  const base::Duration now = connections_.loop().Now().time_since_epoch();
  return std::max((now + pause + tick / 2) / tick * tick - now, base::Duration());
}

rt::Task<void> Scraper::Watch(std::shared_ptr<Target> target) {
  rt::Loop& loop = connections_.loop();
  target->pace.emplace(options_.pace, budget_);
  // A thousand endpoints that join together begin spread over one interval.
  co_await target->wake.WaitFor(
      std::chrono::duration_cast<base::Duration>(target->pace->Interval() * rng_.Unit()));
  while (!target->gone) {
    target->began = loop.Now();
    co_await ScrapeOnce(*target);
    if (target->gone) break;
    const base::Duration spent = loop.Now() - target->began;
    const base::Duration interval = target->pace->Interval();
    const base::Duration pause = std::max(Jittered(interval) - spent, options_.pace.fastest / 4);
    target->waiting = true;
    co_await target->wake.WaitFor(UntilTick(pause, interval));
    target->waiting = false;
  }
}

// An endpoint that has been idle is asked each 5 s; now that we sent it something, that is too
// late.
void Scraper::HurryIfBusy(Target& target) {
  if (!target.waiting || pool_.in_flight.Requests(target.endpoint.id.slot) == 0) return;
  const base::TimePoint now = connections_.loop().Now();
  if (now - target.began >= target.pace->IntervalIfBusy()) target.wake.Set();
}

rt::Task<void> Scraper::ScrapeOnce(Target& target) {
  const std::string path =
      target.endpoint.url_prefix + (target.on_second_path ? options_.second_path : options_.path);
  const http::FetchRequest request{
      .path = path, .host = target.endpoint.authority, .authorization = options_.authorization};
  const http::FetchLimits limits{.max_bytes = options_.max_page_bytes,
                                 .timeout = target.pace->Timeout()};
  // Named: g++ 12 destroys a braced temporary within a co_await twice.
  net::Address address{target.endpoint.ip, target.endpoint.port, target.endpoint.tls_name,
                       target.endpoint.alpn};
  if (options_.port != 0) {  // of an exporter's own server, which speaks HTTP/1.1
    address.port = options_.port;
    address.alpn.clear();
  }
  const auto response = co_await http::Fetch(connections_, std::move(address), request, limits);
  if (target.gone) co_return;
  metrics_.duration.Observe(base::Seconds(connections_.loop().Now() - target.began));
  if (!response.ok()) {
    Fail(target, response.status());
  } else if (response->status != 200) {
    Fail(target,
         base::Status(base::Code::kUnavailable, "HTTP status " + std::to_string(response->status)));
    TryOtherPath(target);
  } else {
    Take(target, *response);
  }
}

void Scraper::Fail(Target& target, const base::Status& why) {
  metrics_.failed.Add();
  if (!target.pace->failing()) {
    obs::Log(obs::Level::kWarning, "cannot scrape metrics; its load becomes unknown",
             {{"endpoint", target.endpoint.name}, {"why", why.ToString()}});
  }
  target.pace->Failed();
}

void Scraper::Take(Target& target, const http::FetchedResponse& response) {
  const LoadPage& report = Read(target, response.body);
  metrics_.bytes.Add(static_cast<int64_t>(response.body.size()));
  metrics_.bad_lines.Add(static_cast<int64_t>(report.bad_lines));
  if (!report.known()) {
    metrics_.no_figures.Add();
    if (!target.pace->failing()) {
      obs::Log(obs::Level::kWarning, "metrics page has no figures we know; its load is unknown",
               {{"endpoint", target.endpoint.name}, {"bytes", response.body.size()}});
    }
    target.pace->Failed();
    TryOtherPath(target);
    return;
  }
  metrics_.ok.Add();
  if (target.pace->failing()) {
    obs::Log(obs::Level::kInfo, "metrics are back", {{"endpoint", target.endpoint.name}});
  }
  target.pace->Succeeded(response.body.size(), ActivityOf(target, report.load));
  target.last = report.load;
  target.last.running_loras = {};  // views into the page
  target.last.waiting_loras = {};
  pool_.Report(target.endpoint.id, report.load, connections_.loop().Now(),
               target.pace->StaleAfter());
}

// Only before its page was ever found: then it is where it was.
void Scraper::TryOtherPath(Target& target) const {
  if (!target.engine && !options_.second_path.empty())
    target.on_second_path = !target.on_second_path;
}

void Scraper::Use(EngineChoice choice) {
  choice_ = std::move(choice);
  ++choices_;
  parser_.Use(choice_.engines);
}

std::optional<size_t> Scraper::EngineTold(const model::Endpoint& endpoint) const {
  constexpr std::array<std::string_view, 2> kKeys = {"llm-d.ai/engine-type",
                                                     "inference.networking.k8s.io/engine-type"};
  for (const auto& [key, value] : endpoint.labels) {
    const bool ours = choice_.label_key.empty() ? std::ranges::find(kKeys, key) != kKeys.end()
                                                : key == choice_.label_key;
    if (!ours) continue;
    if (const auto engine = choice_.engines->Find(value)) return engine;
  }
  return choice_.engines->Find(choice_.fallback);
}

const LoadPage& Scraper::Read(Target& target, std::string_view page) {
  if (target.choice != choices_) {
    target.choice = choices_;
    target.engine = EngineTold(target.endpoint);
    target.engine_told = target.engine.has_value();
  }
  if (target.engine_told) return parser_.ParseAs(page, *target.engine);
  const LoadPage& report = parser_.Parse(page, target.engine);
  if (report.engine && report.engine != target.engine) {
    target.engine = report.engine;
    obs::Log(obs::Level::kInfo, "learned which engine it is",
             {{"endpoint", target.endpoint.name},
              {"engine", parser_.engines()[*report.engine].mapping().name}});
  }
  return report;
}

Activity Scraper::ActivityOf(const Target& target, const data::LoadReport& now) const {
  const data::LoadReport& last = target.last;
  const bool moved = last.tokens_total && now.tokens_total != last.tokens_total;
  const bool busy = moved || Works(now.waiting) || Works(now.running) ||
                    !SameFigure(last.kv_usage, now.kv_usage) ||
                    pool_.in_flight.Requests(target.endpoint.id.slot) > 0;
  return busy ? Activity::kBusy : Activity::kIdle;
}

}  // namespace fairway::sources
