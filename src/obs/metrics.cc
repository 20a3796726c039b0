#include "obs/metrics.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "obs/text_page.h"
#include "obs/utf8.h"

namespace fairway::obs {

// One family on the page. A metric without labels is a family of one.
struct Registry::Entry {
  explicit Entry(std::string_view text) : help(text) {}
  virtual ~Entry() = default;
  virtual void Render(std::string_view name, TextPage& page) const = 0;
  // What landed in "other", or was left out.
  virtual int64_t Overflowed() const { return 0; }
  const std::string help;
};

namespace {

constexpr std::string_view kOverflowName = "fairway_metric_series_overflow_total";

constexpr std::string_view TypeName(Kind kind) {
  return kind == Kind::kCounter ? "counter" : "gauge";
}

bool IsMetricName(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (c >= '0' && c <= '9');
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), good);
}

bool IsLabelName(std::string_view name) {
  return IsMetricName(name) && name.find(':') == name.npos && name != "le";
}

// How each kind looks: its TYPE and its lines.
template <class Metric>
struct Look;

template <>
struct Look<Counter> {
  static constexpr std::string_view kType = "counter";
  static void Lines(TextPage& page, const TextPage::Series& series, const Counter& counter) {
    page.Sample(series, counter.Read());
  }
};

template <>
struct Look<Gauge> {
  static constexpr std::string_view kType = "gauge";
  static void Lines(TextPage& page, const TextPage::Series& series, const Gauge& gauge) {
    page.Sample(series, gauge.Read());
  }
};

template <>
struct Look<Histogram> {
  static constexpr std::string_view kType = "histogram";
  static void Lines(TextPage& page, TextPage::Series series, const Histogram& histogram) {
    const Histogram::Reading reading = histogram.Read();
    series.suffix = "_bucket";
    series.extra_label = "le";
    int64_t so_far = 0;
    std::string bound;
    for (size_t i = 0; i < reading.counts.size(); ++i) {
      so_far += reading.counts[i];
      bound.clear();
      if (i < histogram.bounds().size()) {
        AppendDouble(bound, histogram.bounds()[i]);
      } else {
        bound = "+Inf";
      }
      series.extra_value = bound;
      page.Sample(series, so_far);
    }
    series.extra_label = {};
    series.suffix = "_sum";
    page.Sample(series, reading.sum);
    series.suffix = "_count";
    page.Sample(series, reading.count);
  }
};

template <class Metric>
struct SingleEntry final : Registry::Entry {
  template <class... Args>
  explicit SingleEntry(std::string_view text, const Args&... args) : Entry(text), metric(args...) {}
  void Render(std::string_view name, TextPage& page) const override {
    page.Head(name, help, Look<Metric>::kType);
    Look<Metric>::Lines(page, {.name = name}, metric);
  }
  Metric metric;
};

template <class Metric>
struct FamilyEntry final : Registry::Entry {
  FamilyEntry(std::string_view text, FamilyOptions options, Family<Metric>::Make make)
      : Entry(text), family(std::move(options), std::move(make)) {}
  void Render(std::string_view name, TextPage& page) const override {
    page.Head(name, help, Look<Metric>::kType);
    family.ForEach([&](std::span<const std::string> values, const Metric& metric) {
      Look<Metric>::Lines(page, {.name = name, .labels = family.options().labels, .values = values},
                          metric);
    });
  }
  int64_t Overflowed() const override { return family.overflowed(); }
  Family<Metric> family;
};

struct CallbackEntry final : Registry::Entry {
  CallbackEntry(std::string_view text, Kind k, std::function<double()> r)
      : Entry(text), kind(k), read(std::move(r)) {}
  void Render(std::string_view name, TextPage& page) const override {
    page.Head(name, help, TypeName(kind));
    page.Sample({.name = name}, read());
  }
  const Kind kind;
  const std::function<double()> read;
};

struct CallbackFamilyEntry final : Registry::Entry {
  CallbackFamilyEntry(std::string_view text, Kind k, FamilyOptions o,
                      std::function<void(const Registry::EmitSeries&)> r)
      : Entry(text), kind(k), options(std::move(o)), read(std::move(r)) {}

  void Render(std::string_view name, TextPage& page) const override {
    page.Head(name, help, TypeName(kind));
    std::map<std::vector<std::string>, double> series;  // sorted, and a repeat replaces
    read([&](std::span<const std::string_view> values, double value) {
      CHECK(values.size() == options.labels.size());
      const bool good = std::all_of(values.begin(), values.end(), [](std::string_view text) {
        return text.size() <= kMaxLabelBytes && IsUtf8(text);
      });
      if (!good || series.size() >= options.max_series) {
        left_out.Add();
        return;
      }
      series.insert_or_assign(std::vector<std::string>(values.begin(), values.end()), value);
    });
    for (const auto& [values, value] : series) {
      page.Sample({.name = name, .labels = options.labels, .values = values}, value);
    }
  }
  int64_t Overflowed() const override { return left_out.Read(); }

  const Kind kind;
  const FamilyOptions options;
  const std::function<void(const Registry::EmitSeries&)> read;
  mutable Counter left_out;
};

void CheckOptions(const FamilyOptions& options) {
  CHECK(!options.labels.empty() && options.labels.size() <= kMaxLabels);
  for (const std::string& label : options.labels) CHECK(IsLabelName(label));
}

bool SameBounds(std::span<const double> a, std::span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Registry::Registry() = default;
Registry::~Registry() = default;

template <class E, class... Args>
E& Registry::AddEntry(std::string_view name, std::string_view help, Args&&... args) {
  CHECK(IsMetricName(name));
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(name);
  if (found == entries_.end()) {
    found = entries_.emplace(name, std::make_unique<E>(help, std::forward<Args>(args)...)).first;
  }
  E* entry = dynamic_cast<E*>(found->second.get());
  CHECK(entry != nullptr);  // the name is taken by another kind of metric
  return *entry;
}

Counter& Registry::AddCounter(std::string_view name, std::string_view help) {
  return AddEntry<SingleEntry<Counter>>(name, help).metric;
}

Gauge& Registry::AddGauge(std::string_view name, std::string_view help) {
  return AddEntry<SingleEntry<Gauge>>(name, help).metric;
}

Histogram& Registry::AddHistogram(std::string_view name, std::string_view help,
                                  std::span<const double> bounds) {
  Histogram& histogram = AddEntry<SingleEntry<Histogram>>(name, help, bounds).metric;
  CHECK(SameBounds(histogram.bounds(), bounds));
  return histogram;
}

Family<Counter>& Registry::AddCounterFamily(FamilyOptions options) {
  CheckOptions(options);
  auto& family = AddEntry<FamilyEntry<Counter>>(options.name, options.help, options, [] {
                   return std::make_unique<Counter>();
                 }).family;
  CHECK(family.options().labels == options.labels);
  return family;
}

Family<Gauge>& Registry::AddGaugeFamily(FamilyOptions options) {
  CheckOptions(options);
  auto& family = AddEntry<FamilyEntry<Gauge>>(options.name, options.help, options, [] {
                   return std::make_unique<Gauge>();
                 }).family;
  CHECK(family.options().labels == options.labels);
  return family;
}

Family<Histogram>& Registry::AddHistogramFamily(FamilyOptions options,
                                                std::span<const double> bounds) {
  CheckOptions(options);
  std::vector<double> kept(bounds.begin(), bounds.end());
  auto& family = AddEntry<FamilyEntry<Histogram>>(options.name, options.help, options, [kept] {
                   return std::make_unique<Histogram>(std::span<const double>(kept));
                 }).family;
  CHECK(family.options().labels == options.labels);
  return family;
}

void Registry::AddCallback(Kind kind, std::string_view name, std::string_view help,
                           std::function<double()> read) {
  AddEntry<CallbackEntry>(name, help, kind, std::move(read));
}

void Registry::AddCallbackFamily(Kind kind, FamilyOptions options,
                                 std::function<void(const EmitSeries&)> read) {
  CheckOptions(options);
  AddEntry<CallbackFamilyEntry>(options.name, options.help, kind, options, std::move(read));
}

void Registry::Remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  Entry* entry = found->second.get();
  // Others hold references to the metrics themselves.
  CHECK(dynamic_cast<CallbackEntry*>(entry) != nullptr ||
        dynamic_cast<CallbackFamilyEntry*>(entry) != nullptr);
  entries_.erase(found);
}

void Registry::Render(std::string& out) const {
  TextPage page(out);
  const std::lock_guard lock(mutex_);
  for (const auto& [name, entry] : entries_) entry->Render(name, page);

  static const std::vector<std::string> kLabels{"metric"};
  page.Head(kOverflowName, "Times that a metric had too many or unfit label values.", "counter");
  for (const auto& [name, entry] : entries_) {
    if (const int64_t n = entry->Overflowed(); n > 0) {
      const std::string values[] = {name};
      page.Sample({.name = kOverflowName, .labels = kLabels, .values = values}, n);
    }
  }
}

}  // namespace fairway::obs
