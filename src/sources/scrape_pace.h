#pragma once
// How often each endpoint is scraped, decided without I/O: often while something happens there,
// seldom while nothing does, and all together within a share of a core.
//
// The cost of a scrape is a model, not a measurement: a fixed part for the exchange and a part for
// each byte of the page. Measuring thread CPU time around an await would count whatever else the
// loop ran meanwhile. The constants are measured (scraper_bench.cc: 12 us, and 430 us a MiB) and
// rounded up, since an idle endpoint's connection has to be opened anew.
//
// Invariant: the sum over endpoints of cost / interval in effect stays within the budget.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

#include "base/time.h"

namespace fairway::sources {

struct PaceOptions {
  base::Duration fastest = std::chrono::milliseconds(200);
  base::Duration slowest = std::chrono::seconds(5);
  base::Duration after_failure = std::chrono::seconds(1);  // at least, doubling up to `slowest`
  double budget_cores = 0.02;                              // for all endpoints together
  base::Duration cost_of_exchange = std::chrono::microseconds(30);
  base::Duration cost_of_mebibyte = std::chrono::microseconds(600);
};

// What all endpoints would take at the intervals that they want. Moved on the control loop; any
// thread reads it.
class ScrapeBudget {
 public:
  explicit ScrapeBudget(double cores) : cores_(cores) {}
  // An endpoint's wish changed from one share of a core to another.
  void Move(double from, double to) {
    const double sum = demand_.load(std::memory_order_relaxed) - from + to;
    demand_.store(std::max(sum, 0.0), std::memory_order_relaxed);
  }
  double demand() const { return demand_.load(std::memory_order_relaxed); }  // cores
  // By how much every interval is longer than wanted; at least 1.
  double Stretch() const { return std::max(1.0, demand() / cores_); }

 private:
  const double cores_;
  std::atomic<double> demand_{0};
};

enum class Activity : unsigned char { kIdle, kBusy };

// The pace of one endpoint. Takes its share of the budget with it when destroyed.
class ScrapePace {
 public:
  ScrapePace(const PaceOptions& options, ScrapeBudget& budget);
  ~ScrapePace() { budget_.Move(share_, 0); }
  ScrapePace(const ScrapePace&) = delete;
  ScrapePace& operator=(const ScrapePace&) = delete;

  void Succeeded(size_t page_bytes, Activity activity);
  void Failed();

  bool failing() const { return failing_; }
  // In effect now, from the beginning of a scrape to the beginning of the next.
  base::Duration Interval() const { return Stretched(wanted_); }
  // The same if the endpoint became busy this moment. Of a failing one: no shorter than it is.
  base::Duration IntervalIfBusy() const;
  // Of one scrape: two intervals, within 0.5 to 2 s.
  base::Duration Timeout() const;
  // How long the figures of a scrape count: three intervals, at least 2 s.
  base::Duration StaleAfter() const;

 private:
  base::Duration Stretched(base::Duration wanted) const;
  void Want(base::Duration interval);

  const PaceOptions& options_;
  ScrapeBudget& budget_;
  base::Duration wanted_;
  base::Duration cost_;
  double share_ = 0;  // of a core, at wanted_
  bool failing_ = false;
};

}  // namespace fairway::sources
