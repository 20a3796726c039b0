#pragma once
// Requests of a given size, made before the load begins: one a group, in two parts with a number
// between them that makes each prompt differ after the prefix which its group has in common.
// Sending one copies nothing: what a load of these costs is the sending.

#include <string>
#include <vector>

#include "loadgen/options.h"
#include "loadgen/workload.h"

namespace fairway::loadgen {

struct PreparedRequest {
  std::string before;  // head and the body up to the number
  std::string after;
  size_t body_bytes = 0;
};

// options.groups of them. A body is options.body_bytes long, or as short as it can be.
std::vector<PreparedRequest> PrepareRequests(const LoadOptions& options);

class FixedBodies final : public Workload {
 public:
  explicit FixedBodies(const LoadOptions& options);
  size_t body_bytes() const override { return requests_.front().body_bytes; }
  void Make(RequestId id, RequestBytes& out) const override;

 private:
  const uint64_t seed_;
  const std::vector<PreparedRequest> requests_;
};

}  // namespace fairway::loadgen
