#include "modelsim/metrics/vllm_page.h"

#include "modelsim/metrics/page_writer.h"

namespace fairway::modelsim {
namespace {

// Beside vLLM's own label of the engine.
std::string With(const MetricsInput& input, std::string_view before, std::string_view after) {
  std::string labels = "engine=\"0\"";
  if (!before.empty()) labels.append(",").append(before);
  labels += ",model_name=\"";
  AppendLabelValue(input.model, labels);
  labels += '"';
  if (!after.empty()) labels.append(",").append(after);
  return labels;
}

// Since when the samples of a family with several count: a family of its own.
void AppendSince(const MetricsInput& input, std::string_view stem, std::string_view key,
                 std::initializer_list<std::string_view> values, PageWriter& page) {
  if (input.detail != MetricsDetail::kFull) return;
  const std::string name = std::string(stem) + "_created";
  page.Family(name, "gauge", "When " + std::string(stem) + " began to count.");
  for (const std::string_view value : values) {
    std::string label(key);
    label.append("=\"").append(value).append("\"");
    page.Sample(name, With(input, "", label), input.since);
  }
}

void AppendLoad(const MetricsInput& input, PageWriter& page) {
  const Engine& engine = input.engine;
  const auto waiting = static_cast<double>(engine.waiting());
  page.Gauge("vllm:num_requests_running", "Number of requests in model execution batches.",
             static_cast<double>(engine.running()));
  page.Gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", waiting);
  page.Family("vllm:num_requests_waiting_by_reason", "gauge",
              "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for "
              "scheduling capacity; 'deferred' = deferred by other constraints.");
  page.Sample("vllm:num_requests_waiting_by_reason", With(input, "", "reason=\"capacity\""),
              waiting);
  page.Sample("vllm:num_requests_waiting_by_reason", With(input, "", "reason=\"deferred\""), 0);
  if (input.detail == MetricsDetail::kFull) {
    page.Family("vllm:engine_sleep_state", "gauge",
                "Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is "
                "awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means level 2.");
    for (const std::string_view state : {"awake", "weights_offloaded", "discard_all"}) {
      const std::string label = "sleep_state=\"" + std::string(state) + "\"";
      page.Sample("vllm:engine_sleep_state", With(input, "", label), state == "awake" ? 1 : 0);
    }
  }
  page.Gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.",
             engine.kv().Usage());
}

// What one GPU and one process never count: external caches, pictures, and estimates.
void AppendZeros(PageWriter& page) {
  page.Counter("vllm:external_prefix_cache_queries_total",
               "External prefix cache queries from KV connector cross-instance cache sharing, in "
               "terms of number of queried tokens.",
               0);
  page.Counter(
      "vllm:external_prefix_cache_hits_total",
      "External prefix cache hits from KV connector cross-instance cache sharing, in terms "
      "of number of cached tokens.",
      0);
  page.Counter("vllm:mm_cache_queries_total",
               "Multi-modal cache queries, in terms of number of queried items.", 0);
  page.Counter("vllm:mm_cache_hits_total",
               "Multi-modal cache hits, in terms of number of cached items.", 0);
  for (const std::string_view what : {"flops", "read_bytes", "write_bytes"}) {
    page.Counter("vllm:estimated_" + std::string(what) + "_per_gpu_total",
                 "Estimated per GPU (for Model Flops Utilization calculations).", 0);
  }
}

void AppendBySource(const MetricsInput& input, PageWriter& page) {
  const EngineStats& stats = input.engine.stats();
  constexpr std::string_view kName = "vllm:prompt_tokens_by_source_total";
  page.Family(kName, "counter", "Number of prompt tokens by source.");
  const auto computed = static_cast<double>(stats.prompt_tokens - stats.prefix_hits);
  page.Sample(kName, With(input, "", "source=\"local_compute\""), computed);
  page.Sample(kName, With(input, "", "source=\"local_cache_hit\""),
              static_cast<double>(stats.prefix_hits));
  page.Sample(kName, With(input, "", "source=\"external_kv_transfer\""), 0);
  AppendSince(input, "vllm:prompt_tokens_by_source", "source",
              {"local_compute", "local_cache_hit", "external_kv_transfer"}, page);
  constexpr std::string_view kTiers = "vllm:prompt_tokens_cached_by_source_total";
  page.Family(kTiers, "counter",
              "Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), "
              "host (offloaded to DRAM), disk.");
  for (const std::string_view tier : {"device", "host", "disk"}) {
    page.Sample(kTiers, With(input, "", "source=\"" + std::string(tier) + "\""),
                tier == "device" ? static_cast<double>(stats.prefix_hits) : 0);
  }
  AppendSince(input, "vllm:prompt_tokens_cached_by_source", "source", {"device", "host", "disk"},
              page);
  page.Counter("vllm:prompt_tokens_cached_total",
               "Number of cached prompt tokens (local + external).",
               static_cast<double>(stats.prefix_hits));
}

void AppendCounters(const MetricsInput& input, PageWriter& page) {
  const EngineStats& stats = input.engine.stats();
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    page.Counter(name, help, static_cast<double>(value));
  };
  counter("vllm:prefix_cache_queries_total",
          "Prefix cache queries, in terms of number of queried tokens.", stats.prefix_queries);
  counter("vllm:prefix_cache_hits_total", "Prefix cache hits, in terms of number of cached tokens.",
          stats.prefix_hits);
  if (input.detail == MetricsDetail::kFull) AppendZeros(page);
  counter("vllm:num_preemptions_total", "Cumulative number of preemption from the engine.",
          stats.preemptions);
  counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.", stats.prompt_tokens);
  if (input.detail == MetricsDetail::kFull) AppendBySource(input, page);
  counter("vllm:generation_tokens_total", "Number of generation tokens processed.",
          stats.generation_tokens);
  constexpr std::string_view kHelp = "Count of successfully processed requests.";
  page.Family("vllm:request_success_total", "counter", kHelp);
  const auto finished = [&](std::string_view reason, uint64_t count) {
    const std::string label = "finished_reason=\"" + std::string(reason) + "\"";
    page.Sample("vllm:request_success_total", With(input, label, ""), static_cast<double>(count));
  };
  finished("stop", stats.finished_stop);
  finished("length", stats.finished_length);
  // The real one does not count disconnects as aborted either.
  for (const std::string_view none : {"abort", "error", "repetition"}) finished(none, 0);
  AppendSince(input, "vllm:request_success", "finished_reason",
              {"stop", "length", "abort", "error", "repetition"}, page);
  counter("vllm:admission_rejections_total",
          "Number of admission attempts rejected by a queue limit, by reason.", stats.rejected);
}

void AppendDistributions(const MetricsInput& input, PageWriter& page) {
  const EngineStats& stats = input.engine.stats();
  const bool full = input.detail == MetricsDetail::kFull;
  if (full) {
    page.Distribution("vllm:request_prompt_tokens", "Number of prefill tokens processed.",
                      stats.request_prompt);
    page.Distribution("vllm:request_generation_tokens", "Number of generation tokens processed.",
                      stats.request_generation);
  }
  page.Distribution("vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step.",
                    stats.step_tokens);
  if (full) {
    page.Distribution("vllm:request_max_num_generation_tokens",
                      "Histogram of maximum number of requested generation tokens.",
                      stats.request_generation);
    page.Distribution("vllm:request_params_n", "Histogram of the n request parameter.",
                      stats.params_n);
    page.Distribution("vllm:request_params_max_tokens",
                      "Histogram of the max_tokens request parameter.", stats.request_generation);
  }
  page.Distribution("vllm:time_to_first_token_seconds",
                    "Histogram of time to first token in seconds.", stats.first_token);
  page.Distribution("vllm:inter_token_latency_seconds",
                    "Histogram of inter-token latency in seconds.", stats.inter_token);
  if (full) {
    page.Distribution("vllm:request_time_per_output_token_seconds",
                      "Histogram of time_per_output_token_seconds per request.",
                      stats.token_of_request);
  }
  page.Distribution("vllm:e2e_request_latency_seconds",
                    "Histogram of e2e request latency in seconds.", stats.request);
  page.Distribution("vllm:request_queue_time_seconds",
                    "Histogram of time spent in WAITING phase for request.", stats.queue);
  if (!full) return;
  page.Distribution("vllm:request_inference_time_seconds",
                    "Histogram of time spent in RUNNING phase for request.", stats.inference);
  page.Distribution("vllm:request_prefill_time_seconds",
                    "Histogram of time spent in PREFILL phase for request.", stats.prefill);
  page.Distribution("vllm:request_decode_time_seconds",
                    "Histogram of time spent in DECODE phase for request.", stats.decode);
  page.Distribution("vllm:request_num_preemptions",
                    "Histogram of the number of times a request was preempted.",
                    stats.request_preemptions);
  page.Distribution("vllm:request_prefill_kv_computed_tokens",
                    "Histogram of new KV tokens computed during prefill (excluding cached tokens).",
                    stats.request_computed);
}

void AppendInfo(const MetricsInput& input, PageWriter& page, std::string& out) {
  const Profile& profile = input.engine.profile();
  if (profile.max_loras > 0) {
    page.Family("vllm:lora_requests_info", "gauge", "Running stats on lora requests.");
    for (const AdapterSeries& series : input.adapters) {
      std::string labels = "max_lora=\"" + std::to_string(profile.max_loras);
      labels += "\",running_lora_adapters=\"";
      AppendLabelValue(series.running, labels);
      labels += "\",waiting_lora_adapters=\"";
      AppendLabelValue(series.waiting, labels);
      labels += '"';
      page.Sample("vllm:lora_requests_info", labels, series.seen);
    }
  }
  page.Family("vllm:cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
  out.append("vllm:cache_config_info{block_size=\"").append(std::to_string(profile.block_size));
  out.append("\",cache_dtype=\"auto\",enable_prefix_caching=\"");
  out.append(profile.enable_prefix_caching ? "True" : "False");
  out.append(
      "\",engine=\"0\",gpu_memory_utilization=\"0.92\",num_cpu_blocks=\"None\","
      "num_gpu_blocks=\"");
  out.append(std::to_string(profile.num_gpu_blocks));
  out.append("\",num_gpu_blocks_override=\"None\",sliding_window=\"None\"} 1.0\n");
}

// Nobody measures bodies here: their number is right, their sizes are 0.
void AppendSizes(const std::string& name, std::string_view help, const MetricsInput& input,
                 PageWriter& page) {
  page.Family(name, "summary", help);
  for (const auto& [key, handler] : input.http->handlers) {
    const std::string path = "handler=\"" + handler.path + "\"";
    page.Sample(name + "_count", path, static_cast<double>(handler.seconds.count()));
    page.Sample(name + "_sum", path, 0);
  }
  page.Family(name + "_created", "gauge", help);
  for (const auto& [key, handler] : input.http->handlers) {
    page.Sample(name + "_created", "handler=\"" + handler.path + "\"", input.since);
  }
}

PageWriter::Created CreatedOf(const MetricsInput& input) {
  return input.detail == MetricsDetail::kFull ? PageWriter::Created::kShow
                                              : PageWriter::Created::kHide;
}

}  // namespace

void AppendVllmPage(const MetricsInput& input, std::string& out) {
  std::string model = "model_name=\"";
  AppendLabelValue(input.model, model);
  model += '"';
  PageWriter page({.first = "engine=\"0\"", .second = model}, CreatedOf(input), input.since, out);
  if (input.detail == MetricsDetail::kFull) AppendProcessFamilies(input, out);
  AppendLoad(input, page);
  AppendCounters(input, page);
  AppendDistributions(input, page);
  AppendInfo(input, page, out);
  if (input.detail == MetricsDetail::kFull) AppendHttpFamilies(input, out);
}

void AppendProcessFamilies(const MetricsInput& input, std::string& out) {
  PageWriter page({}, PageWriter::Created::kHide, input.since, out);
  const std::pair<std::string_view, std::string_view> collector[] = {
      {"python_gc_objects_collected_total", "Objects collected during gc"},
      {"python_gc_objects_uncollectable_total", "Uncollectable objects found during GC"},
      {"python_gc_collections_total", "Number of times this generation was collected"}};
  for (const auto& [name, help] : collector) {
    page.Family(name, "counter", help);
    for (const char* generation : {"0", "1", "2"}) {
      page.Sample(name, "generation=\"" + std::string(generation) + "\"", 0);
    }
  }
  page.Family("python_info", "gauge", "Python platform information");
  page.Sample("python_info",
              "implementation=\"CPython\",major=\"3\",minor=\"12\",patchlevel=\"3\","
              "version=\"3.12.3\"",
              1);
  page.Gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", 2.4e10);
  page.Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", 1.1e9);
  page.Gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
             input.since);
  page.Family("process_cpu_seconds_total", "counter", "Total user and system CPU time in seconds.");
  page.Sample("process_cpu_seconds_total", {}, 20.5);
  page.Gauge("process_open_fds", "Number of open file descriptors.", 60);
  page.Gauge("process_max_fds", "Maximum number of open file descriptors.", 1048576);
}

void AppendHttpFamilies(const MetricsInput& input, std::string& out) {
  if (input.http == nullptr) return;
  PageWriter page({}, PageWriter::Created::kShow, input.since, out);
  const auto labels = [](const HttpStats::Handler& handler) {
    return "handler=\"" + handler.path + "\",method=\"" + handler.method + "\",status=\"" +
           handler.status + "\"";
  };
  constexpr std::string_view kRequests = "Total number of requests by method, status and handler.";
  page.Family("http_requests_total", "counter", kRequests);
  for (const auto& [key, handler] : input.http->handlers) {
    page.Sample("http_requests_total", labels(handler),
                static_cast<double>(handler.seconds.count()));
  }
  page.Family("http_requests_created", "gauge", kRequests);
  for (const auto& [key, handler] : input.http->handlers) {
    page.Sample("http_requests_created", labels(handler), input.since);
  }
  AppendSizes("http_request_size_bytes", "Content length of incoming requests by handler.", input,
              page);
  AppendSizes("http_response_size_bytes", "Content length of outgoing responses by handler.", input,
              page);
  page.Distribution("http_request_duration_highr_seconds",
                    "Latency with many buckets but no API specific labels.", input.http->all);
  page.Family("http_request_duration_seconds", "histogram",
              "Latency with only few buckets by handler.");
  for (const auto& [key, handler] : input.http->handlers) {
    page.DistributionSamples("http_request_duration_seconds",
                             {.first = "handler=\"" + handler.path + "\"",
                              .second = "method=\"" + handler.method + "\""},
                             handler.seconds);
  }
}

}  // namespace fairway::modelsim
