#include "model/endpoint.h"

#include <algorithm>
#include <map>

namespace fairway::model {

uint64_t NameKey(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

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
  by_name_key_.reserve(endpoints_.size());
  for (uint32_t i = 0; i < endpoints_.size(); ++i)
    by_name_key_.emplace_back(NameKey(endpoints_[i].name), i);
  std::sort(by_name_key_.begin(), by_name_key_.end());
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

const Endpoint* EndpointSet::FindByNameKey(uint64_t key) const {
  const auto found = std::lower_bound(by_name_key_.begin(), by_name_key_.end(),
                                      std::pair<uint64_t, uint32_t>(key, 0));
  return found != by_name_key_.end() && found->first == key ? &endpoints_[found->second] : nullptr;
}

const Served* EndpointSet::FindServed(std::string_view name) const {
  const auto found =
      std::lower_bound(served_.begin(), served_.end(), name,
                       [](const Served& served, std::string_view n) { return served.name < n; });
  return found != served_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace fairway::model
