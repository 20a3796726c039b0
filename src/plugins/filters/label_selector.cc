// label-selector-filter: keeps endpoints whose labels match a Kubernetes label selector.
// by-label: the same for one label, in the contract's older form.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

// Null: the endpoint has no such label.
const std::string* LabelOf(const model::Endpoint& endpoint, const std::string& key) {
  const auto found =
      std::ranges::lower_bound(endpoint.labels, key, {}, [](const auto& l) { return l.first; });
  return found != endpoint.labels.end() && found->first == key ? &found->second : nullptr;
}

// One line of a selector; a list of them holds when each does.
struct Requirement {
  enum Operator : uint8_t { kIn, kNotIn, kInOrAbsent, kExists, kDoesNotExist };
  std::string key;
  Operator op = kIn;
  std::vector<std::string> values;

  bool Holds(const model::Endpoint& endpoint) const {
    const std::string* label = LabelOf(endpoint, key);
    const bool among = label != nullptr && std::ranges::find(values, *label) != values.end();
    switch (op) {
      case kIn:
        return among;
      case kNotIn:  // as in Kubernetes, also without the label
        return !among;
      case kInOrAbsent:
        return among || label == nullptr;
      case kExists:
        return label != nullptr;
      case kDoesNotExist:
        return label == nullptr;
    }
    return false;
  }
};

class LabelSelector final : public sched::Filter {
 public:
  explicit LabelSelector(std::vector<Requirement> requirements)
      : requirements_(std::move(requirements)) {}

  void Keep(const sched::Request&, const sched::Candidates& candidates,
            std::span<uint8_t> keep) const override {
    for (size_t i = 0; i < keep.size(); ++i) {
      const model::Endpoint& endpoint = *candidates.endpoints()[i];
      keep[i] = std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
        return requirement.Holds(endpoint);
      });
    }
  }

 private:
  const std::vector<Requirement> requirements_;
};

base::Result<Requirement> ReadExpression(const config::Node& node) {
  Requirement requirement;
  std::string op;
  config::Fields fields(node);
  fields.Require("key");
  fields.Read("key", requirement.key);
  fields.Require("operator");
  fields.Read("operator", op);
  fields.Read("values", requirement.values);
  TRY_STATUS(fields.Finish());
  if (op == "In") {
    requirement.op = Requirement::kIn;
  } else if (op == "NotIn") {
    requirement.op = Requirement::kNotIn;
  } else if (op == "Exists") {
    requirement.op = Requirement::kExists;
  } else if (op == "DoesNotExist") {
    requirement.op = Requirement::kDoesNotExist;
  } else {
    return node.Get("operator")
        .Error("expected In, NotIn, Exists or DoesNotExist, got \"" + op + "\"");
  }
  const bool wants_values =
      requirement.op == Requirement::kIn || requirement.op == Requirement::kNotIn;
  if (wants_values == requirement.values.empty())
    return node.Get("values").Error(wants_values ? op + " needs values" : op + " has no values");
  return requirement;
}

base::Result<std::unique_ptr<const sched::Filter>> MakeSelector(const config::Node& params,
                                                                sched::Context&) {
  std::vector<Requirement> requirements;
  config::Fields fields(params);
  const config::Node labels = fields.Take("matchLabels");
  const config::Node expressions = fields.Take("matchExpressions");
  TRY_STATUS(fields.Finish());
  if (!labels.IsNull() && !labels.IsMap())
    return labels.Error("expected a map, got " + labels.Shown());
  for (const config::Node& label : labels.Items())
    requirements.push_back({std::string(label.Key()), Requirement::kIn, {TRY(label.Text())}});
  if (!expressions.IsNull() && !expressions.IsList())
    return expressions.Error("expected a list, got " + expressions.Shown());
  for (const config::Node& expression : expressions.Items())
    requirements.push_back(TRY(ReadExpression(expression)));
  return {std::make_unique<LabelSelector>(std::move(requirements))};
}

base::Result<std::unique_ptr<const sched::Filter>> MakeByLabel(const config::Node& params,
                                                               sched::Context&) {
  Requirement requirement;
  bool allows_none = false;
  config::Fields fields(params);
  fields.Read("label", requirement.key);
  fields.Read("validValues", requirement.values);
  fields.Read("allowsNoLabel", allows_none);
  TRY_STATUS(fields.Finish());
  if (allows_none) requirement.op = Requirement::kInOrAbsent;
  std::vector<Requirement> all;
  if (!requirement.key.empty()) all.push_back(std::move(requirement));
  return {std::make_unique<LabelSelector>(std::move(all))};
}

constexpr std::array<sched::ParamDoc, 2> kSelectorParams{{
    {"matchLabels", "{}", "labels that an endpoint must have, with these values"},
    {"matchExpressions", "[]",
     "`{key, operator, values}` that must hold; operator is In, NotIn, Exists or DoesNotExist"},
}};
constexpr std::array<sched::ParamDoc, 3> kByLabelParams{{
    {"label", "", "the label; without one everyone passes"},
    {"validValues", "[]", "its values that pass"},
    {"allowsNoLabel", "false", "whether an endpoint without the label passes"},
}};
constexpr std::array<std::string_view, 1> kSelectorAliases{"by-label-selector"};
constexpr std::array<std::string_view, 1> kByLabelAliases{"by-label"};

}  // namespace

extern constinit const sched::PluginSpec kLabelSelectorFilter{
    .type = "label-selector-filter",
    .doc =
        "Keeps endpoints whose labels match a Kubernetes label selector. An empty one keeps all.",
    .params = kSelectorParams,
    .make = MakeSelector,
    .aliases = kSelectorAliases,
};

extern constinit const sched::PluginSpec kByLabelFilter{
    .type = "by-label-filter",
    .doc = "Keeps endpoints by the value of one label. Older; label-selector-filter says the same.",
    .params = kByLabelParams,
    .make = MakeByLabel,
    .aliases = kByLabelAliases,
};

}  // namespace fairway::plugins
