#include "director/known_models.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace fairway::director {
namespace {

constexpr size_t kNamed = 10;

}  // namespace

std::string KnownModels(std::span<const PoolState> states) {
  std::vector<std::string_view> named;
  std::string names;
  for (const PoolState& state : states) {
    for (const model::Served& served : state.members->served()) {
      if (std::ranges::find(named, served.name) != named.end()) continue;
      if (named.size() == kNamed) return names + ", ...";
      if (!names.empty()) names += ", ";
      names += served.name;
      named.push_back(served.name);
    }
  }
  return names;
}

const model::Served* OnlyBaseModel(std::span<const PoolState> states) {
  const model::Served* only = nullptr;
  for (const PoolState& state : states) {
    for (const model::Served& served : state.members->served()) {
      if (served.is_adapter()) continue;
      if (only != nullptr && only->name != served.name) return nullptr;
      only = &served;
    }
  }
  return only;
}

bool AnythingServed(std::span<const PoolState> states) {
  return std::ranges::any_of(
      states, [](const PoolState& state) { return !state.members->served().empty(); });
}

}  // namespace fairway::director
