#pragma once
// Engines: the kinds of model servers whose metrics pages can be read, each a mapping from series
// to figures. Those that everybody runs are built in; a configuration adds others or replaces them.
// Immutable; any thread.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "data/engine_mapping.h"
#include "sources/metrics_text.h"

namespace fairway::sources {

// A figure of a server's load, by how several series of it make one.
enum class Figure : uint8_t {
  kQueued,  // summed, as are those below unless told otherwise
  kRunning,
  kKvUsage,       // the mean
  kOlderKvUsage,  // the mean; counts where kKvUsage is not on the page
  kTokens,
  kNumBlocks,
  kBlockSize,  // the last
  kCacheInfo,  // block size and number of blocks as labels: the last, the sum
  kLora,       // the newest
};
inline constexpr size_t kFigures = 9;

// A mapping, made ready for reading pages.
class Engine {
 public:
  struct Use {
    Figure figure;
    const data::SeriesName* series;  // its labels must be there
  };

  explicit Engine(data::EngineMapping mapping);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const data::EngineMapping& mapping() const { return mapping_; }
  // Null: it reads nothing.
  const WantedFamilies* wanted() const { return wanted_ ? &*wanted_ : nullptr; }
  // By WantedFamilies' index.
  std::span<const Use> UsesOf(size_t family) const { return uses_[family]; }

 private:
  void Add(Figure figure, const data::SeriesName& series);

  const data::EngineMapping mapping_;
  std::vector<std::string_view> families_;
  std::vector<std::vector<Use>> uses_;  // of families_, one by one
  std::optional<WantedFamilies> wanted_;
};

class Engines {
 public:
  explicit Engines(std::span<const data::EngineMapping> more = {});

  size_t size() const { return engines_.size(); }
  const Engine& operator[](size_t i) const { return *engines_[i]; }
  std::optional<size_t> Find(std::string_view name) const;

 private:
  std::vector<std::unique_ptr<const Engine>> engines_;  // in the order in which pages are tried
};

// vllm, sglang, trtllm-serve, triton-tensorrt-llm, triton.
std::vector<data::EngineMapping> BuiltInEngines();

}  // namespace fairway::sources
