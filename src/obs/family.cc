#include "obs/family.h"

#include "base/check.h"
#include "obs/utf8.h"

namespace fairway::obs {
namespace {

// No UTF-8 text holds this byte, so joined values cannot be mistaken for other ones.
constexpr char kSeparator = '\xff';
constexpr std::string_view kOther = "other";

bool Fits(std::span<const std::string_view> values) {
  for (const std::string_view value : values) {
    if (value.size() > kMaxLabelBytes) return false;
  }
  return true;
}

bool AllUtf8(std::span<const std::string_view> values) {
  for (const std::string_view value : values) {
    if (!IsUtf8(value)) return false;
  }
  return true;
}

}  // namespace

template <class Metric>
Family<Metric>::Family(FamilyOptions options, Make make)
    : options_(std::move(options)), make_(std::move(make)) {
  CHECK(!options_.labels.empty());
  CHECK(options_.labels.size() <= kMaxLabels);
  CHECK(options_.max_series > 0);
}

template <class Metric>
Metric& Family<Metric>::Find(std::span<const std::string_view> values) {
  CHECK(values.size() == options_.labels.size());
  if (!Fits(values)) return Other();

  std::array<char, kMaxLabels*(kMaxLabelBytes + 1)> joined;
  size_t length = 0;
  for (const std::string_view value : values) {
    length += value.copy(joined.data() + length, value.size());
    joined[length++] = kSeparator;
  }
  const std::string_view key(joined.data(), length);
  const auto& by_key = seen_[base::this_worker].by_key;
  const auto found = by_key.find(key);
  return found != by_key.end() ? *found->second : FindShared(values, key);
}

template <class Metric>
Metric& Family<Metric>::FindShared(std::span<const std::string_view> values, std::string_view key) {
  if (!AllUtf8(values)) return Other();
  Metric* metric = nullptr;
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> owned(values.begin(), values.end());
    const auto found = series_.find(owned);
    if (found != series_.end()) {
      metric = found->second.get();
    } else if (series_.size() < options_.max_series) {
      metric = series_.emplace(std::move(owned), make_()).first->second.get();
    }
  }
  if (metric == nullptr) return Other();
  seen_[base::this_worker].by_key.emplace(key, metric);
  return *metric;
}

template <class Metric>
Metric& Family<Metric>::Other() {
  overflowed_.Add();
  const std::lock_guard lock(mutex_);
  if (other_ == nullptr) {
    // One more than max_series at most: the place where the rest is counted must exist.
    std::vector<std::string> values(options_.labels.size(), std::string(kOther));
    auto& place = series_[std::move(values)];
    if (place == nullptr) place = make_();
    other_ = place.get();
  }
  return *other_;
}

template <class Metric>
void Family<Metric>::ForEach(const Visit& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [values, metric] : series_) visit(values, *metric);
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

}  // namespace fairway::obs
