#pragma once
// Plugins and pools for tests of the cycle: scorers that read one column, a filter from a function,
// a picker that obeys or misbehaves.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/pool.h"
#include "sched/cycle.h"

namespace fairway::sched::fakes {

class FakeFilter final : public Filter {
 public:
  using Function = std::function<bool(const Candidates&, size_t)>;
  explicit FakeFilter(Function keeps) : keeps_(std::move(keeps)) {}
  void Keep(const Request&, const Candidates& candidates, std::span<uint8_t> keep) const override {
    for (size_t i = 0; i < keep.size(); ++i) keep[i] = keeps_(candidates, i) ? 1 : 0;
  }

 private:
  Function keeps_;
};

class FakeScorer final : public Scorer {
 public:
  using Function = std::function<float(const Candidates&, size_t)>;
  explicit FakeScorer(Function score) : score_(std::move(score)) {}
  void Score(const Request&, const Candidates& candidates, std::span<float> out) const override {
    for (size_t i = 0; i < out.size(); ++i) out[i] = score_(candidates, i);
  }

 private:
  Function score_;
};

// Greatest total first, ties in order of index; or whatever `list` says.
class FakePicker final : public Picker {
 public:
  FakePicker() = default;
  explicit FakePicker(std::vector<uint32_t> list) : list_(std::move(list)) {}
  size_t Order(const Request&, const Candidates&, std::span<const float> totals, base::Rng&,
               std::span<uint32_t> order) const override {
    std::vector<uint32_t> all = list_;
    if (all.empty()) {
      for (uint32_t i = 0; i < totals.size(); ++i) all.push_back(i);
      std::stable_sort(all.begin(), all.end(),
                       [&](uint32_t a, uint32_t b) { return totals[a] > totals[b]; });
    }
    const size_t count = std::min(all.size(), order.size());
    std::copy_n(all.begin(), count, order.begin());
    return list_.empty() ? count : all.size();
  }

 private:
  std::vector<uint32_t> list_;
};

class FakeProducer final : public Producer {
 public:
  void Produce(const Request&, Candidates& candidates) const override {
    for (size_t i = 0; i < candidates.size(); ++i)
      candidates.mutable_cached_blocks()[i] = static_cast<float>(candidates.ids()[i].slot);
  }
  void Commit(const Request&, const Pick& pick) const override { committed.push_back(pick.id); }
  mutable std::vector<model::EndpointId> committed;
};

inline Profile Obedient() {
  static constexpr PluginSpec kPicker{.type = "fake-picker", .doc = "", .make = Make<Picker>{}};
  Profile profile;
  profile.name = "fake";
  profile.picker = {&kPicker, "picker", std::make_shared<FakePicker>()};
  return profile;
}

inline void AddFilter(Profile& profile, FakeFilter::Function keeps) {
  static constexpr PluginSpec kSpec{.type = "fake-filter", .doc = "", .make = Make<Filter>{}};
  profile.filters.push_back({&kSpec, "filter", std::make_shared<FakeFilter>(std::move(keeps))});
}

inline void AddScorer(Profile& profile, float weight, FakeScorer::Function score) {
  static constexpr PluginSpec kSpec{.type = "fake-scorer", .doc = "", .make = Make<Scorer>{}};
  profile.scorers.push_back(
      {&kSpec, "scorer", std::make_shared<FakeScorer>(std::move(score)), weight});
}

// A pool of `count` servers of model "m" on ports 1, 2, ...; published.
struct FakePool {
  explicit FakePool(uint32_t count) : pool("pool") {
    for (uint32_t i = 0; i < count; ++i) ids.push_back(Add(static_cast<uint16_t>(i + 1), {"m"}));
    pool.Publish();
  }
  model::EndpointId Add(uint16_t port, std::vector<std::string> models,
                        std::vector<model::Adapter> adapters = {}) {
    data::EndpointSpec spec;
    spec.ip = "127.0.0.1";
    spec.port = port;
    const model::EndpointId id = *pool.table.Add(std::move(spec));
    CHECK(pool.table.SetServed(id, std::move(models), std::move(adapters)).ok());
    return id;
  }
  void Eject(model::EndpointId id) {
    for (int i = 0; i < 5; ++i) pool.health.Report(id, data::Outcome::kConnectFailed, request.now);
  }
  void Report(model::EndpointId id, float waiting, float running, float kv_usage) {
    pool.Report(id, {.waiting = waiting, .running = running, .kv_usage = kv_usage}, request.now,
                std::chrono::seconds(1));
  }
  Decision Decide(const Profile& profile) {
    set = pool.table.members().Copy();
    return sched::Decide(profile, request, ViewOf(*set, pool), rng, scratch, trace);
  }

  data::Pool pool;
  std::vector<model::EndpointId> ids;
  Request request{.now = base::TimePoint(std::chrono::seconds(1000)), .model = "m"};
  base::Rng rng{1};
  Scratch scratch;
  DecisionTrace trace;
  std::shared_ptr<const model::EndpointSet> set;
};

}  // namespace fairway::sched::fakes
