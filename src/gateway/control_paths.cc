#include "gateway/control_paths.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace fairway::gateway {
namespace {

// From the engines' own route tables, as far as a route is no inference and no harmless question
// (health, version, models, tokens):
//   vLLM 0.32.0, vllm/entrypoints/**/api_router.py, serve/instrumentator, and /openapi.json of it
//     with all of them switched on;
//   SGLang 0.5.23, srt/entrypoints/http_server.py, v1_loads.py, elastic_ep.py;
//   TensorRT-LLM, tensorrt_llm/serve/openai_server.py (register_routes), openai_disagg_server.py,
//     resource_governor.py;
//   Triton, server/src/http_server.cc (its regular expressions), and its OpenAI frontend,
//     python/openai/openai_frontend/frontend/fastapi/routers.
// `*` is one segment, `**` whatever follows, nothing included.
constexpr std::array kControlPaths = {
    // Metrics, load and configuration: several of these engines'.
    "/metrics/**", "/prometheus/**", "/load", "/v1/loads", "/server_info", "/get_server_info",
    "/perf_metrics", "/kv_cache_events", "/kv_event_sources", "/debug/**", "/dumper/**",
    // Adapters, by either engine's path.
    "/v1/load_lora_adapter", "/v1/unload_lora_adapter", "/load_lora_adapter",
    "/load_lora_adapter_from_tensors", "/unload_lora_adapter", "/adapters/**",
    // Pausing, sleeping, giving memory back, aborting others' requests.
    "/pause", "/resume", "/is_paused", "/sleep", "/wake_up", "/is_sleeping", "/abort_requests",
    "/abort_request", "/inference/v1/abort_requests", "/pause_generation", "/continue_generation",
    "/release_kv_cache_memory", "/release_memory_occupation", "/resume_memory_occupation",
    "/release_memory", "/resume_memory", "/slow_down", "/freeze_gc",
    // Weights.
    "/update_weights", "/update_weights_from_disk", "/update_weights_from_tensor",
    "/update_weights_from_ipc", "/update_weights_from_distributed", "/update_weight_version",
    "/begin_weight_update", "/end_weight_update", "/start_weight_update",
    "/start_draft_weight_update", "/finish_weight_update", "/init_weight_transfer_engine",
    "/shutdown_weight_transfer_engine", "/init_weights_update_group",
    "/destroy_weights_update_group", "/init_weights_send_group_for_remote_instance",
    "/send_weights_to_remote_instance", "/get_weights_by_name", "/weights_checker",
    "/weight_checker", "/weight_info", "/get_parameter", "/register_transfer_engine_info",
    "/get_transfer_engine_info", "/remote_instance_transfer_engine_info",
    "/get_remote_instance_transfer_engine_info",
    // Caches, corpora, sessions.
    "/reset_prefix_cache", "/reset_mm_cache", "/reset_encoder_cache", "/flush_cache", "/hicache/**",
    "/get_hicache_l3_cache_layout", "/clear_hicache_storage_backend", "/add_external_corpus",
    "/remove_external_corpus", "/list_external_corpora", "/open_session", "/close_session",
    // Processes, scaling, faults, profiles, logs.
    "/collective_rpc", "/get_world_size", "/scale_elastic_ep", "/is_scaling_elastic_ep",
    "/pd_role_switch", "/fault_tolerance/**", "/start_profile", "/stop_profile",
    "/start_expert_distribution_record", "/stop_expert_distribution_record",
    "/dump_expert_distribution_record", "/configure_logging", "/set_trace_level",
    "/set_internal_state", "/get_internal_state", "/steady_clock_offset", "/data_transceiver_state",
    "/cluster_info", "/_internal/**", "/_resource_governor/**",
    // Triton.
    "/v1/models/*/load", "/v1/models/*/unload", "/v2/repository/**", "/v2/systemsharedmemory/**",
    "/v2/cudasharedmemory/**", "/v2/trace/**", "/v2/models/*/trace/**",
    "/v2/models/*/versions/*/trace/**", "/v2/logging/**", "/v2/models/*/stats",
    "/v2/models/*/versions/*/stats", "/v2/models/stats"};

// -1 if it is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Until nothing is left to decode, as a server behind a server might.
std::string Decoded(std::string_view path) {
  constexpr int kRounds = 4;
  std::string text(path);
  for (int round = 0; round < kRounds; ++round) {
    std::string next = PercentDecoded(text);
    if (next == text) break;
    text = std::move(next);
  }
  return text;
}

// Takes the first segment off a path in comparable form.
std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(1);
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool Matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    const std::string_view wanted = TakeSegment(pattern);
    if (wanted == "**") return true;
    if (path.empty()) return false;
    const std::string_view segment = TakeSegment(path);
    if (wanted != "*" && wanted != segment) return false;
  }
  return path.empty();
}

}  // namespace

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

std::string ComparablePath(std::string_view path) {
  std::string text = Decoded(path);
  for (char& c : text) {
    if (c == '\\') c = '/';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  std::vector<std::string_view> segments;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    // What follows a semicolon is a parameter of the segment to some servers.
    std::string_view segment = rest.substr(0, end);
    segment = segment.substr(0, segment.find(';'));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string comparable;
  for (const std::string_view segment : segments) comparable.append("/").append(segment);
  return comparable.empty() ? "/" : comparable;
}

bool IsControlPath(std::string_view path) {
  const std::string comparable = ComparablePath(path);
  for (const std::string_view pattern : kControlPaths) {
    if (Matches(pattern, comparable)) return true;
  }
  return false;
}

}  // namespace fairway::gateway
