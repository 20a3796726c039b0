#pragma once
// What a vLLM metrics page says about its server's load. Nothing is guessed: a family that is not
// on the page, or has no finite value of 0 or more, leaves its figure unknown.
//
// Several engines on one page (data-parallel ranks behind one address) count as the one server that
// they are for routing: requests, blocks and counters are summed. KV cache use is averaged, since
// each rank has a cache of its own of the same size and the server places a request on a rank with
// room: the largest would call a server full that still has room, and the first series (what the
// incumbent takes) hides every other rank.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/load_columns.h"

namespace fairway::sources {

struct VllmReport {
  data::LoadReport load;  // its names are views into the page or the parser
  // Counters since the server's start; doubles as on the page, exact up to 2^53.
  std::optional<double> prompt_tokens;
  std::optional<double> generation_tokens;
  std::optional<double> prefix_queries;  // tokens looked up in the prefix cache
  std::optional<double> prefix_hits;     // of them found
  size_t bad_lines = 0;                  // of the families above, skipped

  // Whether it is a vLLM page at all: it tells queued or running requests.
  bool known() const { return data::Known(load.waiting) || data::Known(load.running); }
};

// Reused from page to page so that a steady scrape allocates nothing. One owner.
class VllmParser {
 public:
  // Never fails: a page that says nothing gives a report that knows nothing. Good until the next
  // call, while the page lives.
  const VllmReport& Parse(std::string_view page);

 private:
  // The adapter names of one list, comma-separated on the page; at most kMaxLoraNames are kept.
  struct Names {
    std::string unescaped;
    std::array<std::string_view, data::kMaxLoraNames> views;
    std::span<const std::string_view> Read(std::string_view labels, std::string_view name);
  };
  VllmReport report_;
  Names running_;
  Names waiting_;
};

}  // namespace fairway::sources
