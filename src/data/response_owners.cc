#include "data/response_owners.h"

#include <algorithm>

namespace fairway::data {
namespace {

// FNV-1a, 64 bits (RFC 9923), then the finalizer of MurmurHash3, so that all bits depend on all.
uint64_t Hash(std::string_view id) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
}

}  // namespace

void ResponseOwners::Note(std::string_view response_id, model::EndpointId owner) {
  const uint64_t hash = Hash(response_id);
  Stripe& stripe = stripes_[hash % kStripes];
  const std::lock_guard lock(stripe.mutex);
  if (stripe.buckets.empty()) stripe.buckets.resize(kBuckets);
  Bucket& bucket = stripe.buckets[hash / kStripes % kBuckets];
  auto place = std::ranges::find(bucket, hash, &Entry::hash);
  if (place == bucket.end()) --place;
  std::move_backward(bucket.begin(), place, place + 1);
  bucket.front() = {hash, owner};
}

std::optional<model::EndpointId> ResponseOwners::Find(std::string_view response_id) {
  const uint64_t hash = Hash(response_id);
  Stripe& stripe = stripes_[hash % kStripes];
  const std::lock_guard lock(stripe.mutex);
  if (stripe.buckets.empty()) return std::nullopt;
  Bucket& bucket = stripe.buckets[hash / kStripes % kBuckets];
  const auto found = std::ranges::find(bucket, hash, &Entry::hash);
  if (found == bucket.end() || !found->owner.valid()) return std::nullopt;
  std::rotate(bucket.begin(), found, found + 1);
  return bucket.front().owner;
}

}  // namespace fairway::data
