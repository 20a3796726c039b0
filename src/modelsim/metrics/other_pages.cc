#include "modelsim/metrics/other_pages.h"

#include "modelsim/metrics/page_writer.h"

namespace fairway::modelsim {
namespace {

std::string ModelLabel(std::string_view key, std::string_view model) {
  std::string label = std::string(key) + "=\"";
  AppendLabelValue(model, label);
  return label + "\"";
}

double HitRate(const EngineStats& stats) {
  if (stats.prefix_queries == 0) return 0;
  return static_cast<double>(stats.prefix_hits) / static_cast<double>(stats.prefix_queries);
}

double UsedTokens(const Engine& engine) {
  return static_cast<double>(engine.kv().blocks() - engine.kv().free_blocks()) *
         engine.profile().block_size;
}

}  // namespace

void AppendSglangPage(const MetricsInput& input, std::string& out) {
  const Engine& engine = input.engine;
  const EngineStats& stats = engine.stats();
  const PageWriter::Labels labels = {.first = "engine_type=\"unified\"",
                                     .second = ModelLabel("model_name", input.model) +
                                               ",moe_ep_rank=\"0\",pp_rank=\"0\",tp_rank=\"0\""};
  PageWriter page(labels, PageWriter::Created::kHide, input.since, out);
  page.Gauge("sglang:num_running_reqs", "The number of running requests.",
             static_cast<double>(engine.running()));
  page.Gauge("sglang:num_used_tokens", "The number of used tokens.", UsedTokens(engine));
  page.Gauge("sglang:token_usage", "The token usage.", engine.kv().Usage());
  page.Gauge("sglang:num_queue_reqs", "The number of requests in the waiting queue.",
             static_cast<double>(engine.waiting()));
  page.Gauge("sglang:cache_hit_rate", "The prefix cache hit rate.", HitRate(stats));
  page.Gauge("sglang:max_total_num_tokens", "Maximum total number of tokens in the KV cache pool.",
             static_cast<double>(engine.kv().blocks()) * engine.profile().block_size);
  page.Family("sglang:cache_config_info", "gauge", "Information of the cache configuration.");
  page.Sample("sglang:cache_config_info",
              page.labels() + ",num_pages=\"" + std::to_string(engine.kv().blocks()) +
                  "\",page_size=\"" + std::to_string(engine.profile().block_size) + "\"",
              1);
  page.Counter("sglang:prompt_tokens_total", "Number of prefill tokens processed.",
               static_cast<double>(stats.prompt_tokens));
  page.Counter("sglang:generation_tokens_total", "Number of generation tokens processed.",
               static_cast<double>(stats.generation_tokens));
  page.Counter("sglang:cached_tokens_total", "Number of cached prompt tokens.",
               static_cast<double>(stats.prefix_hits));
  page.Counter("sglang:num_requests_total", "Number of requests processed.",
               static_cast<double>(stats.finished_stop + stats.finished_length));
  page.Distribution("sglang:time_to_first_token_seconds",
                    "Histogram of time to first token in seconds.", stats.first_token);
  page.Distribution("sglang:inter_token_latency_seconds",
                    "Histogram of inter-token latency in seconds.", stats.inter_token);
  page.Distribution("sglang:e2e_request_latency_seconds",
                    "Histogram of End-to-end request latency in seconds", stats.request);
}

void AppendTrtllmPage(const MetricsInput& input, std::string& out) {
  const Engine& engine = input.engine;
  const EngineStats& stats = engine.stats();
  const PageWriter::Labels labels = {.first = "engine_type=\"undefined\"",
                                     .second = ModelLabel("model_name", input.model)};
  PageWriter page(labels, PageWriter::Created::kHide, input.since, out);
  page.Gauge("trtllm_num_requests_running", "Number of requests that are being processed.",
             static_cast<double>(engine.running()));
  page.Gauge("trtllm_num_requests_waiting", "Number of requests that wait.",
             static_cast<double>(engine.waiting()));
  page.Gauge("trtllm_kv_cache_utilization", "KV cache utilization.", engine.kv().Usage());
  page.Gauge("trtllm_kv_cache_hit_rate", "KV cache hit rate.", HitRate(stats));
  page.Gauge("trtllm_kv_cache_max_blocks", "KV cache blocks.", engine.kv().blocks());
  page.Gauge("trtllm_kv_cache_tokens_per_block", "Tokens of a KV cache block.",
             engine.profile().block_size);
  page.Family("trtllm_request_success_total", "counter",
              "Count of successfully processed requests.");
  const auto finished = [&](std::string_view reason, uint64_t count) {
    page.Sample("trtllm_request_success_total",
                page.labels() + ",finished_reason=\"" + std::string(reason) + "\"",
                static_cast<double>(count));
  };
  finished("stop", stats.finished_stop);
  finished("length", stats.finished_length);
  page.Distribution("trtllm_time_to_first_token_seconds",
                    "Histogram of time to first token in seconds.", stats.first_token);
  page.Distribution("trtllm_time_per_output_token_seconds",
                    "Histogram of time per output token in seconds.", stats.token_of_request);
  page.Distribution("trtllm_e2e_request_latency_seconds",
                    "Histogram of end to end request latency in seconds.", stats.request);
  page.Distribution("trtllm_request_queue_time_seconds",
                    "Histogram of time spent in WAITING phase for request.", stats.queue);
}

void AppendTritonPage(const MetricsInput& input, std::string& out) {
  const Engine& engine = input.engine;
  const EngineStats& stats = engine.stats();
  const auto ended = static_cast<double>(stats.finished_stop + stats.finished_length);
  PageWriter page({.first = {}, .second = ModelLabel("model", input.model) + ",version=\"1\""},
                  PageWriter::Created::kHide, input.since, out);
  page.Counter("nv_inference_request_success", "Number of successful inference requests", ended);
  page.Counter("nv_inference_exec_count", "Number of model executions performed",
               static_cast<double>(stats.step_tokens.count()));
  page.Gauge("nv_inference_pending_request_count",
             "Instantaneous number of pending requests awaiting execution per-model.",
             static_cast<double>(engine.waiting()));
  const auto family = [&](std::string_view name, std::string_view help, std::string_view label,
                          std::initializer_list<std::pair<std::string_view, double>> samples) {
    page.Family(name, "gauge", help);
    for (const auto& [value, number] : samples) {
      std::string labels(label);
      labels.append("=\"").append(value).append("\",").append(page.labels());
      page.Sample(name, labels, number);
    }
  };
  const auto running = static_cast<double>(engine.running());
  const auto waiting = static_cast<double>(engine.waiting());
  family("nv_trt_llm_request_metrics", "TRT LLM request metrics", "request_type",
         {{"waiting", waiting},
          {"context", 0},
          {"scheduled", running},
          {"max", engine.profile().max_num_seqs},
          {"active", running + waiting}});
  const double blocks = engine.kv().blocks();
  const double free = engine.kv().free_blocks();
  family("nv_trt_llm_kv_cache_block_metrics", "TRT LLM KV cache block metrics",
         "kv_cache_block_type",
         {{"used", blocks - free},
          {"free", free},
          {"max", blocks},
          {"tokens_per", engine.profile().block_size},
          {"fraction", engine.kv().Usage()}});
}

}  // namespace fairway::modelsim
