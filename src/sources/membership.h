#pragma once
// Membership: keeps a pool's members what a list of places says, which may be replaced at any time.
// Names are resolved to all their addresses, again each 5 s, and the pool follows. Lives on the
// control loop.
//
// Of a name with IPv4 and IPv6 addresses only the IPv4 ones are taken: both families usually lead
// to the same server, which would count twice and be sent twice its share. A name that cannot be
// resolved for a while keeps its last addresses.

#include <chrono>
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

// Where model servers are, as a configuration has it. Value.
struct EndpointEntry {
  EndpointUrl url;
  std::vector<std::pair<std::string, std::string>> labels;
  friend bool operator==(const EndpointEntry&, const EndpointEntry&) = default;
};

// kInvalid, telling every bad or repeated URL.
base::Result<std::vector<EndpointEntry>> ParseEndpointUrls(std::span<const std::string> urls);

struct MembershipOptions {
  base::Duration resolve_interval = std::chrono::seconds(5);
};

class Membership final {
 public:
  // Loop and pool outlive it. No members before Replace.
  Membership(rt::Loop& loop, data::Pool& pool, obs::Registry& registry,
             MembershipOptions options = {});
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  // Literal addresses, and names that were resolved before, are members when this returns; other
  // names once they are resolved. A member that stays is the same as before, with all that is known
  // of it, unless its URL or labels differ.
  void Replace(std::vector<EndpointEntry> entries);

 private:
  struct Name {
    bool failing = false;
    std::vector<std::string> addresses;  // that it stands for now
  };
  struct Added {
    model::EndpointId id;
    const EndpointUrl url;
    const std::vector<std::pair<std::string, std::string>> labels;
  };
  using Place = std::pair<std::string, uint16_t>;  // ip and port

  void ResolveAll();
  void Resolved(const std::string& host, base::Result<std::vector<std::string>> addresses);
  std::map<Place, const EndpointEntry*> Wanted() const;
  // Makes the pool's members what the entries stand for now.
  void Apply();
  void Add(const Place& place, const EndpointEntry& entry);

  std::vector<EndpointEntry> entries_;
  std::map<std::string, Name> names_;  // the hosts of entries_ that are no addresses
  rt::Loop& loop_;
  data::Pool& pool_;
  obs::Counter& failures_;
  const MembershipOptions options_;
  rt::Timer timer_;
  uint64_t round_ = 0;              // of resolving; answers to an earlier one are dropped
  size_t pending_ = 0;              // names being resolved in it
  std::map<Place, Added> members_;  // that we added
  std::set<Place> refused_;         // by the table, told once
  std::shared_ptr<int> alive_;      // expires with us: a resolver may answer later
};

}  // namespace fairway::sources
