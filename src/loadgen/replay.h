#pragma once
// A trace's requests as prompts of one user message: each block of the trace is the text of its
// id, so that prompts share exactly the beginnings that the trace's did. What no id covers is the
// request's own.

#include <memory>

#include "loadgen/filler.h"
#include "loadgen/options.h"
#include "loadgen/trace.h"
#include "loadgen/workload.h"

namespace fairway::loadgen {

class Replay final : public Workload {
 public:
  // options.trace is set.
  explicit Replay(const LoadOptions& options)
      : options_(options), trace_(options.trace), filler_(options.seed) {}
  uint64_t sessions() const override { return trace_->requests.size(); }
  size_t body_bytes() const override;
  void Make(RequestId id, RequestBytes& out) const override;

 private:
  const LoadOptions options_;
  const std::shared_ptr<const Trace> trace_;
  const Filler filler_;
};

}  // namespace fairway::loadgen
