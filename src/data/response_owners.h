#pragma once
// ResponseOwners: which endpoint keeps which stored response, so that what goes on from a response,
// reads it or deletes it reaches the one server that has it. Bounded: of each bucket the response
// that was not asked for the longest is forgotten first. Ids are kept as 64-bit hashes; a memory of
// what engines told, no more: after a restart it is empty.
//
// Any thread; a lock a stripe, held for one bucket of eight.

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "model/endpoint.h"

namespace fairway::data {

class ResponseOwners final {
 public:
  static constexpr size_t kMaxResponses = size_t{1} << 16;  // 1 MiB, taken as it is needed

  void Note(std::string_view response_id, model::EndpointId owner);
  std::optional<model::EndpointId> Find(std::string_view response_id);

 private:
  static constexpr size_t kStripes = 64;
  static constexpr size_t kWays = 8;
  static constexpr size_t kBuckets = kMaxResponses / kStripes / kWays;  // a stripe
  struct Entry {
    uint64_t hash = 0;
    model::EndpointId owner;
  };
  using Bucket = std::array<Entry, kWays>;  // latest used first
  struct Stripe {
    std::mutex mutex;
    std::vector<Bucket> buckets;
  };

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace fairway::data
