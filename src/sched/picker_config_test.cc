#include "sched/picker_config.h"

#include <gtest/gtest.h>

#include "config/fields.h"
#include "config/yaml.h"
#include "sched/fakes.h"

namespace fairway::sched {
namespace {

base::Result<std::unique_ptr<const Scorer>> MakeScorer(const config::Node& params, Context&) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<fakes::FakeScorer>([](const Candidates&, size_t) { return 1.0f; })};
}
base::Result<std::unique_ptr<const Picker>> MakePicker(const config::Node&, Context&) {
  return {std::make_unique<fakes::FakePicker>()};
}
base::Status ReadSource(const config::Node& params, Context& context) {
  config::Fields fields(params);
  fields.Read("path", context.needs.metrics_path);
  return fields.Finish();
}
constexpr PluginSpec kScorer{.type = "a-scorer", .doc = "", .make = MakeScorer};
constexpr PluginSpec kPicker{.type = "max-score-picker", .doc = "", .make = MakePicker};
constexpr PluginSpec kSource{.type = "metrics-data-source", .doc = "", .make = ReadSource};
constexpr PluginSpec kParser{.type = "openai-parser", .doc = "", .make = ReadSource};
constexpr const PluginSpec* kAll[] = {&kScorer, &kPicker, &kSource, &kParser};

constexpr std::string_view kHead = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";

base::Result<PickerConfig> Read(std::string_view text) {
  static data::Learned learned;
  const auto root = config::ParseYamlDocument(text, "x.yaml");
  CHECK(root.ok());
  return ReadPickerConfig(*root, kAll, learned);
}

// Of the two lines of kHead and what is given, from line 3 on.
std::string Complaint(std::string_view rest) {
  const auto read = Read(std::string(kHead) + std::string(rest));
  return read.ok() ? "" : read.status().message();
}

TEST(PickerConfig, AWholeOne) {
  const auto read = Read(R"(
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
metadata: {name: chat}
featureGates: [flowControl=false]
plugins:
- {type: metrics-data-source, name: scrape, parameters: {path: /prom}}
- type: a-scorer
schedulingProfiles:
- name: only
  plugins: [{pluginRef: a-scorer, weight: 3}]
dataLayer:
  sources:
  - pluginRef: scrape
    extractors: [{pluginRef: scrape}]
requestHandler:
  parsers: [{pluginRef: openai-parser}]
)");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->name, "chat");
  EXPECT_EQ(read->profile->name, "only");
  EXPECT_EQ(read->profile->scorers[0].weight, 3);
  EXPECT_EQ(read->needs.metrics_path, "/prom");
  EXPECT_TRUE(read->warnings.empty());
}

TEST(PickerConfig, OldSpellingsAreTakenWithAWarning) {
  const auto read = Read(
      "apiVersion: inference.networking.x-k8s.io/v1alpha1\nkind: EndpointPickerConfig\n"
      "parser: {pluginRef: openai-parser}\nflowControl: {maxRequests: 5}\n"
      "dataLayer: {injectDefaults: false}\n");
  ASSERT_TRUE(read.ok()) << read.status().message();
  const std::vector<std::string> expected = {
      "x.yaml:1: apiVersion: is deprecated: write llm-d.ai/v1alpha1",
      "x.yaml:5: dataLayer.injectDefaults: has no effect: load is always scraped",
      "x.yaml:4: flowControl: has no effect without the feature gate flowControl",
      "x.yaml:3: parser: is deprecated: write it as requestHandler.parsers"};
  EXPECT_EQ(read->warnings, expected);
  EXPECT_EQ(read->profile->name, "default");
}

TEST(PickerConfig, ComplaintsSayWhereAndWhat) {
  EXPECT_EQ(Complaint(""), "");
  EXPECT_EQ(Complaint("schedulingProfile: []\n"),
            "x.yaml:3: schedulingProfile: unknown field; did you mean \"schedulingProfiles\"?");
  EXPECT_EQ(Complaint("featureGates: [flowControl]\n"),
            "x.yaml:3: featureGates[0]: flow control has no part in this program: leave the gate "
            "out");
  EXPECT_EQ(Complaint("featureGates: [flowContrl=true]\n"),
            "x.yaml:3: featureGates[0]: no feature gate \"flowContrl\"; did you mean "
            "\"flowControl\"?");
  EXPECT_EQ(Complaint("featureGates: [flowControl=yes]\n"),
            "x.yaml:3: featureGates[0]: expected flowControl=true or flowControl=false");
  EXPECT_EQ(Complaint("plugins: [{type: metrics-data-source, name: scrape}]\n"
                      "dataLayer: {sources: [{pluginRef: scape}]}\n"),
            "x.yaml:4: dataLayer.sources[0].pluginRef: no plugin is named \"scape\"; did you mean "
            "\"scrape\"?");
  EXPECT_EQ(Complaint("dataLayer: {sources: [{pluginRef: metrics-data-source, extractrs: []}]}\n"),
            "x.yaml:3: dataLayer.sources[0].extractrs: unknown field; did you mean "
            "\"extractors\"?");
  EXPECT_EQ(Complaint("dataLayer: {crossReplicaSyncInterval: 1s}\n"),
            "x.yaml:3: dataLayer.crossReplicaSyncInterval: has no part in this program");
  EXPECT_EQ(Complaint("flowControl: {maxRequest: 1}\n"),
            "x.yaml:3: flowControl.maxRequest: unknown field; did you mean \"maxRequests\"?");
  EXPECT_EQ(Complaint("requestHandler: {parsers: [{}]}\n"),
            "x.yaml:3: requestHandler.parsers[0].pluginRef: missing");
  EXPECT_EQ(Complaint("schedulingProfiles: [{name: a}, {name: b}]\n"),
            "x.yaml:3: schedulingProfiles[1]: a second profile needs a handler that chooses, and "
            "there is none in this program");
}

TEST(PickerConfig, ItMustSayWhatItIs) {
  EXPECT_EQ(Read("kind: EndpointPickerConfig\n").status().message(),
            "x.yaml:1: apiVersion: missing");
  EXPECT_EQ(Read("apiVersion: llm-d.ai/v1alpha1\n").status().message(), "x.yaml:1: kind: missing");
  EXPECT_EQ(Read("apiVersion: llm-d.ai/v2\nkind: EndpointPickerConfig\n").status().message(),
            "x.yaml:1: apiVersion: expected llm-d.ai/v1alpha1, got \"llm-d.ai/v2\"");
  EXPECT_EQ(Read("apiVersion: llm-d.ai/v1alpha1\nkind: Fairway\n").status().message(),
            "x.yaml:2: kind: expected EndpointPickerConfig, got \"Fairway\"");
  EXPECT_EQ(Read("[1]").status().message(),
            "x.yaml:1: expected a map, got a list\nx.yaml:1: apiVersion: missing");
}

}  // namespace
}  // namespace fairway::sched
