#include "sched/profile.h"

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "config/fields.h"
#include "config/yaml.h"

namespace fairway::sched {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kDefaultPicker = "max-score-picker";
constexpr double kMaxWeight = 1e6;

// The first: a built-in, of which nothing was made.
using AnyPlugin =
    std::variant<std::monostate, std::shared_ptr<const Producer>, std::shared_ptr<const Filter>,
                 std::shared_ptr<const Scorer>, std::shared_ptr<const Picker>>;

// Types of the contract that this process has no part for. A configuration that names one is
// refused with that reason, not taken for a slip of the pen.
constexpr std::string_view kAbsentTypes[] = {
    "agent-identity",
    "always-disagg-multimodal-decider",
    "always-disagg-pd-decider",
    "burst-prefix-cache-producer",
    "concurrency-detector",
    "context-length-aware",
    "data-parallel-profile-handler",
    "dcgm-data-source",
    "dcgm-extractor",
    "disagg-headers-handler",
    "disagg-profile-handler",
    "disaggregatedset-rollout-screener",
    "edf-ordering-policy",
    "endpoint-attribute-filter",
    "endpoint-attribute-scorer",
    "endpoint-notification-source",
    "fcfs-ordering-policy",
    "global-strict-fairness-policy",
    "header-label-affinity-scorer",
    "header-profile-handler",
    "k8s-notification-source",
    "latency-scorer",
    "latency-slo-admitter",
    "mm-embeddings-cache-producer",
    "mm-embeddings-cache-scorer",
    "p2p-source-producer",
    "pd-profile-handler",
    "precise-prefix-cache-producer",
    "precise-prefix-cache-scorer",
    "predicted-latency-producer",
    "prefill-header-handler",
    "prefix-based-pd-decider",
    "prefix-cache-affinity-filter",
    "priority-holdback-policy",
    "probabilistic-admitter",
    "program-aware-fairness",
    "request-attribute-reporter",
    "round-robin-fairness-policy",
    "slo-deadline-ordering-policy",
    "slo-headroom-tier-filter",
    "soft-reflective-ceiling-policy",
    "static-usage-limit-policy",
    "topology-affinity-filter",
    "topology-affinity-scorer",
    "topology-extractor",
    "utilization-detector",
};

struct Instance {
  const PluginSpec* spec;
  std::string name;
  AnyPlugin plugin;
};

Status NoSuchType(const std::string& type, Catalogue catalogue, const config::Node& where) {
  if (std::ranges::find(kAbsentTypes, type) != std::end(kAbsentTypes))
    return where.Error("\"" + type + "\" has no part in this program");
  std::vector<std::string> known;
  for (const PluginSpec* one : catalogue) known.emplace_back(one->type);
  return where.Error("no plugin of type \"" + type + "\"" + DidYouMean(type, known));
}

class Builder {
 public:
  Builder(Catalogue catalogue, data::Learned& learned) : catalogue_(catalogue), learned_(learned) {}

  Status ReadPlugins(const config::Node& plugins);
  Result<std::shared_ptr<const Profile>> ReadProfile(const config::Node& node);
  // What there is without profiles: every plugin of the file, in its order.
  Result<std::shared_ptr<const Profile>> WholeFile();
  std::vector<Profiles::Declared> declared() const;
  HostNeeds& needs() { return needs_; }

 private:
  Status Declare(const config::Node& node);
  Result<Instance> MakeInstance(const PluginSpec& spec, std::string name,
                                const config::Node& params);
  Status Place(const Instance& instance, float weight, const config::Node& where, Profile& profile);
  Status Complete(Profile& profile, const config::Node& where);
  Status AddProducer(std::string_view data_key, Profile& profile, const config::Node& where);

  Catalogue catalogue_;
  data::Learned& learned_;
  HostNeeds needs_;
  std::vector<Instance> instances_;        // in the order of the file
  std::map<std::string, Instance> added_;  // producers nobody configured, by data key
};

Result<Instance> Builder::MakeInstance(const PluginSpec& spec, std::string name,
                                       const config::Node& params) {
  Context context{.name = name, .learned = learned_, .needs = needs_};
  Instance instance{&spec, name, {}};
  if (const auto* read = std::get_if<ReadParams>(&spec.make)) {
    TRY_STATUS((*read)(params, context));
    return instance;
  }
  const auto make_one = [&](auto make) -> Status {
    if constexpr (!std::is_same_v<decltype(make), ReadParams>) {
      auto plugin = TRY(make(params, context));
      using Kind = typename decltype(plugin)::element_type;
      instance.plugin = std::shared_ptr<Kind>(std::move(plugin));
    }
    return {};
  };
  TRY_STATUS(std::visit(make_one, spec.make));
  return instance;
}

std::vector<Profiles::Declared> Builder::declared() const {
  std::vector<Profiles::Declared> all;
  for (const Instance& instance : instances_) all.push_back({instance.name, instance.spec});
  return all;
}

Status Builder::ReadPlugins(const config::Node& plugins) {
  if (!plugins.IsNull() && !plugins.IsList())
    return plugins.Error("expected a list, got " + plugins.Shown());
  for (const config::Node& node : plugins.Items()) TRY_STATUS(Declare(node));
  return {};
}

Status Builder::Declare(const config::Node& node) {
  std::string type;
  std::string name;
  config::Fields fields(node);
  fields.Require("type");
  fields.Read("type", type);
  fields.Read("name", name);
  const config::Node parameters = fields.Take("parameters");
  TRY_STATUS(fields.Finish());
  if (name.empty()) name = type;
  const PluginSpec* spec = FindSpec(catalogue_, type);
  if (spec == nullptr) return NoSuchType(type, catalogue_, node.Get("type"));
  for (const Instance& other : instances_) {
    if (other.name == name)
      return node.Error("a plugin named \"" + name + "\" stands above; give this one a name");
  }
  instances_.push_back(TRY(MakeInstance(*spec, std::move(name), parameters)));
  return {};
}

Result<std::shared_ptr<const Profile>> Builder::ReadProfile(const config::Node& node) {
  auto profile = std::make_shared<Profile>();
  config::Fields fields(node);
  fields.Require("name");
  fields.Read("name", profile->name);
  const config::Node plugins = fields.Take("plugins");
  TRY_STATUS(fields.Finish());
  if (!plugins.IsNull() && !plugins.IsList())
    return plugins.Error("expected a list, got " + plugins.Shown());
  std::set<std::string> seen;
  for (const config::Node& item : plugins.Items()) {
    std::string reference;
    float weight = 1;
    config::Fields entry(item);
    entry.Require("pluginRef");
    entry.Read("pluginRef", reference);
    entry.Read("weight", weight, {.least = 0, .most = kMaxWeight});
    TRY_STATUS(entry.Finish());
    if (!seen.insert(reference).second)
      return item.Error("\"" + reference + "\" is in this profile already");
    const Instance* found = nullptr;
    std::vector<std::string> known;
    for (const Instance& instance : instances_) {
      if (instance.name == reference) found = &instance;
      known.push_back(instance.name);
    }
    if (found == nullptr)
      return item.Get("pluginRef")
          .Error("no plugin is named \"" + reference + "\"" + DidYouMean(reference, known));
    if (std::holds_alternative<ReadParams>(found->spec->make))
      return item.Get("pluginRef")
          .Error("\"" + reference + "\" has no place in a profile; it works for all of them");
    TRY_STATUS(Place(*found, weight, item, *profile));
  }
  TRY_STATUS(Complete(*profile, node));
  return std::shared_ptr<const Profile>(std::move(profile));
}

Result<std::shared_ptr<const Profile>> Builder::WholeFile() {
  auto profile = std::make_shared<Profile>();
  profile->name = "default";
  for (const Instance& instance : instances_)
    TRY_STATUS(Place(instance, 1, config::Node(), *profile));
  TRY_STATUS(Complete(*profile, config::Node()));
  return std::shared_ptr<const Profile>(std::move(profile));
}

template <class Kind>
Status Append(std::vector<Placed<Kind>>& to, Placed<Kind> placed, size_t most,
              const config::Node& where) {
  if (to.size() == most)
    return where.Error("a profile has at most " + std::to_string(most) + " of this kind");
  to.push_back(std::move(placed));
  return {};
}

Status Builder::Place(const Instance& instance, float weight, const config::Node& where,
                      Profile& profile) {
  if (const auto* filter = std::get_if<std::shared_ptr<const Filter>>(&instance.plugin))
    return Append(profile.filters, {instance.spec, instance.name, *filter}, kMaxFilters, where);
  if (const auto* scorer = std::get_if<std::shared_ptr<const Scorer>>(&instance.plugin))
    return Append(profile.scorers, {instance.spec, instance.name, *scorer, weight}, kMaxScorers,
                  where);
  if (const auto* picker = std::get_if<std::shared_ptr<const Picker>>(&instance.plugin)) {
    if (profile.picker.plugin != nullptr)
      return where.Error("a second picker beside \"" + profile.picker.name + "\"");
    profile.picker = {instance.spec, instance.name, *picker};
  }
  return {};  // producers join every profile, in Complete
}

// Adds what the contract adds: every producer, those that are needed and missing, the picker.
Status Builder::Complete(Profile& profile, const config::Node& where) {
  profile.session = needs_.session;
  for (const Instance& instance : instances_) {
    if (const auto* producer = std::get_if<std::shared_ptr<const Producer>>(&instance.plugin))
      TRY_STATUS(Append(profile.producers, {instance.spec, instance.name, *producer}, kMaxProducers,
                        where));
  }
  for (const Placed<Filter>& filter : profile.filters)
    TRY_STATUS(AddProducer(filter.spec->data_key, profile, where));
  for (const Placed<Scorer>& scorer : profile.scorers)
    TRY_STATUS(AddProducer(scorer.spec->data_key, profile, where));
  for (const Placed<Producer>& producer : profile.producers)
    profile.learners.push_back(producer.plugin.get());
  for (const Placed<Scorer>& scorer : profile.scorers) {
    if (const auto* learner = dynamic_cast<const Learner*>(scorer.plugin.get()))
      profile.learners.push_back(learner);
  }
  if (profile.picker.plugin != nullptr) return {};
  const PluginSpec* spec = FindSpec(catalogue_, kDefaultPicker);
  if (spec == nullptr) return where.Error("no picker");
  const Instance picker = TRY(MakeInstance(*spec, std::string(kDefaultPicker), config::Node()));
  return Place(picker, 1, where, profile);
}

Status Builder::AddProducer(std::string_view data_key, Profile& profile,
                            const config::Node& where) {
  if (data_key.empty()) return {};
  for (const Placed<Producer>& producer : profile.producers) {
    if (producer.spec->data_key == data_key) return {};
  }
  auto known = added_.find(std::string(data_key));
  for (const PluginSpec* spec : catalogue_) {
    if (known != added_.end()) break;
    if (spec->data_key != data_key || !std::holds_alternative<Make<Producer>>(spec->make)) continue;
    Instance made = TRY(MakeInstance(*spec, std::string(spec->type), config::Node()));
    known = added_.emplace(data_key, std::move(made)).first;
  }
  if (known == added_.end())
    return where.Error("nothing produces " + std::string(data_key) + ", which a plugin needs");
  const Instance& instance = known->second;
  return Append(
      profile.producers,
      {instance.spec, instance.name, std::get<std::shared_ptr<const Producer>>(instance.plugin)},
      kMaxProducers, where);
}

}  // namespace

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view nearest = config::Nearest(word, known);
  return nearest.empty() ? "" : "; did you mean \"" + std::string(nearest) + "\"?";
}

Result<Profiles> BuildProfiles(const config::Node& plugins, const config::Node& profiles,
                               Catalogue catalogue, data::Learned& learned) {
  Builder builder(catalogue, learned);
  TRY_STATUS(builder.ReadPlugins(plugins));
  if (!profiles.IsNull() && !profiles.IsList())
    return profiles.Error("expected a list, got " + profiles.Shown());
  Profiles built;
  for (const config::Node& node : profiles.Items()) {
    std::shared_ptr<const Profile> next = TRY(builder.ReadProfile(node));
    for (const std::shared_ptr<const Profile>& other : built.profiles) {
      if (other->name == next->name)
        return node.Error("a profile named \"" + next->name + "\" stands above");
    }
    built.profiles.push_back(std::move(next));
  }
  if (built.profiles.empty()) built.profiles.push_back(TRY(builder.WholeFile()));
  built.declared = builder.declared();
  built.needs = std::move(builder.needs());
  return built;
}

namespace {

std::shared_ptr<const Profile> OwnProfile(std::string_view yaml, Catalogue catalogue,
                                          data::Learned& learned) {
  const auto root = config::ParseYamlDocument(yaml, "(built in)");
  CHECK(root.ok());
  const auto built =
      BuildProfiles(root->Get("plugins"), root->Get("schedulingProfiles"), catalogue, learned);
  CHECK(built.ok());
  return built->profiles.front();
}

}  // namespace

std::string_view ServeDefaultConfig() {
  return R"(plugins:
- type: approx-prefix-cache-producer
- type: queue-scorer
- type: kv-cache-utilization-scorer
- type: running-requests-size-scorer
- type: prefix-cache-scorer
- type: token-load-scorer
  parameters: {queueThresholdTokens: 65536}
- type: lora-affinity-scorer
- type: session-affinity-scorer
- type: max-score-picker
schedulingProfiles:
- name: default
  plugins:
  - {pluginRef: queue-scorer, weight: 2}
  - {pluginRef: kv-cache-utilization-scorer, weight: 2}
  - {pluginRef: running-requests-size-scorer, weight: 1}
  - {pluginRef: prefix-cache-scorer, weight: 3}
  - {pluginRef: token-load-scorer, weight: 2}
  - {pluginRef: lora-affinity-scorer, weight: 2}
  - {pluginRef: session-affinity-scorer, weight: 4}
  - {pluginRef: max-score-picker}
)";
}

std::shared_ptr<const Profile> ServeDefaultProfile(Catalogue catalogue, data::Learned& learned) {
  return OwnProfile(ServeDefaultConfig(), catalogue, learned);
}

std::shared_ptr<const Profile> LeastRequestsProfile(Catalogue catalogue, data::Learned& learned) {
  return OwnProfile("{plugins: [{type: active-request-scorer}, {type: max-score-picker}]}",
                    catalogue, learned);
}

}  // namespace fairway::sched
