#include "modelsim/metrics/metrics_page.h"

#include <array>
#include <charconv>
#include <cmath>

namespace fairway::modelsim {
namespace {

// Writes families one after another.
class Page {
 public:
  Page(std::string_view model, std::string& out)
      : out_(out), labels_("engine=\"0\",model_name=\"") {
    AppendLabelValue(model, labels_);
    labels_ += '"';
  }

  void Family(std::string_view name, std::string_view type, std::string_view help) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    out_.append(name).append(" ").append(type).append("\n");
  }

  void Gauge(std::string_view name, std::string_view help, double value) {
    Family(name, "gauge", help);
    Sample(name, labels_, value);
  }
  void Counter(std::string_view name, std::string_view help, uint64_t value) {
    Family(name, "counter", help);
    Sample(name, labels_, static_cast<double>(value));
  }
  void Distribution(std::string_view name, std::string_view help, const Histogram& histogram);

  void Sample(std::string_view name, std::string_view labels, double value) {
    out_.append(name).append("{").append(labels).append("} ");
    AppendFloat(value, out_);
    out_ += '\n';
  }

  const std::string& labels() const { return labels_; }

  static void AppendFloat(double value, std::string& out);
  static void AppendLabelValue(std::string_view value, std::string& out);

 private:
  std::string& out_;
  std::string labels_;
};

void Page::AppendFloat(double value, std::string& out) {
  std::array<char, 40> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
  out.append(text);
  if (text.find_first_of(".en") == std::string_view::npos) out.append(".0");
}

void Page::AppendLabelValue(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

void Page::Distribution(std::string_view name, std::string_view help, const Histogram& histogram) {
  Family(name, "histogram", help);
  const std::string bucket = std::string(name) + "_bucket";
  uint64_t below = 0;
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    std::string labels = "engine=\"0\",le=\"";
    if (i < histogram.bounds().size()) {
      AppendFloat(histogram.bounds()[i], labels);
    } else {
      labels += "+Inf";
    }
    labels.append("\"").append(labels_, std::string_view("engine=\"0\"").size());
    Sample(bucket, labels, static_cast<double>(below));
  }
  Sample(std::string(name) + "_count", labels_, static_cast<double>(histogram.count()));
  Sample(std::string(name) + "_sum", labels_, histogram.sum());
}

void AppendLoad(const Engine& engine, Page& page) {
  const auto waiting = static_cast<double>(engine.waiting());
  page.Gauge("vllm:num_requests_running", "Number of requests in model execution batches.",
             static_cast<double>(engine.running()));
  page.Gauge("vllm:num_requests_waiting", "Number of requests waiting to be processed.", waiting);
  page.Family("vllm:num_requests_waiting_by_reason", "gauge",
              "Number of waiting requests by reason.");
  page.Sample("vllm:num_requests_waiting_by_reason", page.labels() + ",reason=\"capacity\"",
              waiting);
  page.Sample("vllm:num_requests_waiting_by_reason", page.labels() + ",reason=\"deferred\"", 0);
  page.Gauge("vllm:kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.",
             engine.kv().Usage());
}

void AppendCounters(const EngineStats& stats, Page& page) {
  page.Counter("vllm:prefix_cache_queries_total", "Tokens looked for in the prefix cache.",
               stats.prefix_queries);
  page.Counter("vllm:prefix_cache_hits_total", "Tokens found in the prefix cache.",
               stats.prefix_hits);
  page.Counter("vllm:num_preemptions_total", "Preemptions since the engine began.",
               stats.preemptions);
  page.Counter("vllm:prompt_tokens_total", "Number of prefill tokens processed.",
               stats.prompt_tokens);
  page.Counter("vllm:generation_tokens_total", "Number of generation tokens processed.",
               stats.generation_tokens);
  page.Family("vllm:request_success_total", "counter", "Count of successfully processed requests.");
  const auto finished = [&](std::string_view reason, uint64_t count) {
    std::string labels = "engine=\"0\",finished_reason=\"";
    labels.append(reason).append("\"").append(page.labels(),
                                              std::string_view("engine=\"0\"").size());
    page.Sample("vllm:request_success_total", labels, static_cast<double>(count));
  };
  finished("stop", stats.finished_stop);
  finished("length", stats.finished_length);
  finished("abort", 0);  // the real one does not count disconnects here either
  page.Counter("vllm:admission_rejections_total", "Requests refused because the queue was full.",
               stats.rejected);
}

void AppendInfo(const MetricsInput& input, Page& page, std::string& out) {
  const Profile& profile = input.engine.profile();
  if (profile.max_loras > 0) {
    page.Family("vllm:lora_requests_info", "gauge", "Running stats on lora requests.");
  }
  for (const AdapterSeries& series : input.adapters) {
    if (profile.max_loras == 0) break;
    std::string labels = "max_lora=\"" + std::to_string(profile.max_loras);
    labels += "\",running_lora_adapters=\"";
    Page::AppendLabelValue(series.running, labels);
    labels += "\",waiting_lora_adapters=\"";
    Page::AppendLabelValue(series.waiting, labels);
    labels += '"';
    page.Sample("vllm:lora_requests_info", labels, series.seen);
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

}  // namespace

void AppendMetricsPage(const MetricsInput& input, std::string& out) {
  const EngineStats& stats = input.engine.stats();
  const size_t begin = out.size();
  Page page(input.model, out);
  AppendLoad(input.engine, page);
  AppendCounters(stats, page);
  page.Distribution("vllm:iteration_tokens_total", "Number of tokens per engine step.",
                    stats.step_tokens);
  page.Distribution("vllm:time_to_first_token_seconds", "Time to first token in seconds.",
                    stats.first_token);
  page.Distribution("vllm:inter_token_latency_seconds", "Inter-token latency in seconds.",
                    stats.inter_token);
  page.Distribution("vllm:e2e_request_latency_seconds", "End to end request latency in seconds.",
                    stats.request);
  page.Distribution("vllm:request_queue_time_seconds", "Time spent waiting in the queue.",
                    stats.queue);
  AppendInfo(input, page, out);
  for (int i = 0; out.size() - begin < input.engine.profile().metrics_page_bytes; ++i) {
    page.Distribution("vllm:padding_" + std::to_string(i) + "_seconds",
                      "Nothing: it makes this page as long as a real one.", stats.first_token);
  }
}

}  // namespace fairway::modelsim
