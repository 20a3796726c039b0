#pragma once
// For tests of plugins: makes one by its type from the catalogue and YAML parameters, and sets up
// candidates as columns.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/yaml.h"
#include "plugins/catalogue.h"

namespace fairway::plugins {

template <class Kind>
base::Result<std::unique_ptr<const Kind>> TryMake(std::string_view type, std::string_view params,
                                                  data::Learned& learned) {
  const sched::PluginSpec* spec = sched::FindSpec(All(), type);
  CHECK(spec != nullptr);
  const auto node = config::ParseYamlDocument(params, "x.yaml");
  CHECK(node.ok());
  sched::HostNeeds needs;
  sched::Context context{.name = type, .learned = learned, .needs = needs};
  return std::get<sched::Make<Kind>>(spec->make)(*node, context);
}

// For parameters that must do.
template <class Kind>
std::unique_ptr<const Kind> MakeOne(std::string_view type, std::string_view params = "") {
  data::Learned learned;
  auto made = TryMake<Kind>(type, params, learned);
  CHECK(made.ok());
  return *std::move(made);
}

inline std::string MakeComplaint(std::string_view type, std::string_view params) {
  data::Learned learned;
  const sched::PluginSpec* spec = sched::FindSpec(All(), type);
  CHECK(spec != nullptr);
  const auto node = config::ParseYamlDocument(params, "x.yaml");
  CHECK(node.ok());
  sched::HostNeeds needs;
  sched::Context context{.name = type, .learned = learned, .needs = needs};
  return std::visit(
      [&](auto make) {
        const auto made = make(*node, context);
        return base::StatusOf(made).message();
      },
      spec->make);
}

// Candidates of slots 0, 1, ..., generation 1; columns are set by the test.
struct Field {
  explicit Field(uint32_t count) : endpoints(count) {
    for (uint32_t i = 0; i < count; ++i) {
      endpoints[i].id = {i, 1};
      candidates.Add(endpoints[i]);
    }
    candidates.Seal();
  }
  static void Set(std::span<float> column, const std::vector<float>& values) {
    for (size_t i = 0; i < column.size(); ++i) column[i] = values[i];
  }
  std::vector<float> Scores(const sched::Scorer& scorer) const {
    std::vector<float> out(candidates.size(), -1);
    scorer.Score(request, candidates, out);
    return out;
  }
  std::vector<uint8_t> Kept(const sched::Filter& filter) const {
    std::vector<uint8_t> keep(candidates.size(), 1);
    filter.Keep(request, candidates, keep);
    return keep;
  }

  std::vector<model::Endpoint> endpoints;
  sched::Candidates candidates;
  sched::Request request;
};

}  // namespace fairway::plugins
