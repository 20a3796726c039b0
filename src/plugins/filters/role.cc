// decode-filter, prefill-filter, encode-filter: keep endpoints by the part of a request that they
// take, as told by the label llm-d.ai/role. One without the label takes all of it, hence decodes.

#include <algorithm>
#include <array>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kRoleLabel = "llm-d.ai/role";
constexpr std::array<std::string_view, 4> kDecode{"decode", "prefill-decode", "both",
                                                  "encode-prefill-decode"};
constexpr std::array<std::string_view, 5> kPrefill{"prefill", "encode-prefill", "prefill-decode",
                                                   "both", "encode-prefill-decode"};
constexpr std::array<std::string_view, 3> kEncode{"encode", "encode-prefill",
                                                  "encode-prefill-decode"};

enum class Unlabelled : uint8_t { kStay, kGo };

class Role final : public sched::Filter {
 public:
  Role(std::span<const std::string_view> roles, Unlabelled unlabelled)
      : roles_(roles), unlabelled_(unlabelled) {}

  void Keep(const sched::Request&, const sched::Candidates& candidates,
            std::span<uint8_t> keep) const override {
    for (size_t i = 0; i < keep.size(); ++i) keep[i] = Stays(*candidates.endpoints()[i]) ? 1 : 0;
  }

 private:
  bool Stays(const model::Endpoint& endpoint) const {
    const auto label = std::ranges::find(endpoint.labels, kRoleLabel,
                                         [](const auto& l) -> std::string_view { return l.first; });
    if (label == endpoint.labels.end()) return unlabelled_ == Unlabelled::kStay;
    return std::ranges::find(roles_, label->second) != roles_.end();
  }

  const std::span<const std::string_view> roles_;
  const Unlabelled unlabelled_;
};

base::Result<std::unique_ptr<const sched::Filter>> MakeRole(const config::Node& params,
                                                            std::span<const std::string_view> roles,
                                                            Unlabelled unlabelled) {
  TRY_STATUS(config::Fields(params).Finish());
  return {std::make_unique<Role>(roles, unlabelled)};
}

}  // namespace

extern constinit const sched::PluginSpec kDecodeFilter{
    .type = "decode-filter",
    .doc =
        "Keeps endpoints whose label llm-d.ai/role is decode, prefill-decode, both or "
        "encode-prefill-decode, and those without the label.",
    .make = [](const config::Node& params,
               sched::Context&) { return MakeRole(params, kDecode, Unlabelled::kStay); },
};

extern constinit const sched::PluginSpec kPrefillFilter{
    .type = "prefill-filter",
    .doc =
        "Keeps endpoints whose label llm-d.ai/role is prefill, encode-prefill, prefill-decode, "
        "both or encode-prefill-decode.",
    .make = [](const config::Node& params,
               sched::Context&) { return MakeRole(params, kPrefill, Unlabelled::kGo); },
};

extern constinit const sched::PluginSpec kEncodeFilter{
    .type = "encode-filter",
    .doc =
        "Keeps endpoints whose label llm-d.ai/role is encode, encode-prefill or "
        "encode-prefill-decode.",
    .make = [](const config::Node& params,
               sched::Context&) { return MakeRole(params, kEncode, Unlabelled::kGo); },
};

}  // namespace fairway::plugins
