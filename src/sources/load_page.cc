#include "sources/vllm_metrics.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "sources/metrics_text.h"

namespace fairway::sources {
namespace {

enum Family : size_t {
  kWaiting,
  kRunning,
  kKvUsage,
  kKvUsageOld,
  kCacheConfig,
  kLora,
  kPromptTokens,
  kGenerationTokens,
  kPrefixQueries,
  kPrefixHits,
  kFamilies,
};

constexpr std::array<std::string_view, kFamilies> kNames = {
    "vllm:num_requests_waiting",       "vllm:num_requests_running",
    "vllm:kv_cache_usage_perc",
    "vllm:gpu_cache_usage_perc",  // the same figure before vLLM 0.10
    "vllm:cache_config_info",          "vllm:lora_requests_info",
    "vllm:prompt_tokens_total",        "vllm:generation_tokens_total",
    "vllm:prefix_cache_queries_total", "vllm:prefix_cache_hits_total",
};

const WantedFamilies& Wanted() {
  static const WantedFamilies wanted(kNames);
  return wanted;
}

// Of one family: the sum over its series, and how many there were.
struct Sum {
  double total = 0;
  int count = 0;

  void Add(double value) {
    if (!std::isfinite(value) || value < 0) return;
    total += value;
    ++count;
  }
  std::optional<double> Total() const {
    return count > 0 ? std::optional<double>(total) : std::nullopt;
  }
  std::optional<double> Mean() const {
    return count > 0 ? std::optional<double>(total / count) : std::nullopt;
  }
};

std::optional<uint32_t> NumberLabel(std::string_view labels, std::string_view name) {
  const auto label = FindLabel(labels, name);
  if (!label) return std::nullopt;
  uint32_t value = 0;
  const char* end = label->value.data() + label->value.size();
  const auto parsed = std::from_chars(label->value.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;  // "None", say
  return value;
}

// vLLM leaves one series for every set of adapters it ever ran. The value is the time at which it
// was last true, so the newest is the largest.
struct NewestLora {
  std::string_view labels;
  double at = 0;
  bool found = false;

  void Offer(const Sample& sample) {
    if (!std::isfinite(sample.value) || (found && sample.value < at)) return;
    labels = sample.labels;
    at = sample.value;
    found = true;
  }
};

// One series a rank: the block size is the same, the blocks add up.
void AddCacheConfig(std::string_view labels, data::LoadReport& load) {
  if (const auto size = NumberLabel(labels, "block_size")) load.block_size_tokens = *size;
  const uint64_t blocks =
      uint64_t{load.kv_blocks} + NumberLabel(labels, "num_gpu_blocks").value_or(0);
  load.kv_blocks = static_cast<uint32_t>(std::min<uint64_t>(blocks, UINT32_MAX));
}

float Figure(std::optional<double> value) {
  return value ? static_cast<float>(*value) : data::kUnknown;
}

std::optional<uint64_t> TokensTotal(const VllmReport& report) {
  if (!report.prompt_tokens && !report.generation_tokens) return std::nullopt;
  const double sum = report.prompt_tokens.value_or(0) + report.generation_tokens.value_or(0);
  return static_cast<uint64_t>(std::min(sum, 9e18));
}

}  // namespace

std::span<const std::string_view> VllmParser::Names::Read(std::string_view labels,
                                                          std::string_view name) {
  const auto label = FindLabel(labels, name);
  if (!label) return {};
  size_t count = 0;
  std::string_view rest = Unescape(*label, unescaped);
  while (!rest.empty() && count < views.size()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) views[count++] = item;
  }
  return {views.data(), count};
}

const VllmReport& VllmParser::Parse(std::string_view page) {
  report_ = {};
  std::array<Sum, kFamilies> sums;
  NewestLora lora;
  MetricsTextReader reader(page, Wanted());
  Sample sample;
  while (reader.Next(sample)) {
    if (sample.family == kCacheConfig) {
      AddCacheConfig(sample.labels, report_.load);
    } else if (sample.family == kLora) {
      lora.Offer(sample);
    } else {
      sums[sample.family].Add(sample.value);
    }
  }
  report_.bad_lines = reader.bad_lines();
  report_.prompt_tokens = sums[kPromptTokens].Total();
  report_.generation_tokens = sums[kGenerationTokens].Total();
  report_.prefix_queries = sums[kPrefixQueries].Total();
  report_.prefix_hits = sums[kPrefixHits].Total();

  data::LoadReport& load = report_.load;
  load.waiting = Figure(sums[kWaiting].Total());
  load.running = Figure(sums[kRunning].Total());
  load.kv_usage = Figure((sums[kKvUsage].count > 0 ? sums[kKvUsage] : sums[kKvUsageOld]).Mean());
  load.tokens_total = TokensTotal(report_);
  if (lora.found) {
    load.max_loras = NumberLabel(lora.labels, "max_lora").value_or(0);
    load.running_loras = running_.Read(lora.labels, "running_lora_adapters");
    load.waiting_loras = waiting_.Read(lora.labels, "waiting_lora_adapters");
  }
  return report_;
}

}  // namespace fairway::sources
