#pragma once
// Conversations of given token counts. A session belongs to one of some groups; the sessions of a
// group begin with the same system message. Each turn sends all of the turns before it again, with
// made-up answers in between: what a server cached of the last prompt is the beginning of this one.

#include "loadgen/filler.h"
#include "loadgen/options.h"
#include "loadgen/workload.h"

namespace fairway::loadgen {

class Sessions final : public Workload {
 public:
  explicit Sessions(const LoadOptions& options) : options_(options), filler_(options.seed) {}
  uint32_t turns() const override { return options_.turns; }
  size_t body_bytes() const override;
  void Make(RequestId id, RequestBytes& out) const override;

  uint64_t GroupOf(uint64_t session) const;

 private:
  const LoadOptions options_;
  const Filler filler_;
};

}  // namespace fairway::loadgen
