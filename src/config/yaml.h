#pragma once
// YAML text to Nodes. The only door to yaml-cpp, whose exceptions end here as a Status.
// Invariant: what is built from a text is bounded by Limits, whatever the text says: anchors are
// expanded, and the copies count.
//
// Plain scalars follow the YAML 1.2 core schema: `yes` and `on` are text. A duplicate key, a merge
// key
// (<<) and a tag other than !!str, !!int, !!float, !!bool, !!null are refused.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/node.h"

namespace fairway::config {

struct Limits {
  size_t bytes = 4 * 1024 * 1024;
  size_t items = 200'000;  // scalars, lists and maps of all documents, aliases expanded
  size_t text_bytes = 16 * 1024 * 1024;  // keys and scalars of all documents, aliases expanded
  size_t depth = 64;
  size_t documents = 1'000;
};

// One Node a document; documents that hold nothing are left out. `file` is how messages name the
// text.
base::Result<std::vector<Node>> ParseYaml(std::string_view text, std::string file,
                                          const Limits& limits = {});

// The text of a single document; kInvalid if there are more. An empty text is a null Node.
base::Result<Node> ParseYamlDocument(std::string_view text, std::string file,
                                     const Limits& limits = {});

}  // namespace fairway::config
