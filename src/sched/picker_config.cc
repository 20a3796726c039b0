#include "sched/picker_config.h"

#include <utility>

#include "config/fields.h"

namespace fairway::sched {
namespace {

using base::Status;

constexpr std::string_view kApiVersion = "llm-d.ai/v1alpha1";
constexpr std::string_view kOldApiVersion = "inference.networking.x-k8s.io/v1alpha1";

// Reads the parts of one document that are not plugins or profiles. Each part complains by itself;
// the first complaint ends the reading.
class Reader {
 public:
  Reader(PickerConfig& config, const std::vector<Profiles::Declared>& declared, Catalogue catalogue)
      : config_(config), declared_(declared), catalogue_(catalogue) {}

  Status Version(const config::Node& version);
  Status Metadata(const config::Node& metadata);
  Status Gates(const config::Node& gates);
  Status DataLayer(const config::Node& layer);
  Status FlowControl(const config::Node& flow);
  Status RequestHandler(const config::Node& handler);
  // One {pluginRef}, of the older spelling at the top.
  Status Deprecated(const config::Node& part, std::string_view now_at);

 private:
  // A list of {pluginRef, ...}; `more` reads what else an item may have.
  template <class More>
  Status References(const config::Node& list, More more);
  Status Reference(const config::Node& reference);
  void Warn(const config::Node& where, std::string_view what) {
    config_.warnings.push_back(where.Error(what).message());
  }

  PickerConfig& config_;
  const std::vector<Profiles::Declared>& declared_;
  Catalogue catalogue_;
};

Status Reader::Version(const config::Node& version) {
  const std::string text = TRY(version.Text());
  if (text == kOldApiVersion) {
    Warn(version, "is deprecated: write " + std::string(kApiVersion));
  } else if (text != kApiVersion) {
    return version.Error("expected " + std::string(kApiVersion) + ", got " + version.Shown());
  }
  return {};
}

Status Reader::Metadata(const config::Node& metadata) {
  config::Fields fields(metadata);
  fields.Read("name", config_.name);
  return fields.Finish();
}

// "name" or "name=true" or "name=false".
Status Reader::Gates(const config::Node& gates) {
  if (gates.IsNull()) return {};
  if (!gates.IsList()) return gates.Error("expected a list, got " + gates.Shown());
  for (const config::Node& gate : gates.Items()) {
    const std::string text = TRY(gate.Text());
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const std::string value = equals == std::string::npos ? "true" : text.substr(equals + 1);
    if (value != "true" && value != "false")
      return gate.Error("expected " + name + "=true or " + name + "=false");
    if (name == "flowControl") {
      if (value == "true")
        return gate.Error("flow control has no part in this program: leave the gate out");
    } else if (name == "haPopulateNonLeaderDatastore" || name == "dataLayer") {
      Warn(gate, "has no effect: it is always so");
    } else {
      return gate.Error("no feature gate \"" + name + "\"" +
                        DidYouMean(name, {"flowControl", "haPopulateNonLeaderDatastore"}));
    }
  }
  return {};
}

// A name from `plugins`, or a type that needs no declaration.
Status Reader::Reference(const config::Node& reference) {
  if (reference.IsNull()) return reference.Error("missing");
  const std::string name = TRY(reference.Text());
  std::vector<std::string> known;
  for (const Profiles::Declared& one : declared_) {
    if (one.name == name) return {};
    known.push_back(one.name);
  }
  const PluginSpec* spec = FindSpec(catalogue_, name);
  if (spec != nullptr && std::holds_alternative<ReadParams>(spec->make)) return {};
  return reference.Error("no plugin is named \"" + name + "\"" + DidYouMean(name, known));
}

template <class More>
Status Reader::References(const config::Node& list, More more) {
  if (list.IsNull()) return {};
  if (!list.IsList()) return list.Error("expected a list, got " + list.Shown());
  for (const config::Node& item : list.Items()) {
    config::Fields fields(item);
    const config::Node reference = fields.Take("pluginRef");
    TRY_STATUS(more(fields));
    TRY_STATUS(fields.Finish());
    TRY_STATUS(Reference(reference));
  }
  return {};
}

Status Reader::DataLayer(const config::Node& layer) {
  if (layer.IsNull()) return {};
  const auto nothing_else = [](config::Fields&) { return Status(); };
  bool inject = true;
  config::Fields fields(layer);
  fields.Read("injectDefaults", inject);
  const config::Node sources = fields.Take("sources");
  const config::Node discovery = fields.Take("discovery");
  for (const char* absent :
       {"peerDiscovery", "crossReplicaSyncerPluginRef", "crossReplicaSyncInterval"}) {
    const config::Node node = fields.Take(absent);
    if (!node.IsNull()) fields.Complain(node.Error("has no part in this program"));
  }
  TRY_STATUS(fields.Finish());
  if (!inject) Warn(layer.Get("injectDefaults"), "has no effect: load is always scraped");
  TRY_STATUS(References(sources, [&](config::Fields& source) {
    return References(source.Take("extractors"), nothing_else);
  }));
  if (discovery.IsNull()) return {};
  config::Fields found(discovery);
  const config::Node reference = found.Take("pluginRef");
  TRY_STATUS(found.Finish());
  return Reference(reference);
}

// The gate is off, so nothing in here has an effect; but a slip of the pen is one even so.
Status Reader::FlowControl(const config::Node& flow) {
  if (flow.IsNull()) return {};
  config::Fields fields(flow);
  for (const char* known : {"maxBytes", "maxRequests", "defaultRequestTTL", "noEndpointRequestTTL",
                            "defaultPriorityBand", "defaultNegativePriorityBand", "priorityBands",
                            "usageLimitPolicyPluginRef", "saturationDetector", "enableEviction"})
    fields.Take(known);
  TRY_STATUS(fields.Finish());
  Warn(flow, "has no effect without the feature gate flowControl");
  return {};
}

Status Reader::RequestHandler(const config::Node& handler) {
  if (handler.IsNull()) return {};
  config::Fields fields(handler);
  const config::Node parsers = fields.Take("parsers");
  TRY_STATUS(fields.Finish());
  return References(parsers, [](config::Fields&) { return Status(); });
}

Status Reader::Deprecated(const config::Node& part, std::string_view now_at) {
  if (part.IsNull()) return {};
  config::Fields fields(part);
  const config::Node reference = fields.Take("pluginRef");
  TRY_STATUS(fields.Finish());
  TRY_STATUS(Reference(reference));
  Warn(part, "is deprecated: write it as " + std::string(now_at));
  return {};
}

Status CheckKind(const config::Node& kind) {
  if (kind.IsNull()) return kind.Error("missing");
  if (TRY(kind.Text()) != kPickerConfigKind)
    return kind.Error("expected " + std::string(kPickerConfigKind) + ", got " + kind.Shown());
  return {};
}

Status CheckTopFields(const config::Node& document) {
  config::Fields fields(document);
  fields.Require("apiVersion");
  for (const char* known :
       {"apiVersion", "kind", "metadata", "featureGates", "plugins", "schedulingProfiles",
        "dataLayer", "flowControl", "requestHandler", "saturationDetector", "parser"})
    fields.Take(known);
  return fields.Finish();
}

}  // namespace

base::Result<PickerConfig> ReadPickerConfig(const config::Node& document, Catalogue catalogue,
                                            data::Learned& learned) {
  TRY_STATUS(CheckTopFields(document));
  TRY_STATUS(CheckKind(document.Get("kind")));
  const config::Node profiles = document.Get("schedulingProfiles");
  Profiles built = TRY(BuildProfiles(document.Get("plugins"), profiles, catalogue, learned));
  if (built.profiles.size() > 1)
    return profiles.Items()[1].Error(
        "a second profile needs a handler that chooses, and there is none in this program");
  PickerConfig config;
  Reader reader(config, built.declared, catalogue);
  TRY_STATUS(reader.Version(document.Get("apiVersion")));
  TRY_STATUS(reader.Metadata(document.Get("metadata")));
  TRY_STATUS(reader.Gates(document.Get("featureGates")));
  TRY_STATUS(reader.DataLayer(document.Get("dataLayer")));
  TRY_STATUS(reader.FlowControl(document.Get("flowControl")));
  TRY_STATUS(reader.RequestHandler(document.Get("requestHandler")));
  TRY_STATUS(reader.Deprecated(document.Get("saturationDetector"), "flowControl's"));
  TRY_STATUS(reader.Deprecated(document.Get("parser"), "requestHandler.parsers"));
  config.profile = std::move(built.profiles.front());
  config.needs = std::move(built.needs);
  return config;
}

}  // namespace fairway::sched
