#include "sched/profile.h"

#include <gtest/gtest.h>

#include "config/fields.h"
#include "config/yaml.h"
#include "sched/fakes.h"

namespace fairway::sched {
namespace {

// A catalogue of one of each kind; the scorer has one parameter and needs a producer's key.
base::Result<std::unique_ptr<const Filter>> MakeFilter(const config::Node&, Context&) {
  return {std::make_unique<fakes::FakeFilter>([](const Candidates&, size_t) { return true; })};
}
base::Result<std::unique_ptr<const Scorer>> MakeScorer(const config::Node& params, Context&) {
  float bias = 0;
  config::Fields fields(params);
  fields.Read("bias", bias, {.least = 0, .most = 1});
  TRY_STATUS(fields.Finish());
  return {std::make_unique<fakes::FakeScorer>([=](const Candidates&, size_t) { return bias; })};
}
base::Result<std::unique_ptr<const Picker>> MakePicker(const config::Node&, Context&) {
  return {std::make_unique<fakes::FakePicker>()};
}
base::Result<std::unique_ptr<const Producer>> MakeProducer(const config::Node&, Context&) {
  return {std::make_unique<fakes::FakeProducer>()};
}

constexpr PluginSpec kFilter{.type = "label-filter", .doc = "", .make = MakeFilter};
constexpr PluginSpec kScorer{
    .type = "bias-scorer", .doc = "", .data_key = "Match", .make = MakeScorer};
constexpr PluginSpec kPicker{.type = "max-score-picker", .doc = "", .make = MakePicker};
constexpr PluginSpec kProducer{
    .type = "match-producer", .doc = "", .data_key = "Match", .make = MakeProducer};
base::Status ReadHandler(const config::Node& params, Context& context) {
  config::Fields fields(params);
  fields.Read("path", context.needs.metrics_path);
  return fields.Finish();
}
constexpr std::string_view kHandlerAliases[] = {"old-handler"};
constexpr PluginSpec kHandler{
    .type = "the-handler", .doc = "", .make = ReadHandler, .aliases = kHandlerAliases};
constexpr const PluginSpec* kAll[] = {&kFilter, &kScorer, &kPicker, &kProducer, &kHandler};

base::Result<Profiles> Build(std::string_view text) {
  static data::Learned learned;
  const auto root = config::ParseYamlDocument(text, "x.yaml");
  CHECK(root.ok());
  return BuildProfiles(root->Get("plugins"), root->Get("schedulingProfiles"), kAll, learned);
}

std::string Complaint(std::string_view text) {
  const auto built = Build(text);
  return built.ok() ? "" : built.status().message();
}

TEST(BuildProfiles, ReadsProfilesAsWritten) {
  const auto built = Build(R"(
plugins:
- {type: bias-scorer, name: a, parameters: {bias: 0.5}}
- {type: bias-scorer, name: b}
- type: label-filter
- type: max-score-picker
schedulingProfiles:
- name: one
  plugins:
  - {pluginRef: b, weight: 2.5}
  - {pluginRef: a}
  - {pluginRef: label-filter}
  - {pluginRef: max-score-picker}
- name: two
  plugins: [{pluginRef: a, weight: 0}]
)");
  ASSERT_TRUE(built.ok()) << built.status().ToString();
  ASSERT_EQ(built->profiles.size(), 2u);
  const Profile& one = *built->profiles[0];
  EXPECT_EQ(one.name, "one");
  ASSERT_EQ(one.scorers.size(), 2u);
  EXPECT_EQ(one.scorers[0].name, "b");
  EXPECT_EQ(one.scorers[0].weight, 2.5f);
  EXPECT_EQ(one.scorers[1].weight, 1);
  EXPECT_EQ(one.scorers[1].spec, &kScorer);
  EXPECT_EQ(one.filters.size(), 1u);
  const Profile& two = *built->profiles[1];
  EXPECT_EQ(two.scorers[0].weight, 0);
  EXPECT_EQ(two.scorers[0].plugin, one.scorers[1].plugin);  // one instance, two profiles
  EXPECT_EQ(two.picker.name, "max-score-picker");           // added
  ASSERT_EQ(one.producers.size(), 1u);                      // needed by the scorer, added
  EXPECT_EQ(one.producers[0].plugin, two.producers[0].plugin);
}

TEST(BuildProfiles, WithoutProfilesEveryPluginIsInOne) {
  const auto built = Build("plugins: [{type: label-filter}, {type: bias-scorer, name: s}]\n");
  ASSERT_TRUE(built.ok());
  ASSERT_EQ(built->profiles.size(), 1u);
  EXPECT_EQ(built->profiles[0]->name, "default");
  EXPECT_EQ(built->profiles[0]->filters.size(), 1u);
  EXPECT_EQ(built->profiles[0]->scorers[0].name, "s");
  EXPECT_EQ(built->profiles[0]->picker.spec, &kPicker);
}

TEST(BuildProfiles, AConfiguredProducerIsEnough) {
  const auto built = Build("plugins: [{type: match-producer, name: mine}, {type: bias-scorer}]\n");
  ASSERT_TRUE(built.ok());
  ASSERT_EQ(built->profiles[0]->producers.size(), 1u);
  EXPECT_EQ(built->profiles[0]->producers[0].name, "mine");
}

TEST(BuildProfiles, NothingAtAllStillPicks) {
  const auto built = Build("{}");
  ASSERT_TRUE(built.ok());
  EXPECT_NE(built->profiles[0]->picker.plugin, nullptr);
  EXPECT_TRUE(built->profiles[0]->producers.empty());
}

TEST(BuildProfiles, ABuiltInIsReadAndHasNoPlaceInAProfile) {
  const auto built = Build("plugins: [{type: old-handler, name: h, parameters: {path: /m}}]\n");
  ASSERT_TRUE(built.ok()) << built.status().message();
  EXPECT_EQ(built->needs.metrics_path, "/m");
  ASSERT_EQ(built->declared.size(), 1u);
  EXPECT_EQ(built->declared[0].name, "h");
  EXPECT_EQ(built->declared[0].spec, &kHandler);
  EXPECT_EQ(Complaint("plugins: [{type: the-handler}]\nschedulingProfiles:\n"
                      "- {name: p, plugins: [{pluginRef: the-handler}]}\n"),
            "x.yaml:3: schedulingProfiles[0].plugins[0].pluginRef: \"the-handler\" has no place in "
            "a profile; it works for all of them");
}

TEST(BuildProfiles, ATypeOfTheContractThatWeLackIsNoTypingError) {
  EXPECT_EQ(Complaint("plugins: [{type: pd-profile-handler}]\n"),
            "x.yaml:1: plugins[0].type: \"pd-profile-handler\" has no part in this program");
}

TEST(BuildProfiles, ComplaintsSayWhereAndWhat) {
  EXPECT_EQ(Complaint("plugins:\n- type: bias-scorrer\n"),
            "x.yaml:2: plugins[0].type: no plugin of type \"bias-scorrer\"; did you mean "
            "\"bias-scorer\"?");
  EXPECT_EQ(Complaint("plugins:\n- name: x\n"), "x.yaml:2: plugins[0].type: missing");
  EXPECT_EQ(Complaint("plugins:\n- type: bias-scorer\n  parameters: {bias: 2}\n"),
            "x.yaml:3: plugins[0].parameters.bias: expected a number from 0 to 1, got \"2\"");
  EXPECT_EQ(Complaint("plugins:\n- type: bias-scorer\n  parameters: {bais: 1}\n"),
            "x.yaml:3: plugins[0].parameters.bais: unknown field; did you mean \"bias\"?");
  EXPECT_EQ(Complaint("plugins: [{type: label-filter}, {type: label-filter}]\n"),
            "x.yaml:1: plugins[1]: a plugin named \"label-filter\" stands above; give this one a "
            "name");
  EXPECT_EQ(Complaint("plugins: 5"), "x.yaml:1: plugins: expected a list, got \"5\"");
  const std::string scorer = "plugins: [{type: bias-scorer, name: s}]\nschedulingProfiles:\n";
  EXPECT_EQ(Complaint(scorer + "- plugins: []\n"), "x.yaml:3: schedulingProfiles[0].name: missing");
  EXPECT_EQ(Complaint(scorer + "- {name: p, plugins: [{pluginRef: t}]}\n"),
            "x.yaml:3: schedulingProfiles[0].plugins[0].pluginRef: no plugin is named \"t\"");
  EXPECT_EQ(Complaint(scorer + "- {name: p, plugins: [{pluginRef: s, weight: -1}]}\n"),
            "x.yaml:3: schedulingProfiles[0].plugins[0].weight: expected a number from 0 to "
            "1000000, got \"-1\"");
  EXPECT_EQ(Complaint(scorer + "- {name: p, plugins: [{pluginRef: s}, {pluginRef: s}]}\n"),
            "x.yaml:3: schedulingProfiles[0].plugins[1]: \"s\" is in this profile already");
  EXPECT_EQ(Complaint(scorer + "- {name: p}\n- {name: p}\n"),
            "x.yaml:4: schedulingProfiles[1]: a profile named \"p\" stands above");
}

TEST(BuildProfiles, OnePickerAndABoundedNumberOfScorers) {
  EXPECT_NE(Complaint("plugins: [{type: max-score-picker}, {type: max-score-picker, name: q}]")
                .find("a second picker"),
            std::string::npos);
  std::string many = "plugins:\n";
  for (size_t i = 0; i <= kMaxScorers; ++i)
    many += "- {type: bias-scorer, name: s" + std::to_string(i) + "}\n";
  EXPECT_NE(Complaint(many).find("at most 12"), std::string::npos);
}

}  // namespace
}  // namespace fairway::sched
