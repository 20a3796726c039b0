#pragma once
// A metric with labels: one Counter, Gauge or Histogram for each combination of label values seen.
// Invariant: at most max_series combinations exist. Whatever comes after, and any value that is too
// long or not UTF-8 (a scraper would refuse the whole page for it), lands in the series whose
// labels all read "other", and is counted.

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "obs/cells.h"

namespace fairway::obs {

inline constexpr size_t kMaxLabels = 8;
inline constexpr size_t kMaxLabelBytes = 256;
inline constexpr size_t kDefaultMaxSeries = 1000;

// What every labelled metric is declared with.
struct FamilyOptions {
  std::string name;
  std::string help;
  std::vector<std::string> labels;  // 1 to kMaxLabels names
  size_t max_series = kDefaultMaxSeries;
};

template <class Metric>
class Family {
 public:
  using Make = std::function<std::unique_ptr<Metric>()>;
  Family(FamilyOptions options, Make make);

  // The metric of these label values, in the order of the label names. The reference stays good as
  // long as the family. Any worker; about 40 ns and no lock once this worker has seen the values,
  // so whoever moves one often keeps the reference. A value that came to "other" takes a lock each
  // time.
  template <class... Values>
  Metric& With(const Values&... values) {
    const std::array<std::string_view, sizeof...(Values)> views{std::string_view(values)...};
    return Find(views);
  }
  Metric& Find(std::span<const std::string_view> values);

  const FamilyOptions& options() const { return options_; }
  int64_t overflowed() const { return overflowed_.Read(); }

  // Every series, sorted by label values, under the family's lock: `visit` must not call back in.
  using Visit = std::function<void(std::span<const std::string>, const Metric&)>;
  void ForEach(const Visit& visit) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // Read and written by its worker only, so it needs no lock. No larger than series_.
  struct alignas(64) Seen {
    std::unordered_map<std::string, Metric*, Hash, std::equal_to<>> by_key;
  };

  Metric& FindShared(std::span<const std::string_view> values, std::string_view key);
  Metric& Other();

  const FamilyOptions options_;
  const Make make_;
  std::array<Seen, base::kMaxWorkers> seen_;
  Counter overflowed_;
  mutable std::mutex mutex_;
  std::map<std::vector<std::string>, std::unique_ptr<Metric>> series_;  // guarded by mutex_
  Metric* other_ = nullptr;                                             // guarded by mutex_
};

extern template class Family<Counter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;

}  // namespace fairway::obs
