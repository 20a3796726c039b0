#pragma once
// Profile: the plugins that make one kind of decision, in the order they run: producers, filters,
// scorers with weights, one picker. Immutable once built; all workers share it.
//
// Read from the contract's EndpointPickerConfig fields `plugins` and `schedulingProfiles`:
//   plugins:            [{name?, type, parameters?}]       name defaults to type, must be unique
//   schedulingProfiles: [{name, plugins: [{pluginRef, weight?}]}]
// As in the contract: without profiles, one profile `default` takes every configured plugin, in the
// order of the file; without a picker, max-score-picker; a producer that a scorer needs and nobody
// configured is added with its defaults. Producers belong to every profile.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/node.h"
#include "sched/plugin.h"

namespace fairway::sched {

inline constexpr size_t kMaxScorers = 12;
inline constexpr size_t kMaxFilters = 8;
inline constexpr size_t kMaxProducers = 8;

template <class Kind>
struct Placed {
  const PluginSpec* spec = nullptr;
  std::string name;  // in the configuration
  std::shared_ptr<const Kind> plugin;
  float weight = 1;  // of a scorer
};

struct Profile {
  std::string name;
  std::vector<Placed<Producer>> producers;
  std::vector<Placed<Filter>> filters;
  std::vector<Placed<Scorer>> scorers;
  Placed<Picker> picker;
  std::optional<SessionNames> session;  // where a session's token travels, if a plugin wants one

  // Those of the above that learn from picks.
  std::vector<const Learner*> learners;

  // The pick is used.
  void Commit(const Request& request, const Pick& pick) const {
    for (const Learner* learner : learners) learner->Commit(request, pick);
  }
  // It came to nothing. At most once for a Commit.
  void Rollback(const Request& request, const Pick& pick) const {
    for (const Learner* learner : learners) learner->Rollback(request, pick);
  }
};

struct Profiles {
  struct Declared {
    std::string name;
    const PluginSpec* spec;
  };
  std::vector<std::shared_ptr<const Profile>> profiles;  // at least one
  std::vector<Declared> declared;                        // `plugins`, in the order of the file
  HostNeeds needs;
};

// The profiles that `plugins` and `profiles` describe; either node may be absent. kInvalid tells
// file, line and field.
base::Result<Profiles> BuildProfiles(const config::Node& plugins, const config::Node& profiles,
                                     Catalogue catalogue, data::Learned& learned);

// "; did you mean \"weight\"?", or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

// What `serve` uses unless told otherwise, as the configuration it is (YAML).
std::string_view ServeDefaultConfig();
// It cannot fail but by a bug of ours.
std::shared_ptr<const Profile> ServeDefaultProfile(Catalogue catalogue, data::Learned& learned);
// By our own count of requests in progress alone: what an operator falls back to when in doubt of
// everything else, and a baseline.
std::shared_ptr<const Profile> LeastRequestsProfile(Catalogue catalogue, data::Learned& learned);

}  // namespace fairway::sched
