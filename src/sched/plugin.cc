#include "sched/plugin.h"

#include <algorithm>
#include <array>

namespace fairway::sched {

std::string_view KindName(const PluginSpec& spec) {
  constexpr std::array<std::string_view, 5> kNames{"producer", "filter", "scorer", "picker",
                                                   "built-in"};
  return kNames[spec.make.index()];
}

const PluginSpec* FindSpec(Catalogue catalogue, std::string_view type) {
  for (const PluginSpec* spec : catalogue) {
    if (spec->type == type || std::ranges::find(spec->aliases, type) != spec->aliases.end())
      return spec;
  }
  return nullptr;
}

}  // namespace fairway::sched
