#include "data/endpoint_table.h"

#include <algorithm>
#include <utility>

namespace fairway::data {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr uint32_t kNoSlot = kMaxSlots;
constexpr size_t kResting = 64;  // slots that rest before the longest free one is given again

bool LooksLikeAddress(std::string_view ip) {
  return !ip.empty() && ip.size() <= 64 &&
         ip.find_first_not_of("0123456789abcdefABCDEF.:%") == std::string_view::npos;
}

std::string AddressName(const EndpointSpec& spec) {
  const bool six = spec.ip.find(':') != std::string::npos;
  return (six ? "[" + spec.ip + "]" : spec.ip) + ":" + std::to_string(spec.port);
}

}  // namespace

EndpointTable::EndpointTable(const InFlight& in_flight)
    : in_flight_(in_flight), published_(std::make_shared<const model::EndpointSet>()) {}

Result<model::EndpointId> EndpointTable::Add(EndpointSpec spec) {
  if (!LooksLikeAddress(spec.ip) || spec.port == 0)
    return Status(Code::kInvalid, "\"" + AddressName(spec) + "\" is not an address and port");
  std::string name = AddressName(spec);
  if (by_name_.contains(name)) return Status(Code::kInvalid, name + " is in the pool already");
  const uint32_t slot = FreeSlot();
  if (slot == kNoSlot)
    return Status(Code::kExhausted, "no more than " + std::to_string(kMaxSlots) +
                                        " endpoints in a pool, those with "
                                        "requests in flight that were removed included");
  Slot& taken = slots_[slot];
  ++taken.generation;
  taken.name = name;
  model::Endpoint endpoint;
  endpoint.id = {slot, taken.generation};
  endpoint.name = name;
  endpoint.ip = std::move(spec.ip);
  endpoint.port = spec.port;
  endpoint.url_prefix = std::move(spec.url_prefix);
  endpoint.authority = spec.authority.empty() ? name : std::move(spec.authority);
  endpoint.tls_name = std::move(spec.tls_name);
  endpoint.alpn = std::move(spec.alpn);
  endpoint.labels = std::move(spec.labels);
  std::sort(endpoint.labels.begin(), endpoint.labels.end());
  by_name_.emplace(std::move(name), endpoint.id);
  const model::EndpointId id = endpoint.id;
  members_.emplace(slot, std::move(endpoint));
  changed_ = true;
  return id;
}

// The slot that has been free the longest, once enough of them rest and nothing is in flight there;
// else one never used; kNoSlot if there is neither. The longer a slot rests, the surer that no
// worker still holds a set that names it.
uint32_t EndpointTable::FreeSlot() {
  const bool full = slots_.size() == kMaxSlots;
  if (full || free_.size() > kResting) {
    const auto idle = std::find_if(free_.begin(), free_.end(),
                                   [&](uint32_t slot) { return in_flight_.Requests(slot) == 0; });
    if (idle != free_.end()) {
      const uint32_t slot = *idle;
      free_.erase(idle);
      return slot;
    }
  }
  if (full) return kNoSlot;
  slots_.emplace_back();
  return static_cast<uint32_t>(slots_.size() - 1);
}

bool EndpointTable::Remove(model::EndpointId id) {
  const auto found = members_.find(id.slot);
  if (found == members_.end() || found->second.id != id) return false;
  by_name_.erase(found->second.name);
  members_.erase(found);
  free_.push_back(id.slot);
  changed_ = true;
  return true;
}

Result<EndpointTable::Change> EndpointTable::SetServed(model::EndpointId id,
                                                       std::vector<std::string> models,
                                                       std::vector<model::Adapter> adapters) {
  const auto found = members_.find(id.slot);
  if (found == members_.end() || found->second.id != id)
    return Status(Code::kNotFound, "no such endpoint");
  if (models.size() + adapters.size() > kMaxServedNames)
    return Status(Code::kExhausted, found->second.name + " lists more than " +
                                        std::to_string(kMaxServedNames) + " models and adapters");
  std::sort(models.begin(), models.end());
  std::sort(adapters.begin(), adapters.end(),
            [](const model::Adapter& a, const model::Adapter& b) { return a.name < b.name; });
  model::Endpoint& endpoint = found->second;
  if (endpoint.models == models && endpoint.adapters == adapters) return Change::kNone;
  endpoint.models = std::move(models);
  endpoint.adapters = std::move(adapters);
  changed_ = true;
  return Change::kChanged;
}

std::shared_ptr<const model::EndpointSet> EndpointTable::Publish() {
  if (!changed_) return published_.Copy();
  changed_ = false;
  std::vector<model::Endpoint> endpoints;
  endpoints.reserve(members_.size());
  for (const auto& [slot, endpoint] : members_) endpoints.push_back(endpoint);
  auto next = std::make_shared<const model::EndpointSet>(std::move(endpoints), ++version_);
  published_.Publish(next);
  return next;
}

std::string_view EndpointTable::NameOf(model::EndpointId id) const {
  if (id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return {};
  return slots_[id.slot].name;
}

}  // namespace fairway::data
