#include "plugins/catalogue.h"

namespace fairway::plugins {

#define PLUGIN(name) extern const sched::PluginSpec name;
#include "plugins/catalogue.inc"
#undef PLUGIN

sched::Catalogue All() {
  static constexpr const sched::PluginSpec* kAll[] = {
#define PLUGIN(name) &name,
#include "plugins/catalogue.inc"
#undef PLUGIN
  };
  return kAll;
}

}  // namespace fairway::plugins
