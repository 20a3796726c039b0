// Profiles from YAML: the keys are the fields of Profile, strictly.

#include <fstream>
#include <utility>

#include "config/fields.h"
#include "config/yaml.h"
#include "modelsim/profile.h"
#include "modelsim/profile_library.h"

namespace fairway::modelsim {
namespace {

constexpr size_t kMaxFileBytes = 64 * 1024;

void ReadSizes(config::Fields& fields, Profile& profile) {
  fields.Read("max_num_seqs", profile.max_num_seqs, {.least = 1, .most = 1 << 16});
  fields.Read("max_num_batched_tokens", profile.max_num_batched_tokens,
              {.least = 1, .most = 1 << 24});
  fields.Read("max_num_queued_reqs", profile.max_num_queued_reqs, {.least = 0, .most = 1 << 20});
  fields.Read("block_size", profile.block_size, {.least = 1, .most = 1024});
  fields.Read("num_gpu_blocks", profile.num_gpu_blocks, {.least = 1, .most = 1 << 22});
  fields.Read("max_model_len", profile.max_model_len, {.least = 2, .most = 1 << 24});
  fields.Read("enable_prefix_caching", profile.enable_prefix_caching);
  fields.Read("output_tokens_min", profile.output_tokens_min, {.least = 1, .most = 1 << 20});
  fields.Read("output_tokens_max", profile.output_tokens_max, {.least = 1, .most = 1 << 20});
  fields.Read("metrics_page_bytes", profile.metrics_page_bytes, {.least = 0, .most = 1 << 20});
  fields.Read("max_loras", profile.max_loras, {.least = 0, .most = 1024});
  fields.Read("seed", profile.seed);
}

void ReadPolicy(config::Fields& fields, const config::Node& node, Profile& profile) {
  std::string policy = "fcfs";
  fields.Read("scheduling_policy", policy);
  if (policy == "priority") {
    profile.scheduling_policy = SchedulingPolicy::kPriority;
  } else if (policy != "fcfs") {
    fields.Complain(node.Get("scheduling_policy").Error("expected fcfs or priority"));
  }
}

void ReadCosts(config::Fields& fields, Profile& profile) {
  fields.Read("prefill_tokens_per_s", profile.prefill_tokens_per_s, {.least = 0, .most = 1e12});
  fields.Read("step_base", profile.step_base);
  fields.Read("step_per_sequence", profile.step_per_sequence);
  fields.Read("step_per_1k_kv_tokens", profile.step_per_1k_kv_tokens);
  fields.Read("lora_load_time", profile.lora_load_time);
}

}  // namespace

base::Result<Profile> ParseProfile(std::string_view yaml, std::string file) {
  const config::Node node = TRY(config::ParseYamlDocument(yaml, std::move(file)));
  Profile profile = DefaultProfile();
  config::Fields fields(node);
  ReadSizes(fields, profile);
  ReadCosts(fields, profile);
  ReadPolicy(fields, node, profile);
  if (profile.output_tokens_min > profile.output_tokens_max) {
    fields.Complain(node.Get("output_tokens_min").Error("is more than output_tokens_max"));
  }
  TRY_STATUS(fields.Finish());
  return profile;
}

base::Result<Profile> LoadProfile(const std::string& name) {
  if (const auto yaml = LibraryYaml(name)) return ParseProfile(*yaml, name);
  std::ifstream in(name, std::ios::binary);
  if (!in) {
    std::string message = "no profile file " + name + ", and none of the library's:";
    for (const LibraryProfile& known : ProfileLibrary()) message.append(" ").append(known.name);
    return base::Status(base::Code::kNotFound, std::move(message));
  }
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) {
    return base::Status(base::Code::kExhausted, name + " is larger than a profile can be (64 KiB)");
  }
  return ParseProfile(text, name);
}

}  // namespace fairway::modelsim
