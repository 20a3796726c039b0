#include "apps/load_flags.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <utility>

namespace fairway::apps {
namespace {

using base::Duration;
using base::Result;
using base::Status;
using loadgen::Arrivals;
using loadgen::LoadOptions;
using loadgen::Prompts;

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void AddArrivals(CLI::App& group, LoadFlags& flags) {
  group.add_option("--rate", flags.rate, "Sessions a second (open loop); 0: none is set")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  group
      .add_option("--arrivals", flags.arrivals,
                  "closed: ask again when answered; constant, poisson: at --rate; trace: at the "
                  "trace's times [constant with --rate, else trace with --trace, else closed]")
      ->check(CLI::IsMember({"closed", "constant", "poisson", "trace"}));
  group.add_option("--speed", flags.speed, "Of a trace's times: 2 is twice as fast")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  group.add_option("--connections", flags.connections, "At most so many requests at once")
      ->check(CLI::Range(1, 50'000))
      ->capture_default_str();
  group.add_option("--seconds", flags.seconds, "Measured time [5, or the whole trace]")
      ->check(CLI::Range(0.1, 86'400.0));
  group.add_option("--requests", flags.requests, "At most so many, warm-up included");
  group.add_option("--warm-up", flags.warm_up_seconds, "Seconds before measuring")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  group.add_option("--timeout", flags.timeout_seconds, "Seconds until a request is given up")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
}

void AddPrompts(CLI::App& group, LoadFlags& flags) {
  group.add_option("--max-tokens", flags.max_tokens, "Of an answer")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  group.add_option("--groups", flags.groups, "Shared prefixes")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  group.add_option("--body-bytes", flags.body_bytes, "Of a request")
      ->check(CLI::Range(128, 64 << 20))
      ->capture_default_str();
  group.add_option("--prefix-share", flags.prefix_share, "Of such a body, shared within a group")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  group.add_option("--prefix-tokens", flags.prefix_tokens,
                   "Instead of --body-bytes: tokens that a group shares");
  group.add_option("--suffix-tokens", flags.suffix_tokens, "and a turn's own [256]");
  group.add_option("--turns", flags.turns, "Questions in a session [1]");
  group.add_option("--think", flags.think_seconds, "Seconds from an answer to the next question")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  group.add_option("--trace", flags.trace_file,
                   "Replay a trace: Mooncake's JSON lines or Azure's LLM inference CSV");
  group
      .add_option("--max-context", flags.max_context,
                  "Leave out requests of the trace with more tokens in all; 0: none")
      ->capture_default_str();
  group.add_option("--seed", flags.seed, "Of texts and gaps")->capture_default_str();
}

Arrivals ArrivalsFrom(const LoadFlags& flags) {
  for (const Arrivals arrivals :
       {Arrivals::kClosed, Arrivals::kConstant, Arrivals::kPoisson, Arrivals::kTrace}) {
    if (flags.arrivals == loadgen::ArrivalsName(arrivals)) return arrivals;
  }
  if (flags.rate > 0) return Arrivals::kConstant;
  return flags.trace_file.empty() ? Arrivals::kClosed : Arrivals::kTrace;
}

Status SetArrivals(const LoadFlags& flags, LoadOptions& options) {
  options.arrivals = ArrivalsFrom(flags);
  const bool paced =
      options.arrivals == Arrivals::kConstant || options.arrivals == Arrivals::kPoisson;
  if (paced != (flags.rate > 0)) {
    return {base::Code::kInvalid, paced ? "--arrivals " + flags.arrivals + " needs a --rate"
                                        : "--rate is of --arrivals constant or poisson"};
  }
  if (paced) options.rate = flags.rate;
  options.speed = flags.speed;
  options.connections = static_cast<uint32_t>(flags.connections);
  options.warmup = FromSeconds(flags.warm_up_seconds);
  const bool whole = options.arrivals == Arrivals::kTrace || flags.requests.has_value();
  options.duration = FromSeconds(flags.seconds.value_or(whole ? 86'400 : 5));
  options.request_timeout = FromSeconds(flags.timeout_seconds);
  if (flags.requests) options.max_requests = *flags.requests;
  return {};
}

Status SetPrompts(const LoadFlags& flags, LoadOptions& options) {
  options.max_tokens = static_cast<uint32_t>(flags.max_tokens);
  options.groups = static_cast<uint32_t>(flags.groups);
  options.body_bytes = static_cast<uint32_t>(flags.body_bytes);
  options.prefix_share = flags.prefix_share;
  options.seed = flags.seed;
  if (flags.prefix_tokens || flags.suffix_tokens || flags.turns) {
    options.prompts = Prompts::kSessions;
    options.prefix_tokens = flags.prefix_tokens.value_or(options.prefix_tokens);
    options.suffix_tokens = flags.suffix_tokens.value_or(options.suffix_tokens);
    options.turns = flags.turns.value_or(options.turns);
    options.think = FromSeconds(flags.think_seconds);
  }
  if (flags.trace_file.empty()) return {};
  if (options.prompts == Prompts::kSessions) {
    return {base::Code::kInvalid, "--trace has its own prompts: no --prefix-tokens and the like"};
  }
  options.prompts = Prompts::kTrace;
  loadgen::Trace trace = TRY(loadgen::ReadTrace(flags.trace_file));
  if (flags.max_context > 0) options.left_out = LeaveOutLonger(trace, flags.max_context);
  options.trace = std::make_shared<const loadgen::Trace>(std::move(trace));
  return {};
}

Result<std::string> ReadKey(const std::string& file) {
  std::ifstream in(file);
  std::string key;
  if (!std::getline(in, key) || key.empty()) {
    return Status{base::Code::kNotFound, "no key in " + file};
  }
  return key;
}

}  // namespace

void AddLoad(CLI::App& app, LoadFlags& flags) {
  app.add_option("target", flags.targets, "Servers, address:port")->required();
  app.add_option("--model", flags.model, "The model asked for; empty: none is named");
  app.add_option("--path", flags.path, "Of a chat completion")->capture_default_str();
  app.add_option("--api-key-file", flags.api_key_file, "Send its first line as a bearer token");
  app.add_flag("--stream", flags.stream, "Ask for event streams");
  AddArrivals(*app.add_option_group("Arrivals"), flags);
  AddPrompts(*app.add_option_group("Prompts"), flags);
  app.add_option("--slo-ttft-ms", flags.ttft_ms,
                 "An answer is good if its first token came so soon");
  app.add_option("--slo-tpot-ms", flags.tpot_ms, "and the others at this pace");
  app.add_option("--pids", flags.processes, "Processes to measure: name=pid+pid,name=pid");
  app.add_option("--json", flags.json_file, "Write the report there as JSON; - is stdout");
  app.add_flag("--quiet", flags.quiet, "No line each second");
}

Result<LoadOptions> LoadOptionsFrom(const LoadFlags& flags) {
  LoadOptions options;
  for (const std::string& target : flags.targets)
    options.targets.push_back(TRY(net::ParseAddress(target)));
  options.model = flags.model;
  options.path = flags.path;
  options.endpoint_field = "x-fairway-endpoint";
  if (!flags.api_key_file.empty()) {
    options.authorization = "Bearer " + TRY(ReadKey(flags.api_key_file));
  }
  options.answer = flags.stream ? loadgen::AnswerKind::kStream : loadgen::AnswerKind::kUnary;
  options.objective = {.first_token = FromSeconds(flags.ttft_ms / 1000),
                       .per_token = FromSeconds(flags.tpot_ms / 1000)};
  TRY_STATUS(SetArrivals(flags, options));
  TRY_STATUS(SetPrompts(flags, options));
  if (!flags.processes.empty()) options.watched = TRY(loadgen::ParseWatched(flags.processes));
  TRY_STATUS(loadgen::Check(options));
  return options;
}

}  // namespace fairway::apps
