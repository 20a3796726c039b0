#pragma once
// The admin port: is it alive, can it serve, what does it count, what does it know of its model
// servers, why did it pick as it did. Reads only. Lives on the control loop; for operators, so it
// listens on loopback unless told otherwise.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/decisions.h"
#include "data/pool.h"
#include "http/exchange.h"
#include "obs/metrics.h"

namespace fairway::admin {

struct HandlerParts {
  rt::Loop& loop;
  std::function<std::vector<const data::Pool*>()> pools;  // as they are now, at least one
  const obs::Registry& registry;
  std::vector<DecisionSource> decisions;
  // Why this process cannot serve requests now; empty when it can.
  std::function<std::string()> not_ready;
  // The configuration in effect, as YAML.
  std::function<std::string()> config;
};

class Handler final : public http::Handler {
 public:
  explicit Handler(HandlerParts parts);

  rt::Task<void> Handle(http::Exchange& exchange) override;

 private:
  rt::Task<void> AnswerDecisions(http::Exchange& exchange, DecisionQuery query);
  rt::Task<void> AnswerPage(http::Exchange& exchange, int status, std::string_view type,
                            std::string page);

  HandlerParts parts_;
};

}  // namespace fairway::admin
