#pragma once
// Node: a place in a configuration document, with the file, line and field it came from, so that
// every complaint reads "x.yaml:12: plugins[0].weight: expected a number, got \"abc\"".
//
// A Node is a handle on an immutable tree that it keeps alive: copy it freely, read it from any
// thread. A Node that was asked for and is not there is null and absent; it still knows its parent,
// so "missing" is told with a line as well. Reading never fails with an exception (config/yaml.cc).

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace fairway::config {

enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
enum class Quoting : uint8_t {
  kPlain,
  kQuoted
};  // a quoted scalar is text, never a number or null

// Storage behind Node, filled by config/yaml.cc. Node 0 is the root; children come after parents.
struct Tree {
  struct Item {
    Kind kind = Kind::kNull;
    Quoting quoting = Quoting::kPlain;
    int line = 1;  // from 1
    int column = 1;
    uint32_t parent = 0;
    uint32_t position = 0;  // in the parent's list
    std::string key;        // in the parent's map
    std::string text;       // of a scalar
    std::vector<uint32_t> children;
  };
  std::string file;
  std::vector<Item> items;
};

// Bounds of a number, both included.
struct Within {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

class Node {
 public:
  // Absent, of no document. Reads as null: what a plugin without parameters gets.
  Node() = default;
  Node(std::shared_ptr<const Tree> tree, uint32_t index);

  Kind kind() const;
  bool IsNull() const { return kind() == Kind::kNull; }
  bool IsMap() const { return kind() == Kind::kMap; }
  bool IsList() const { return kind() == Kind::kList; }
  bool IsScalar() const { return kind() == Kind::kScalar; }

  // "x.yaml:12"; of an absent node, its parent's.
  std::string Where() const;
  // "plugins[0].weight"; empty for a root.
  std::string Path() const;
  // kInvalid: "x.yaml:12: plugins[0].weight: " + what.
  base::Status Error(std::string_view what) const;
  // What stands here, for a message: "\"abc\"", "a list", "nothing". Never long, always printable.
  std::string Shown() const;

  // Each is kInvalid, with place and field, unless the node is such a thing.
  base::Result<std::string> Text() const;  // any scalar, quoted or not
  base::Result<bool> Bool() const;         // true or false
  base::Result<double> Number(Within bounds = {}) const;
  base::Result<int64_t> Integer(Within bounds = {}) const;
  base::Result<base::Duration> Duration() const;  // "250ms", "1.5s", "2m", "1h"; not negative
  base::Result<uint64_t> Bytes() const;           // 65536, "64KiB", "64MiB", "2GiB"

  // Of a list: its items. Of a map: its values in order. Else empty.
  std::vector<Node> Items() const;
  // The key under which this node stands in its map; empty in a list.
  std::string_view Key() const;
  // Of a map: the value under the key, or an absent node.
  Node Get(std::string_view key) const;

 private:
  const Tree::Item* item() const;
  base::Status Expected(std::string_view what) const;

  std::shared_ptr<const Tree> tree_;
  uint32_t index_ = 0;
  std::optional<std::string> absent_;  // set: the child of index_ that is not there, by its key
};

}  // namespace fairway::config
