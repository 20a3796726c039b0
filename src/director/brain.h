#pragma once
// Brain: what all workers of one pool decide with: what is known of the pool, and the profile in
// effect. The profile is replaced whole while requests run: each keeps the one it began with, the
// next one sees the new. Outlives the workers.

#include <memory>
#include <utility>

#include "base/snapshot.h"
#include "data/pool.h"
#include "sched/profile.h"

namespace fairway::director {

class Brain final {
 public:
  Brain(data::Pool& from, std::shared_ptr<const sched::Profile> first)
      : pool(from), profile_(std::move(first)) {}
  Brain(const Brain&) = delete;
  Brain& operator=(const Brain&) = delete;

  // Any thread.
  void Use(std::shared_ptr<const sched::Profile> next) { profile_.Publish(std::move(next)); }
  const base::Snapshot<sched::Profile>& profile() const { return profile_; }

  data::Pool& pool;

 private:
  base::Snapshot<sched::Profile> profile_;
};

}  // namespace fairway::director
