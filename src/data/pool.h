#pragma once
// Pool: everything known about one pool of model servers, for all threads: who is a member, what
// they report, what we have in flight there, who is ejected. The parts say which thread may call
// what; the two functions here keep them in step.

#include <string>
#include <utility>

#include "data/endpoint_table.h"
#include "data/health.h"
#include "data/in_flight.h"
#include "data/learned.h"
#include "data/load_columns.h"
#include "data/model_doubts.h"
#include "data/response_owners.h"

namespace fairway::data {

class Pool final {
 public:
  explicit Pool(std::string pool_name, const HealthOptions& health_options = {})
      : name(std::move(pool_name)), table(in_flight), health(health_options) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Owner's thread: publishes the table's members; tells health, and what was learned of those that
  // left.
  void Publish();
  // Scraper's thread: one scrape of one endpoint. What was learned of one that started anew goes.
  void Report(model::EndpointId id, const LoadReport& report, base::TimePoint now,
              base::Duration stale_after);

  const std::string name;
  InFlight in_flight;
  EndpointTable table;
  LoadColumns loads;
  Health health;
  Learned learned;
  ModelDoubts doubts;
  ResponseOwners responses;
};

}  // namespace fairway::data
