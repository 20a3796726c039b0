#include "plugins/reference.h"

#include <array>

#include "sched/profile.h"

namespace fairway::plugins {
namespace {

void Append(std::string& page, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) page += part;
}

void RenderPlugin(const sched::PluginSpec& spec, std::string& page) {
  Append(page, {"\n### `", spec.type, "`\n\n", spec.doc, "\n"});
  for (const std::string_view alias : spec.aliases) Append(page, {"Also called `", alias, "`.\n"});
  if (spec.params.empty()) return;
  page += "\n| parameter | default | meaning |\n|---|---|---|\n";
  for (const sched::ParamDoc& param : spec.params) {
    const std::string_view tick = param.fallback.empty() ? "" : "`";
    Append(page, {"| `", param.name, "` | ", tick, param.fallback, tick, " | ", param.doc, " |\n"});
  }
}

}  // namespace

std::string RenderReference(sched::Catalogue catalogue) {
  std::string page =
      "# Scheduling plugins\n\n"
      "Written from the plugins' own descriptions; a test fails when this page is out of date\n"
      "(`UPDATE=1` with `plugins_test` writes it anew). A decision runs the producers, then the\n"
      "filters, then adds up each scorer's 0 to 1 times its weight, and the picker orders what is\n"
      "left.\n";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSections{
      {{"producer", "Producers"},
       {"filter", "Filters"},
       {"scorer", "Scorers"},
       {"picker", "Pickers"},
       {"built-in", "Built in: names of the contract for what is always there"}}};
  for (const auto& [kind, title] : kSections) {
    bool titled = false;
    for (const sched::PluginSpec* spec : catalogue) {
      if (sched::KindName(*spec) != kind) continue;
      if (!titled) Append(page, {"\n## ", title, "\n"});
      titled = true;
      RenderPlugin(*spec, page);
    }
  }
  Append(page, {"\n## What `serve` uses unless told otherwise\n\n```yaml\n",
                sched::ServeDefaultConfig(), "```\n"});
  return page;
}

}  // namespace fairway::plugins
