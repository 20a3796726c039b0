// The contract's sources of what is known of servers: where metrics and models are asked, which
// file lists the endpoints. The process runs them; here their parameters become HostNeeds.

#include <array>
#include <string>

#include "config/fields.h"
#include "sched/plugin.h"

namespace fairway::plugins {
namespace {

// What metrics and models sources have in common. Scheme and certificates are those of the
// endpoint's own address.
base::Status ReadHttpSource(const config::Node& params, std::string& path,
                            std::optional<base::Duration>* interval, uint16_t* port) {
  std::string scheme;
  bool skip_verify = true;
  base::Duration every{0};
  config::Fields fields(params);
  fields.Read("path", path);
  fields.Read("scheme", scheme);
  fields.Read("insecureSkipVerify", skip_verify);
  fields.Read("interval", every);
  uint16_t ignored_port = 0;
  fields.Read("port", port == nullptr ? ignored_port : *port, {.least = 1});
  if (port == nullptr && ignored_port != 0)
    fields.Complain(params.Get("port").Error("models are asked at the server's address"));
  for (const char* absent : {"caCertPath", "clientCertPath", "clientKeyPath"}) {
    const config::Node node = fields.Take(absent);
    if (!node.IsNull())
      fields.Complain(node.Error("has no part in this program: certificates are as for requests"));
  }
  TRY_STATUS(fields.Finish());
  if (!path.empty() && !path.starts_with('/'))
    return params.Get("path").Error("expected a path that begins with /");
  if (interval != nullptr && every > base::Duration(0)) *interval = every;
  return {};
}

base::Status ReadMetricsSource(const config::Node& params, sched::Context& context) {
  return ReadHttpSource(params, context.needs.metrics_path, &context.needs.metrics_interval,
                        &context.needs.metrics_port);
}

base::Status ReadModelsSource(const config::Node& params, sched::Context& context) {
  return ReadHttpSource(params, context.needs.models_path, nullptr, nullptr);
}

base::Status ReadFileDiscovery(const config::Node& params, sched::Context& context) {
  bool watch = true;
  config::Fields fields(params);
  fields.Read("path", context.needs.endpoints_file);
  fields.Read("watchFile", watch);
  return fields.Finish();
}

base::Status TakesNothing(const config::Node& params, sched::Context&) {
  return config::Fields(params).Finish();
}

constexpr std::array<sched::ParamDoc, 5> kMetricsParams{{
    {"path", "/metrics", "after the endpoint's own prefix"},
    {"port", "", "of the page, where it is not the endpoint's own: 8002 for Triton"},
    {"interval", "", "the fastest rate; the rate follows activity, up to 5 s when idle"},
    {"scheme", "http", "accepted without effect: the endpoint's own"},
    {"insecureSkipVerify", "true", "accepted without effect: as for requests"},
}};
constexpr std::array<sched::ParamDoc, 3> kModelsParams{{
    {"path", "/v1/models", "after the endpoint's own prefix"},
    {"scheme", "http", "accepted without effect: the endpoint's own"},
    {"insecureSkipVerify", "true", "accepted without effect: as for requests"},
}};
constexpr std::array<sched::ParamDoc, 2> kFileParams{{
    {"path", "", "the file that lists the endpoints"},
    {"watchFile", "true", "accepted without effect: the file is always followed"},
}};

}  // namespace

extern constinit const sched::PluginSpec kMetricsDataSource{
    .type = "metrics-data-source",
    .doc = "Asks each server for its metrics page.",
    .params = kMetricsParams,
    .make = ReadMetricsSource,
};
extern constinit const sched::PluginSpec kModelsDataSource{
    .type = "models-data-source",
    .doc = "Asks each server which models it serves.",
    .params = kModelsParams,
    .make = ReadModelsSource,
};
extern constinit const sched::PluginSpec kModelsDataExtractor{
    .type = "models-data-extractor",
    .doc = "Reads the servers' lists of models; always on.",
    .make = TakesNothing,
};
extern constinit const sched::PluginSpec kFileDiscovery{
    .type = "file-discovery",
    .doc = "Takes the endpoints from a file, and follows it.",
    .params = kFileParams,
    .make = ReadFileDiscovery,
};

}  // namespace fairway::plugins
