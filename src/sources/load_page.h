#pragma once
// What a model server's metrics page says about its load. Nothing is guessed: a family that is not
// on the page, or has no finite value of 0 or more, leaves its figure unknown.
//
// Several engines on one page (data-parallel ranks, or models, behind one address) count as the one
// server that they are for routing: requests, blocks and counters are summed. KV cache use is
// averaged, since each rank has a cache of its own of the same size and the server places a request
// on a rank with room: the largest would call a server full that still has room, and the first
// series (what the incumbent takes) hides every other rank.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "data/load_columns.h"
#include "sources/engines.h"

namespace fairway::sources {

struct LoadPage {
  data::LoadReport load;         // its names are views into the page or the parser
  size_t bad_lines = 0;          // of the families wanted, skipped
  std::optional<size_t> engine;  // whose page it is; none: of nobody known

  // It tells queued or running requests.
  bool known() const { return data::Known(load.waiting) || data::Known(load.running); }
};

// Reused from page to page so that a steady scrape allocates nothing. One owner.
class LoadPageParser {
 public:
  explicit LoadPageParser(std::shared_ptr<const Engines> engines) : engines_(std::move(engines)) {}

  // What the page says to whom it means something: first to `guess`, the engine that it was of the
  // last time, then to each other one in turn. Never fails. Good until the next call, while the
  // page lives.
  const LoadPage& Parse(std::string_view page, std::optional<size_t> guess);
  // The same for an engine that is told, and no other.
  const LoadPage& ParseAs(std::string_view page, size_t engine);

  const Engines& engines() const { return *engines_; }
  void Use(std::shared_ptr<const Engines> engines) { engines_ = std::move(engines); }

 private:
  // The adapter names of one list, comma-separated on the page; at most kMaxLoraNames are kept.
  struct Names {
    std::string unescaped;
    std::array<std::string_view, data::kMaxLoraNames> views;
    std::span<const std::string_view> Read(std::string_view labels, std::string_view name);
  };

  std::shared_ptr<const Engines> engines_;
  LoadPage page_;
  Names running_;
  Names waiting_;
};

}  // namespace fairway::sources
