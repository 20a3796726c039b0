#include "apps/command_line.h"

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>

#include "modelsim/profile_library.h"

namespace fairway::apps {
namespace {

constexpr const char* kVersion = "fairway 0.1.0";

// An address option: "127.0.0.1:8080" or ":8080".
void AddAddress(CLI::App& app, const std::string& name, net::Address& into,
                const std::string& doc) {
  app.add_option_function<std::string>(
         name,
         [&into](const std::string& text) {
           if (base::Result<net::Address> address = net::ParseAddress(text); address.ok())
             into = *address;
         },
         doc)
      ->check([](const std::string& text) { return net::ParseAddress(text).status().message(); })
      ->type_name("ADDRESS:PORT")
      ->default_str(into.ToString());
}

// A span of time in seconds.
CLI::Option* AddSeconds(CLI::App& app, const std::string& name, base::Duration& into,
                        const std::string& doc) {
  return app
      .add_option_function<double>(
          name,
          [&into](const double& seconds) {
            into =
                std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
          },
          doc)
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 86400.0))
      ->default_str(CLI::detail::to_string(base::Seconds(into)));
}

void AddCredentials(CLI::App& app, CredentialFlags& flags) {
  CLI::App* group = app.add_option_group("Credentials");
  const auto file = [group](const std::string& name, std::string& into, const std::string& doc) {
    return group->add_option(name, into, doc)->type_name("FILE");
  };
  CLI::Option* certificate = file("--tls-cert", flags.tls_certificate,
                                  "PEM: what clients see, and its chain; followed while running");
  CLI::Option* key = file("--tls-key", flags.tls_key, "PEM: its key, without a passphrase");
  certificate->needs(key);
  key->needs(certificate);
  file("--upstream-ca", flags.upstream_authorities,
       "PEM: whom https model servers must be vouched for by; default: the system's authorities");
  file("--upstream-api-key-file", flags.upstream_api_key_file,
       "One line: the key that model servers ask for; sent where a client sends none");
  file(
      "--session-key-file", flags.session_key_file,
      "One line that replicas share, so that they read each other's session tokens; default: a key "
      "of this process alone");
}

// How often model servers are asked for their metrics.
void AddScrape(CLI::App& app, sources::PaceOptions& pace) {
  CLI::App* group = app.add_option_group("Scraping");
  const auto interval = [group](const std::string& name, base::Duration& into,
                                const std::string& doc) {
    AddSeconds(*group, name, into, doc)->check(CLI::Range(0.01, 3600.0));
  };
  interval("--scrape-fastest", pace.fastest, "Between two scrapes of a busy server");
  interval("--scrape-slowest", pace.slowest, "and of one where nothing happens");
  group
      ->add_option("--scrape-cores", pace.budget_cores,
                   "Share of a core that scraping may take; beyond it all intervals grow")
      ->check(CLI::Range(0.001, 8.0))
      ->capture_default_str();
}

// Where model servers, and everything else, may come from.
void AddServers(CLI::App& app, ServeFlags& flags) {
  app.add_option("url", flags.urls, "Model servers, http://host:port[/prefix] or https://")
      ->type_name("URL");
  app.add_option(
         "--endpoints", flags.endpoints_file,
         "Model servers from a file (llm-d's file-discovery format), followed as it changes")
      ->type_name("FILE");
  app.add_option("--config", flags.config_file,
                 "Everything from a YAML file, followed as it changes; flags win over it")
      ->type_name("FILE");
}

void AddServe(CLI::App& app, ServeFlags& flags) {
  AddServers(app, flags);
  AddAddress(app, "--listen", flags.listen, "Where clients connect");
  AddAddress(app, "--admin", flags.admin, "Where operators look: metrics, health, decisions");
  app.add_option("--threads", flags.threads,
                 "Worker threads; 0: as many cores as this process may use, at most 8")
      ->check(CLI::Range(0, 8))
      ->capture_default_str();
  app.add_option("--access-log", flags.access_log,
                 "One JSON line a request: - (stdout), stderr, off, or a file")
      ->type_name("WHERE")
      ->capture_default_str();
  app.add_option("--log-format", flags.log_format, "Of the process's own log, on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_flag_callback(
      "--hide-endpoint",
      [&flags] { flags.gateway.endpoint_header = gateway::EndpointHeader::kHide; },
      "Do not tell clients which server answered (x-fairway-endpoint)");
  app.add_option("--pass-path", flags.gateway.pass_paths,
                 "A path that is passed although servers are controlled by it; may be repeated")
      ->type_name("PATH")
      ->allow_extra_args(false);
  CLI::App* limits = app.add_option_group("Limits");
  const auto size = [limits](const std::string& name, size_t& into, const std::string& doc) {
    limits->add_option(name, into, doc)
        ->transform(CLI::AsSizeValue(false))
        ->type_name("BYTES")
        ->default_str(std::to_string(into));
  };
  size("--max-body-bytes", flags.gateway.body_bytes, "Of a request");
  size("--stream-hold-bytes", flags.gateway.stream_hold_bytes,
       "Of a stream, held until its first content");
  size("--unary-hold-bytes", flags.gateway.unary_hold_bytes, "Of any other answer, held likewise");
  size("--prefix-index-bytes", flags.prefix_index_bytes, "Of the approximate prefix index");
  limits->add_option("--max-connections", flags.max_connections, "From clients, a worker")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  limits
      ->add_option("--decision-records", flags.decision_records,
                   "Decisions kept for /debug/decisions, in all; about 3 KiB each")
      ->check(CLI::Range(16, 1'000'000))
      ->capture_default_str();
  AddSeconds(*limits, "--first-byte-timeout", flags.gateway.first_byte,
             "Until an answer's body begins; 0: no limit");
  AddSeconds(*limits, "--idle-timeout", flags.gateway.idle, "Between bytes of an answer");
  AddSeconds(*limits, "--total-timeout", flags.gateway.total, "For a whole request");
  AddSeconds(*limits, "--tunnel-idle-timeout", flags.gateway.tunnel_idle,
             "Of an upgraded connection (WebSocket), without a byte either way");
  AddSeconds(*limits, "--drain-timeout,--drain", flags.drain,
             "For requests in progress when told to stop");
  AddScrape(app, flags.scrape);
  AddCredentials(app, flags.credentials);
}

void AddSim(CLI::App& app, SimFlags& flags) {
  app.add_option("--host", flags.first.ip, "Address to listen on")->capture_default_str();
  app.add_option("--port", flags.first.port, "Of the first server; the others follow")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--count", flags.count, "How many servers")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--model", flags.model, "The model they serve")->capture_default_str();
  std::string profiles = "How fast they are; a YAML file, or one of:";
  for (const modelsim::LibraryProfile& one : modelsim::ProfileLibrary()) {
    profiles.append(" ").append(one.name);
  }
  app.add_option("--profile", flags.profile, profiles)
      ->type_name("NAME|FILE")
      ->capture_default_str();
  app.add_flag("--print-profile", flags.print_profile,
               "Write that profile to stdout, with its sources, and leave");
  app.add_option("--lora", flags.adapters, "LoRA adapters served from the start: a,b,c")
      ->delimiter(',')
      ->type_name("NAMES");
  app.add_option("--max-loras", flags.max_loras,
                 "Adapters in one step; 0: the profile's, or else all of --lora")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  const std::map<std::string, modelsim::EngineKind> engines = {
      {"vllm", modelsim::EngineKind::kVllm},
      {"sglang", modelsim::EngineKind::kSglang},
      {"trtllm", modelsim::EngineKind::kTrtllm},
      {"triton", modelsim::EngineKind::kTriton}};
  app.add_option("--engine", flags.engine, "Whose metrics page and manners they have")
      ->transform(CLI::Transformer(engines))
      ->default_str("vllm");
  const std::map<std::string, modelsim::MetricsDetail> details = {
      {"lean", modelsim::MetricsDetail::kLean}, {"full", modelsim::MetricsDetail::kFull}};
  app.add_option("--metrics-page", flags.metrics,
                 "lean: what a gateway reads; full: all of vLLM's families, about 55 KB")
      ->transform(CLI::Transformer(details))
      ->default_str("lean");
  app.add_option("--faults", flags.faults, "What goes wrong, where and when: a YAML file")
      ->type_name("FILE");
  app.add_option("--seed", flags.seed, "Of the generated text")->capture_default_str();
}

// The whole command line, and what it says once it is parsed.
struct CommandLine {
  CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", kVersion);
    AddServe(*serve_command, serve);
    AddServe(*check_command, check.serve);
    AddSim(*sim_command, sim);
    AddLoad(*load_command, load);
  }

  CLI::App app{
      "An inference gateway: sends each request to the model server that serves it best now.",
      "fairway"};
  ServeFlags serve;
  CheckFlags check;
  SimFlags sim;
  LoadFlags load;
  CLI::App* serve_command =
      app.add_subcommand("serve", "Run the gateway in front of model servers");
  CLI::App* check_command =
      app.add_subcommand("check", "Say what serve would do with these flags and files");
  CLI::App* sim_command = app.add_subcommand("sim", "Run simulated model servers");
  CLI::App* load_command = app.add_subcommand("load", "Send load and measure");
};

}  // namespace

Command ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = line.app.exit(error, out, err);
    return Leave{.exit_code = code == 0 ? 0 : 2, .text = out.str() + err.str()};
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  line.serve.words = line.check.serve.words = words;
  if (line.serve_command->parsed()) return line.serve;
  if (line.check_command->parsed()) return line.check;
  if (line.sim_command->parsed()) return line.sim;
  return line.load;
}

base::Status ParseServeWords(const std::vector<std::string>& words, ServeFlags& into) {
  CommandLine line;
  line.serve = line.check.serve = into;
  try {
    line.app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return {base::Code::kInvalid, error.what()};
  }
  into = line.check_command->parsed() ? line.check.serve : line.serve;
  into.words = words;
  return {};
}

std::string ServeHelp() {
  const CommandLine line;
  return line.serve_command->help("fairway");
}

}  // namespace fairway::apps
