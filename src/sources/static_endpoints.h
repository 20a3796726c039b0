#pragma once
// A pool's members from a list of URLs. Names are resolved to all their addresses, again each 5 s,
// and the pool follows. Lives on the control loop.
//
// Of a name with IPv4 and IPv6 addresses only the IPv4 ones are taken: both families usually lead
// to the same server, which would count twice and be sent twice its share. A name that cannot be
// resolved for a while keeps its last addresses.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/pool.h"
#include "obs/metrics.h"
#include "rt/loop.h"
#include "sources/endpoint_url.h"

namespace fairway::sources {

struct StaticOptions {
  base::Duration resolve_interval = std::chrono::seconds(5);
};

class StaticEndpoints final {
 public:
  // kInvalid, telling every bad or repeated URL. Loop and pool outlive it.
  static base::Result<std::unique_ptr<StaticEndpoints>> Create(std::span<const std::string> urls,
                                                               rt::Loop& loop, data::Pool& pool,
                                                               obs::Registry& registry,
                                                               StaticOptions options = {});
  StaticEndpoints(const StaticEndpoints&) = delete;
  StaticEndpoints& operator=(const StaticEndpoints&) = delete;

  // Literal addresses are members when this returns; names once they are resolved.
  void Start();

 private:
  struct Entry {
    EndpointUrl url;
    bool literal = false;
    bool failing = false;
    std::vector<std::string> addresses;  // that it stands for now
  };
  using Place = std::pair<std::string, uint16_t>;  // ip and port

  StaticEndpoints(std::vector<Entry> entries, rt::Loop& loop, data::Pool& pool,
                  obs::Registry& registry, StaticOptions options);
  void ResolveAll();
  void Resolved(size_t entry, base::Result<std::vector<std::string>> addresses);
  // Makes the pool's members what the entries stand for now.
  void Apply();

  std::vector<Entry> entries_;
  rt::Loop& loop_;
  data::Pool& pool_;
  obs::Counter& failures_;
  const StaticOptions options_;
  rt::Timer timer_;
  size_t pending_ = 0;                          // names being resolved
  std::map<Place, model::EndpointId> members_;  // that we added
  std::set<Place> refused_;                     // by the table, told once
  std::shared_ptr<int> alive_;                  // expires with us: a resolver may answer later
};

}  // namespace fairway::sources
