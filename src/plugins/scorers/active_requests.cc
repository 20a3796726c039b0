// active-request-scorer: prefers the endpoint with the fewest requests of ours in progress. Our own
// count is exact at any moment, where a server's figures are as old as the last scrape.

#include <algorithm>
#include <array>
#include <string>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

class ActiveRequests final : public sched::Scorer {
 public:
  ActiveRequests(float idle, float busiest) : idle_(idle), busiest_(busiest) {}

  void Score(const sched::Request&, const sched::Candidates& candidates,
             std::span<float> out) const override {
    const std::span<const float> requests = candidates.in_flight_requests();
    if (requests.empty()) return;
    const float most = *std::ranges::max_element(requests);
    for (size_t i = 0; i < requests.size(); ++i)
      out[i] = requests[i] <= idle_ ? 1.0f : (most - requests[i]) / most * busiest_;
  }

 private:
  const float idle_;
  const float busiest_;
};

base::Result<std::unique_ptr<const sched::Scorer>> Make(const config::Node& params,
                                                        sched::Context&) {
  uint32_t idle = 0;
  double busiest = 1.0;
  std::string producer;
  config::Fields fields(params);
  fields.Read("idleThreshold", idle);
  fields.Read("maxBusyScore", busiest, {.least = 0, .most = 1});
  fields.Read("inFlightLoadProducerName", producer);
  TRY_STATUS(fields.Finish());
  return {std::make_unique<ActiveRequests>(static_cast<float>(idle), static_cast<float>(busiest))};
}

constexpr std::array<sched::ParamDoc, 3> kParams{{
    {"idleThreshold", "0", "an endpoint with so many requests or fewer scores 1"},
    {"maxBusyScore", "1.0", "the best score of one with more"},
    {"inFlightLoadProducerName", "", "accepted; in-flight load is always counted"},
}};

}  // namespace

extern constinit const sched::PluginSpec kActiveRequestScorer{
    .type = "active-request-scorer",
    .doc =
        "Prefers the endpoint with the fewest requests of ours in progress: 1 up to idleThreshold, "
        "above it (max - n) / max x maxBusyScore.",
    .params = kParams,
    .make = Make,
};

}  // namespace fairway::plugins
