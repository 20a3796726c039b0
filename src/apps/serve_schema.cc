#include "apps/serve_schema.h"

#include <algorithm>
#include <utility>

namespace fairway::apps {
namespace {

using base::Code;
using base::Status;
using config::Schema;
using config::Within;

void Word(Schema& schema, const config::About& about, std::string_view only) {
  schema.Formed(about, {.name = "word", .shown = std::string(only), .take = [only](auto text) {
                          if (text == only) return Status();
                          return Status(Code::kInvalid, "expected " + std::string(only) +
                                                            ", got \"" + std::string(text) + "\"");
                        }});
}

void OneOf(Schema& schema, const config::About& about, std::vector<std::string_view> words,
           std::string shown, std::function<void(size_t)> take) {
  std::string name;
  for (const std::string_view word : words) {
    if (!name.empty()) name += " or ";
    name += word;
  }
  const auto find = [words = std::move(words), name, take = std::move(take)](auto text) {
    const auto found = std::ranges::find(words, text);
    if (found == words.end())
      return Status(Code::kInvalid, "expected " + name + ", got \"" + std::string(text) + "\"");
    take(static_cast<size_t>(found - words.begin()));
    return Status();
  };
  schema.Formed(about, {.name = name, .shown = std::move(shown), .take = find});
}

void Address(Schema& schema, const config::About& about, net::Address& into) {
  schema.Formed(about,
                {.name = "address:port", .shown = into.ToString(), .take = [&into](auto text) {
                   into = TRY(net::ParseAddress(text));
                   return Status();
                 }});
}

constexpr std::string_view kNotYet = "is not supported yet";

// For now a list of one: the addresses are fixed when the process starts.
void DescribeListeners(Schema& schema, ServeFlags& flags) {
  std::vector<net::Address> listeners = {flags.listen};
  if (!schema.Here().IsNull()) listeners.clear();
  config::MapsOf(schema, {"listeners", "Where clients connect; exactly one for now."}, listeners,
                 [&flags](Schema& of, net::Address& address) {
                   address = flags.listen;
                   Address(of, {"address", "Of this listener.", "--listen"}, address);
                 });
  if (listeners.size() > 1)
    schema.Complain(schema.Here().Get("listeners").Error("several are not supported yet"));
  if (!listeners.empty()) flags.listen = listeners.front();
}

void DescribePool(Schema& schema, PoolSettings& pool) {
  pool.at = schema.Here();
  schema.Text({"name", "In metrics, records and `models[].pool`; unique."}, pool.name);
  schema.Texts({"endpoints",
                "URLs of model servers: http://host:port[/prefix]. A host name stands "
                "for all its addresses and is resolved again each 5 s."},
               pool.endpoints);
  schema.Text({"file",
               "Or a file that lists them, in llm-d's file-discovery format; followed "
               "while it changes.",
               "--endpoints"},
              pool.file);
  schema.Text({"dns", "Or one URL, whose host name is resolved again each 5 s."}, pool.dns);
  schema.Text({"picker",
               "metadata.name of the EndpointPickerConfig that decides; empty: the "
               "unnamed one, or else the built-in default."},
              pool.picker);
}

void DescribeModel(Schema& schema, ModelSettings& model) {
  model.at = schema.Here();
  schema.Text({"name", "What clients ask for."}, model.name);
  schema.Texts({"adapters", "LoRA adapters that belong to the same pool."}, model.adapters);
  schema.Text({"pool", "Where it is served; empty: the first pool."}, model.pool);
  config::MapsOf(schema,
                 {"rewrites",
                  "Models that servers are asked for instead, drawn by weight; "
                  "the answer names what the client asked for."},
                 model.rewrites, [](Schema& of, RewriteSettings& rewrite) {
                   of.Text({"model", "What the server is asked for."}, rewrite.model);
                   of.Count({"weight", "Its share of the sum."}, rewrite.weight, {1, 1'000'000});
                   if (rewrite.model.empty()) of.Complain(of.Here().Get("model").Error("missing"));
                 });
  schema.Refuse("priority", kNotYet);
}

void DescribeLimits(Schema& schema, ServeFlags& flags) {
  schema.Bytes({"bodyBytes", "Of a request; more is answered with 413.", "--max-body-bytes"},
               flags.gateway.body_bytes);
  schema.Count({"connections", "From clients, for each worker.", "--max-connections"},
               flags.max_connections, {1, 1'000'000});
  schema.Count({"decisionRecords",
                "Kept for /debug/decisions, in all; about 3 KiB each. Fixed at "
                "the start.",
                "--decision-records"},
               flags.decision_records, {16, 1'000'000});
  schema.Bytes({"prefixIndexBytes",
                "Of each pool's approximate prefix index, unless its picker "
                "says otherwise; holds from its first use.",
                "--prefix-index-bytes"},
               flags.prefix_index_bytes);
}

void DescribeTimeouts(Schema& schema, ServeFlags& flags) {
  schema.Time({"firstByte", "Until an answer's body begins; 0: no limit.", "--first-byte-timeout"},
              flags.gateway.first_byte);
  schema.Time({"idle", "Between bytes of an answer.", "--idle-timeout"}, flags.gateway.idle);
  schema.Time({"total", "For a whole request.", "--total-timeout"}, flags.gateway.total);
  schema.Time({"tunnelIdle", "Of an upgraded connection (WebSocket), without a byte either way.",
               "--tunnel-idle-timeout"},
              flags.gateway.tunnel_idle);
  schema.Time({"drain", "For requests in progress when told to stop.", "--drain-timeout"},
              flags.drain);
}

void DescribeTelemetry(Schema& schema, ServeFlags& flags) {
  schema.Text(
      {"accessLog", "One JSON line a request: - (stdout), stderr, off, or a file.", "--access-log"},
      flags.access_log);
  OneOf(schema, {"logFormat", "Of the process's own log, on stderr.", "--log-format"},
        {"text", "json"}, flags.log_format,
        [&flags](size_t i) { flags.log_format = i == 0 ? "text" : "json"; });
  using gateway::EndpointHeader;
  EndpointHeader& header = flags.gateway.endpoint_header;
  OneOf(schema,
        {"endpointHeader",
         "Whether clients are told which server answered "
         "(x-fairway-endpoint).",
         "--hide-endpoint"},
        {"show", "hide"}, header == EndpointHeader::kShow ? "show" : "hide",
        [&header](size_t i) { header = i == 0 ? EndpointHeader::kShow : EndpointHeader::kHide; });
}

void DescribeCredentials(Schema& schema, CredentialFlags& credentials) {
  schema.Map({"tls", "Towards clients."}, [&credentials](Schema& of) {
    of.Text({"certificate",
             "PEM file: what clients see, and its chain; followed while running. "
             "Empty: plaintext.",
             "--tls-cert"},
            credentials.tls_certificate);
    of.Text({"key", "PEM file: its key.", "--tls-key"}, credentials.tls_key);
  });
  schema.Map({"upstream", "Towards model servers."}, [&credentials](Schema& of) {
    of.Text({"authorities",
             "PEM file: whom https servers must be vouched for by; empty: the "
             "system's.",
             "--upstream-ca"},
            credentials.upstream_authorities);
    of.Text({"apiKeyFile", "A file of one line: the key that model servers ask for.",
             "--upstream-api-key-file"},
            credentials.upstream_api_key_file);
  });
  schema.Text({"sessionKeyFile",
               "A file of one line that replicas share: they read each other's session tokens. "
               "Empty: a key of this process alone.",
               "--session-key-file"},
              credentials.session_key_file);
}

}  // namespace

void DescribeServe(Schema& schema, ServeFlags& flags) {
  Word(schema, {"apiVersion", "Of this format."}, kServeApiVersion);
  Word(schema, {"kind", "Of this document."}, kServeKind);
  DescribeListeners(schema, flags);
  DescribeCredentials(schema, flags.credentials);
  schema.Map({"admin", "The port for operators."}, [&flags](Schema& of) {
    Address(of, {"address", "Where it listens.", "--admin"}, flags.admin);
  });
  schema.Count({"threads", "Worker threads; 0: as many cores as this process may use, at most 8.",
                "--threads"},
               flags.threads, {0, 8});
  config::MapsOf(schema,
                 {"pools",
                  "Model servers that are chosen among. URLs on the command line "
                  "or --endpoints make one pool, `default`, instead."},
                 flags.pools, DescribePool);
  config::MapsOf(schema,
                 {"models",
                  "Model names that belong to a pool. A name that stands nowhere "
                  "here goes to the first pool where somebody serves it."},
                 flags.models, DescribeModel);
  schema.Map({"trust", "What clients may do."}, [&](Schema& of) {
    of.Texts({"passPaths",
              "Paths that are passed on although they control a model server, as "
              "/v1/load_lora_adapter does.",
              "--pass-path"},
             flags.gateway.pass_paths);
  });
  schema.Map({"limits", "What is bounded."}, [&](Schema& of) { DescribeLimits(of, flags); });
  schema.Map({"timeouts", "How long things may take."},
             [&](Schema& of) { DescribeTimeouts(of, flags); });
  schema.Map({"scrape",
              "How often model servers are asked for their metrics; holds from when a "
              "pool came."},
             [&flags](Schema& of) {
               of.Time({"fastest", "Between two scrapes of a busy server.", "--scrape-fastest"},
                       flags.scrape.fastest);
               of.Time({"slowest", "And of one where nothing happens.", "--scrape-slowest"},
                       flags.scrape.slowest);
               of.Number({"cores", "Share of a core that scraping may take.", "--scrape-cores"},
                         flags.scrape.budget_cores, {0.001, 8});
             });
  schema.Map({"telemetry", "What is told of requests."},
             [&](Schema& of) { DescribeTelemetry(of, flags); });
  for (const std::string_view later : {"tenants", "retry", "state"}) schema.Refuse(later, kNotYet);
}

std::string ServeConfigReference() {
  ServeFlags defaults;
  std::string page =
      "# The configuration file\n\n"
      "Written from the program's own description of its fields; a test fails when this page is\n"
      "out of date (`UPDATE=1` with `apps_test` writes it anew).\n\n"
      "`fairway serve --config FILE` reads YAML documents of two kinds: one `Fairway`, whose "
      "fields\n"
      "are below, and any number of `EndpointPickerConfig`, whose plugins are in\n"
      "[plugins.md](plugins.md). A flag on the command line wins over the file. `fairway check\n"
      "--config FILE` prints what is in effect, or everything that is wrong. Times are written\n"
      "`250ms`, `1.5s`, `2m`, `1h`; bytes `65536`, `64KiB`, `64MiB`. The guide is\n"
      "[configuration.md](../guides/configuration.md).\n";
  return page + config::ReferenceOf("`kind: Fairway`", [&defaults](Schema& schema) {
           DescribeServe(schema, defaults);
         });
}

}  // namespace fairway::apps
