#pragma once
// The contract's EndpointPickerConfig document, read whole: what it schedules by, and what it asks
// of the process. Strict: an unknown field, a wrong type, an unknown plugin, a reference to nothing
// is kInvalid, with file, line, field and the nearest valid name.
//
//   apiVersion: llm-d.ai/v1alpha1            # also inference.networking.x-k8s.io/v1alpha1
//   kind: EndpointPickerConfig
//   featureGates, plugins, schedulingProfiles, dataLayer, flowControl, requestHandler,
//   saturationDetector, parser
//
// Read on a thread that may allocate; nothing is changed by reading but `learned`, where plugins
// find or make what outlives a reload.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/node.h"
#include "sched/profile.h"

namespace fairway::sched {

inline constexpr std::string_view kPickerConfigKind = "EndpointPickerConfig";

struct PickerConfig {
  std::string name;  // metadata.name; empty: of the default pool
  std::shared_ptr<const Profile> profile;
  HostNeeds needs;
  // What is accepted and has no effect, or an older spelling: for the log, each with its place.
  std::vector<std::string> warnings;
};

base::Result<PickerConfig> ReadPickerConfig(const config::Node& document, Catalogue catalogue,
                                            data::Learned& learned);

}  // namespace fairway::sched
