#include "loadgen/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fairway::loadgen {
namespace {

constexpr int kSubBits = 7;
constexpr uint64_t kSub = uint64_t{1} << kSubBits;
// Values below 2 * kSub have a bucket each; then kSub buckets a power of two.
constexpr size_t kBuckets = (64 - kSubBits + 1) * kSub;

}  // namespace

size_t Histogram::BucketOf(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kSubBits - 1);
  return static_cast<size_t>(shift) * kSub + (value >> shift);
}

uint64_t Histogram::UpperBound(size_t bucket) {
  if (bucket < 2 * kSub) return bucket;
  const size_t shift = bucket / kSub - 1;
  const uint64_t top = bucket - shift * kSub;
  return ((top + 1) << shift) - 1;
}

void Histogram::Add(base::Duration value) {
  if (buckets_.empty()) buckets_.resize(kBuckets);
  value = std::max(value, base::Duration());
  ++buckets_[BucketOf(static_cast<uint64_t>(value.count()))];
  ++count_;
  sum_ += static_cast<double>(value.count());
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::Add(const Histogram& other) {
  if (other.count_ == 0) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::Clear() { *this = Histogram(); }

base::Duration Histogram::Mean() const {
  if (count_ == 0) return {};
  return base::Duration(static_cast<int64_t>(sum_ / static_cast<double>(count_)));
}

base::Duration Histogram::Percentile(double share) const {
  if (count_ == 0) return {};
  const double exact = std::ceil(share * static_cast<double>(count_));
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::max(exact, 1.0)), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen < rank) continue;
    return std::clamp(base::Duration(static_cast<int64_t>(UpperBound(i))), min_, max_);
  }
  return max_;
}

}  // namespace fairway::loadgen
