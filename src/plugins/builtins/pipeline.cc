// Names of the contract for parts of a request's way that this program always has: the handler that
// runs the one profile, the parsers, the producers of figures that are always counted, the filter
// for the model that every decision begins with. Each reads its parameters and makes nothing.

#include <array>
#include <string>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

base::Status TakesNothing(const config::Node& params, sched::Context&) {
  return config::Fields(params).Finish();
}

// What is off by default may be said to be off.
void MustBeOff(config::Fields& fields, const config::Node& params, std::string_view name) {
  bool on = false;
  fields.Read(name, on);
  if (on) fields.Complain(params.Get(name).Error("has no part in this program"));
}

base::Status ReadInFlightLoad(const config::Node& params, sched::Context&) {
  double ratio = 0;
  uint64_t most = 0;
  bool sync = true;
  std::string producer;
  config::Fields fields(params);
  MustBeOff(fields, params, "addEstimatedOutputTokens");
  fields.Read("outputRatio", ratio);
  fields.Read("maxEstimatedOutputTokens", most);
  fields.Read("prefixMatchInfoProducerName", producer);
  fields.Read("syncCrossReplicaState", sync);
  return fields.Finish();
}

base::Status ReadTokenProducer(const config::Node& params, sched::Context&) {
  config::Fields fields(params);
  const config::Node estimate = fields.Take("estimate");
  for (const char* absent : {"vllm", "modelName", "udsTokenizerConfig"}) {
    const config::Node node = fields.Take(absent);
    if (!node.IsNull())
      fields.Complain(node.Error("has no part in this program: tokens are estimated"));
  }
  TRY_STATUS(fields.Finish());
  return config::Fields(estimate).Finish();
}

constexpr std::array<sched::ParamDoc, 5> kInFlightParams{{
    {"addEstimatedOutputTokens", "false", "only false"},
    {"outputRatio", "1.5", "accepted without effect"},
    {"maxEstimatedOutputTokens", "", "accepted without effect"},
    {"prefixMatchInfoProducerName", "", "accepted; there is one such producer"},
    {"syncCrossReplicaState", "true", "accepted without effect"},
}};
constexpr std::array<sched::ParamDoc, 1> kTokenParams{{
    {"estimate", "{}", "the only way: four bytes of text count as one token"},
}};
constexpr std::array<std::string_view, 1> kTokenAliases{"tokenizer"};

}  // namespace

extern constinit const sched::PluginSpec kSingleProfileHandler{
    .type = "single-profile-handler",
    .doc = "Runs the one profile there is.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kModelServedFilter{
    .type = "model-served-filter",
    .doc =
        "Every decision begins with the servers that serve the model or adapter asked for. An "
        "adapter that is configured and that no server lists goes to servers of its base model "
        "with a free adapter slot.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kInFlightLoadProducer{
    .type = "inflight-load-producer",
    .doc =
        "Counts our own requests and uncached prompt tokens in flight at each server, from pick to "
        "end; the tokens until the first byte of the answer.",
    .params = kInFlightParams,
    .make = ReadInFlightLoad,
};
extern constinit const sched::PluginSpec kTokenProducer{
    .type = "token-producer",
    .doc = "Estimates how many tokens a prompt has.",
    .params = kTokenParams,
    .make = ReadTokenProducer,
    .aliases = kTokenAliases,
};
extern constinit const sched::PluginSpec kOpenAiParser{
    .type = "openai-parser",
    .doc = "Reads the OpenAI API's requests.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kAnthropicParser{
    .type = "anthropic-parser",
    .doc = "Reads the Anthropic API's requests.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kVllmHttpParser{
    .type = "vllmhttp-parser",
    .doc = "Passes vLLM's own paths on.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kPassthroughParser{
    .type = "passthrough-parser",
    .doc = "Passes other paths on.",
    .make = TakesNothing,
};

}  // namespace fairway::plugins
