#pragma once
// EndpointTable: one pool's endpoints. Its owner (the control loop) adds, removes and describes
// them, then publishes a whole EndpointSet that workers read. Invariant: a slot is given again only
// under a greater generation, only when nothing is in flight there, and the one that has been free
// the longest first; so what an old set names is never mistaken for what took its place.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/snapshot.h"
#include "base/status.h"
#include "data/in_flight.h"
#include "model/endpoint.h"

namespace fairway::data {

// Model ids and adapters that one endpoint may serve; more are refused.
inline constexpr size_t kMaxServedNames = 1024;

// What its source knows of an endpoint before anybody asked it.
struct EndpointSpec {
  std::string ip;  // literal address, no brackets
  uint16_t port = 0;
  std::string url_prefix = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  std::string authority = {};  // empty: address and port
  std::string tls_name = {};
  std::string alpn = {};
};

class EndpointTable {
 public:
  // `in_flight` outlives the table.
  explicit EndpointTable(const InFlight& in_flight);

  // Owner's thread only, down to Publish(). Changes are seen by workers at the next Publish().

  // kInvalid: that address is here already, or is none. kExhausted: no free slot.
  base::Result<model::EndpointId> Add(EndpointSpec spec);
  // False when it is no member.
  bool Remove(model::EndpointId id);
  enum class Change : uint8_t { kNone, kChanged };
  // What the server says it serves. kNotFound: no member. kExhausted: above kMaxServedNames.
  base::Result<Change> SetServed(model::EndpointId id, std::vector<std::string> models,
                                 std::vector<model::Adapter> adapters);
  // Publishes the members as they are now, if anything changed; returns the set in effect.
  std::shared_ptr<const model::EndpointSet> Publish();

  // "127.0.0.1:8001", also of an endpoint removed a while ago (until its slot is given again).
  // Empty when unknown.
  std::string_view NameOf(model::EndpointId id) const;
  size_t size() const { return members_.size(); }

  // Any thread: make a Snapshot::Reader of it.
  const base::Snapshot<model::EndpointSet>& members() const { return published_; }

 private:
  struct Slot {
    uint32_t generation = 0;
    std::string name;
  };
  uint32_t FreeSlot();

  const InFlight& in_flight_;
  std::vector<Slot> slots_;                      // those ever used
  std::deque<uint32_t> free_;                    // of slots_, longest free first
  std::map<uint32_t, model::Endpoint> members_;  // by slot
  std::map<std::string, model::EndpointId, std::less<>> by_name_;
  bool changed_ = false;
  uint64_t version_ = 0;
  base::Snapshot<model::EndpointSet> published_;
};

}  // namespace fairway::data
