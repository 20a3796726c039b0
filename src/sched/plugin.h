#pragma once
// What a scheduling plugin is: one of four kinds, described by a PluginSpec that its file exports
// and plugins/catalogue.inc names. A plugin sees columns, never one endpoint at a time. A fifth
// kind, built-in, is a name of the contract for what the process does anyway: it only reads its
// parameters.
//
// One object serves all workers at once, so the methods are const; what a plugin learns lives in
// data::Learned and guards itself. They run on the request path: no I/O, no blocking, no allocation
// in the steady state.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "base/rng.h"
#include "base/status.h"
#include "config/node.h"
#include "data/learned.h"
#include "model/endpoint.h"
#include "sched/candidates.h"
#include "sched/host_needs.h"
#include "sched/request.h"

namespace fairway::sched {

// Where a request goes.
struct Pick {
  model::EndpointId id;
  float cached_blocks = 0;  // leading blocks of the prompt that it had cached, as far as we knew
};

// Learns from picks. Every producer is one; a scorer may be one as well.
class Learner {
 public:
  virtual ~Learner() = default;
  // Called once a pick that is used; a retry is a pick of its own.
  virtual void Commit(const Request& request, const Pick& pick) const = 0;
  // The pick came to nothing: takes back what its Commit taught.
  virtual void Rollback(const Request&, const Pick&) const {}
};

// Fills a column that scorers read, before filters run.
class Producer : public Learner {
 public:
  virtual void Produce(const Request& request, Candidates& candidates) const = 0;
};

// Says which candidates may be picked at all.
class Filter {
 public:
  virtual ~Filter() = default;
  // `keep` holds a 1 for each candidate; writes 0 for those that must go.
  virtual void Keep(const Request& request, const Candidates& candidates,
                    std::span<uint8_t> keep) const = 0;
};

// Says how good each candidate is: 0 worst, 1 best.
class Scorer {
 public:
  virtual ~Scorer() = default;
  // Writes one score a candidate. The cycle clamps to 0..1, NaN to 0.
  virtual void Score(const Request& request, const Candidates& candidates,
                     std::span<float> out) const = 0;
};

// Puts candidates in the order in which they are to be tried.
class Picker {
 public:
  virtual ~Picker() = default;
  // `totals`: weighted sums, one a candidate, not negative. Writes indices of candidates to
  // `order`, best first, each at most once, and returns how many (at most order.size()).
  virtual size_t Order(const Request& request, const Candidates& candidates,
                       std::span<const float> totals, base::Rng& rng,
                       std::span<uint32_t> order) const = 0;
};

// What a plugin is made with.
struct Context {
  std::string_view name;   // of this instance in the configuration; unique
  data::Learned& learned;  // of the pool; outlives the plugin
  HostNeeds& needs;        // what it asks of the process
};

// One parameter, for the generated reference.
struct ParamDoc {
  std::string_view name;
  std::string_view fallback;  // the default, as written in YAML
  std::string_view doc;
};

template <class Kind>
using Make = base::Result<std::unique_ptr<const Kind>> (*)(const config::Node& params,
                                                           Context& context);
// Of a built-in: reads the parameters, makes nothing.
using ReadParams = base::Status (*)(const config::Node& params, Context& context);

// One line of the catalogue: how a configuration names the plugin, what it is for, how it is made.
// Static: a pointer to a spec is good for ever.
struct PluginSpec {
  std::string_view type;
  std::string_view doc;
  std::span<const ParamDoc> params;
  // The contract's data key that it reads (a scorer, a filter) or writes (a producer); empty: none.
  // Where a key is needed that no configured producer writes, the catalogue's first that does is
  // added with its defaults.
  std::string_view data_key;
  std::variant<Make<Producer>, Make<Filter>, Make<Scorer>, Make<Picker>, ReadParams> make;
  // Other names of the type, older ones or another project's.
  std::span<const std::string_view> aliases;
};

inline constexpr std::string_view kPrefixCacheMatchInfo = "PrefixCacheMatchInfo";

// "producer", "filter", "scorer", "picker", "built-in".
std::string_view KindName(const PluginSpec& spec);

using Catalogue = std::span<const PluginSpec* const>;

// By type or alias; null when there is none.
const PluginSpec* FindSpec(Catalogue catalogue, std::string_view type);

}  // namespace fairway::sched
