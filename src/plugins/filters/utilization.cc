// utilization-filter: keeps endpoints whose load is within given limits.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

enum class Metric : uint8_t { kActiveRequests, kRunning, kWaiting, kKvUsage };

struct Condition {
  Metric metric = Metric::kWaiting;
  float most = 0;
};

std::span<const float> ColumnOf(Metric metric, const sched::Candidates& candidates) {
  switch (metric) {
    case Metric::kActiveRequests:
      return candidates.in_flight_requests();
    case Metric::kRunning:
      return candidates.running();
    case Metric::kWaiting:
      return candidates.waiting();
    case Metric::kKvUsage:
      return candidates.kv_usage();
  }
  return {};
}

class Utilization final : public sched::Filter {
 public:
  enum class OnEmpty : uint8_t { kNobody, kEverybody };
  Utilization(std::vector<Condition> conditions, OnEmpty on_empty)
      : conditions_(std::move(conditions)), on_empty_(on_empty) {}

  void Keep(const sched::Request&, const sched::Candidates& candidates,
            std::span<uint8_t> keep) const override {
    for (const Condition& condition : conditions_) {
      const std::span<const float> column = ColumnOf(condition.metric, candidates);
      for (size_t i = 0; i < keep.size(); ++i)
        if (column[i] > condition.most) keep[i] = 0;
    }
    if (on_empty_ == OnEmpty::kEverybody && std::ranges::find(keep, 1) == keep.end())
      std::ranges::fill(keep, uint8_t{1});
  }

 private:
  const std::vector<Condition> conditions_;
  const OnEmpty on_empty_;
};

base::Result<Condition> ReadCondition(const config::Node& node) {
  constexpr std::array<std::pair<std::string_view, Metric>, 4> kMetrics{
      {{"active-requests", Metric::kActiveRequests},
       {"running-requests", Metric::kRunning},
       {"waiting-queue", Metric::kWaiting},
       {"kv-cache-utilization", Metric::kKvUsage}}};
  std::string name;
  Condition condition;
  config::Fields fields(node);
  fields.Require("metric");
  fields.Read("metric", name);
  fields.Require("maxValue");
  fields.Read("maxValue", condition.most, {.least = 0});
  TRY_STATUS(fields.Finish());
  const auto* found = std::ranges::find(kMetrics, name, [](const auto& m) { return m.first; });
  if (found == kMetrics.end()) {
    return node.Get("metric").Error(
        "expected active-requests, running-requests, waiting-queue or kv-cache-utilization, got "
        "\"" +
        name + "\"");
  }
  condition.metric = found->second;
  if (condition.metric == Metric::kKvUsage && condition.most > 1)
    return node.Get("maxValue").Error("kv-cache-utilization is from 0 to 1");
  return condition;
}

base::Result<std::unique_ptr<const sched::Filter>> Make(const config::Node& params,
                                                        sched::Context&) {
  std::vector<Condition> conditions;
  bool fallback = false;
  std::string producer;
  config::Fields fields(params);
  const config::Node list = fields.Take("conditions");
  fields.Read("fallbackOnEmpty", fallback);
  fields.Read("inFlightLoadProducerName", producer);
  TRY_STATUS(fields.Finish());
  if (!list.IsNull() && !list.IsList()) return list.Error("expected a list, got " + list.Shown());
  for (const config::Node& node : list.Items()) conditions.push_back(TRY(ReadCondition(node)));
  return {std::make_unique<Utilization>(
      std::move(conditions),
      fallback ? Utilization::OnEmpty::kEverybody : Utilization::OnEmpty::kNobody)};
}

constexpr std::array<sched::ParamDoc, 3> kParams{{
    {"conditions", "[]",
     "`{metric, maxValue}` that must all hold; metric is active-requests, running-requests, "
     "waiting-queue or kv-cache-utilization"},
    {"fallbackOnEmpty", "false", "whether everyone passes when nobody does"},
    {"inFlightLoadProducerName", "", "accepted; in-flight load is always counted"},
}};

}  // namespace

extern constinit const sched::PluginSpec kUtilizationFilter{
    .type = "utilization-filter",
    .doc =
        "Keeps endpoints whose load is within limits. A figure that is unknown counts as what the "
        "scorers take in its place, never as 0.",
    .params = kParams,
    .make = Make,
};

}  // namespace fairway::plugins
