#include "sched/plugin.h"

#include <array>

namespace fairway::sched {

std::string_view KindName(const PluginSpec& spec) {
  constexpr std::array<std::string_view, 4> kNames{"producer", "filter", "scorer", "picker"};
  return kNames[spec.make.index()];
}

const PluginSpec* FindSpec(Catalogue catalogue, std::string_view type) {
  for (const PluginSpec* spec : catalogue) {
    if (spec->type == type) return spec;
  }
  return nullptr;
}

}  // namespace fairway::sched
