#pragma once
// The list of every metric that this process exports, and the page that shows them. Wiring makes
// one Registry and hands it to whoever counts; a metric is declared in the file that moves it:
//
//   struct ScrapeMetrics {
//     explicit ScrapeMetrics(obs::Registry& registry)
//         : failures(registry.AddCounter("fairway_scrape_failures_total", "Scrapes that failed."))
//         {}
//     obs::Counter& failures;
//   };
//
// Asking again for a name gives the same metric, so that each worker may construct its own such
// struct; the same name as another kind, or with other labels, is a bug of ours and a CHECK.
// Registering and rendering lock; moving a metric does not. References live as long as the
// Registry.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "obs/cells.h"
#include "obs/family.h"

namespace fairway::obs {

enum class Kind : unsigned char { kCounter, kGauge };

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(std::string_view name, std::string_view help);
  Gauge& AddGauge(std::string_view name, std::string_view help);
  Histogram& AddHistogram(std::string_view name, std::string_view help,
                          std::span<const double> bounds);
  Family<Counter>& AddCounterFamily(FamilyOptions options);
  Family<Gauge>& AddGaugeFamily(FamilyOptions options);
  Family<Histogram>& AddHistogramFamily(FamilyOptions options, std::span<const double> bounds);

  // A value read when the page is rendered, on the thread that renders. Whoever registers it
  // outlives the registry or calls Remove first.
  void AddCallback(Kind kind, std::string_view name, std::string_view help,
                   std::function<double()> read);
  // The same with labels: `read` calls the function it is given once a series (an endpoint, say),
  // so that series come and go with what they describe. Beyond max_series they are left out and
  // counted.
  using EmitSeries = std::function<void(std::span<const std::string_view> values, double value)>;
  void AddCallbackFamily(Kind kind, FamilyOptions options,
                         std::function<void(const EmitSeries&)> read);
  // Forgets a callback. Nothing else can be removed.
  void Remove(std::string_view name);

  // Appends the page: Prometheus text format 0.0.4, families sorted by name, series by label
  // values. A family that has no series yet shows its HELP and TYPE alone.
  void Render(std::string& out) const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  struct Entry;  // one family, of any kind; private to metrics.cc

 private:
  template <class E, class... Args>
  E& AddEntry(std::string_view name, std::string_view help, Args&&... args);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;  // guarded by mutex_
};

}  // namespace fairway::obs
