#include "model/endpoint.h"

#include <algorithm>
#include <map>

namespace fairway::model {

EndpointSet::EndpointSet(std::vector<Endpoint> endpoints, uint64_t version)
    : endpoints_(std::move(endpoints)), version_(version) {
  std::sort(endpoints_.begin(), endpoints_.end(),
            [](const Endpoint& a, const Endpoint& b) { return a.id.slot < b.id.slot; });
  ids_.reserve(endpoints_.size());
  for (const Endpoint& endpoint : endpoints_) ids_.push_back(endpoint.id);
  std::map<std::string_view, Served> by_name;
  const auto serve = [&](const std::string& name, const std::string& parent, uint32_t member) {
    Served& served = by_name[name];
    // A name that one server calls a base model is one, whatever others say of it.
    if (served.members.empty() || parent.empty()) served.parent = parent;
    if (served.members.empty() || served.members.back() != member) served.members.push_back(member);
  };
  for (uint32_t i = 0; i < endpoints_.size(); ++i) {
    for (const std::string& model : endpoints_[i].models) serve(model, "", i);
    for (const Adapter& adapter : endpoints_[i].adapters) serve(adapter.name, adapter.parent, i);
  }
  served_.reserve(by_name.size());
  for (auto& [name, served] : by_name) {
    served.name = std::string(name);
    served_.push_back(std::move(served));
  }
}

const Endpoint* EndpointSet::Find(EndpointId id) const {
  const auto found = std::lower_bound(
      endpoints_.begin(), endpoints_.end(), id.slot,
      [](const Endpoint& endpoint, uint32_t slot) { return endpoint.id.slot < slot; });
  return found != endpoints_.end() && found->id == id ? &*found : nullptr;
}

const Served* EndpointSet::FindServed(std::string_view name) const {
  const auto found =
      std::lower_bound(served_.begin(), served_.end(), name,
                       [](const Served& served, std::string_view n) { return served.name < n; });
  return found != served_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace fairway::model
