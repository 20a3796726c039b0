#include "sources/load_page.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sources/metrics_text.h"

namespace fairway::sources {
namespace {

// Of one figure: the sum over its series, and how many there were.
struct Sum {
  double total = 0;
  double last = 0;
  int count = 0;

  void Add(double value) {
    if (!std::isfinite(value) || value < 0) return;
    total += value;
    last = value;
    ++count;
  }
  float Total() const { return count > 0 ? static_cast<float>(total) : data::kUnknown; }
  float Mean() const { return count > 0 ? static_cast<float>(total / count) : data::kUnknown; }
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

uint32_t Saturated(double n) { return static_cast<uint32_t>(std::min<double>(n, UINT32_MAX)); }

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

bool HasLabels(const Sample& sample, const data::SeriesName& series) {
  return std::ranges::all_of(series.labels, [&](const auto& wanted) {
    const auto label = FindLabel(sample.labels, wanted.first);
    return label && label->value == wanted.second;
  });
}

// Everything that the page says in one engine's words.
struct Reading {
  std::array<Sum, kFigures> sums;
  NewestLora lora;

  Sum& Of(Figure figure) { return sums[static_cast<size_t>(figure)]; }

  void Take(const Sample& sample, const Engine& engine) {
    for (const Engine::Use& use : engine.UsesOf(sample.family)) {
      if (!use.series->labels.empty() && !HasLabels(sample, *use.series)) continue;
      if (use.figure == Figure::kLora) {
        lora.Offer(sample);
      } else if (use.figure == Figure::kCacheInfo) {
        const data::EngineMapping& mapping = engine.mapping();
        if (const auto size = NumberLabel(sample.labels, mapping.block_size_label))
          Of(Figure::kBlockSize).Add(*size);
        if (const auto blocks = NumberLabel(sample.labels, mapping.num_blocks_label))
          Of(Figure::kNumBlocks).Add(*blocks);
      } else {
        Of(use.figure).Add(sample.value);
      }
    }
  }

  void Report(data::LoadReport& load) {
    load.waiting = Of(Figure::kQueued).Total();
    load.running = Of(Figure::kRunning).Total();
    const bool older = Of(Figure::kKvUsage).count == 0;
    load.kv_usage = Of(older ? Figure::kOlderKvUsage : Figure::kKvUsage).Mean();
    load.block_size_tokens = Saturated(Of(Figure::kBlockSize).last);
    load.kv_blocks = Saturated(Of(Figure::kNumBlocks).total);
    // Doubles on the page are exact up to 2^53.
    if (const Sum& tokens = Of(Figure::kTokens); tokens.count > 0)
      load.tokens_total = static_cast<uint64_t>(std::min(tokens.total, 9e18));
  }
};

}  // namespace

std::span<const std::string_view> LoadPageParser::Names::Read(std::string_view labels,
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

const LoadPage& LoadPageParser::Parse(std::string_view page, std::optional<size_t> guess) {
  if (guess && *guess < engines_->size() && ParseAs(page, *guess).known()) return page_;
  size_t bad_lines = guess ? page_.bad_lines : 0;
  for (size_t i = 0; i < engines_->size(); ++i) {
    if (i == guess) continue;
    if (ParseAs(page, i).known()) return page_;
    bad_lines += page_.bad_lines;
  }
  page_ = {};
  page_.bad_lines = bad_lines;
  return page_;
}

const LoadPage& LoadPageParser::ParseAs(std::string_view page, size_t index) {
  const Engine& engine = (*engines_)[index];
  page_ = {};
  if (engine.wanted() == nullptr) return page_;
  Reading reading;
  MetricsTextReader reader(page, *engine.wanted());
  Sample sample;
  while (reader.Next(sample)) reading.Take(sample, engine);
  page_.bad_lines = reader.bad_lines();
  reading.Report(page_.load);
  if (reading.lora.found) {
    const std::string_view labels = reading.lora.labels;
    page_.load.max_loras = NumberLabel(labels, "max_lora").value_or(0);
    page_.load.running_loras = running_.Read(labels, "running_lora_adapters");
    page_.load.waiting_loras = waiting_.Read(labels, "waiting_lora_adapters");
  }
  if (page_.known()) page_.engine = index;
  return page_;
}

}  // namespace fairway::sources
