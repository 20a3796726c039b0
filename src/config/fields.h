#pragma once
// Fields: reads the known keys of one map into variables and complains about every other key, with
// the nearest known one ("unknown field; did you mean \"weight\"?"). It collects complaints, so
// that a user sees all of them at once: read everything, then ask Finish().
//
//   config::Fields fields(params);
//   fields.Read("matchLengthWeight", weight, {.least = 0, .most = 1});
//   fields.Read("blockSizeTokens", block, {.least = 1, .most = 4096});
//   TRY_STATUS(fields.Finish());
//
// A key that is missing or null leaves the variable as it is. A null node reads as an empty map.

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"

namespace fairway::config {

class Fields {
 public:
  explicit Fields(Node node);

  void Read(std::string_view key, bool& out);
  void Read(std::string_view key, std::string& out);
  void Read(std::string_view key, std::vector<std::string>& out);
  void Read(std::string_view key, double& out, Within bounds = {});
  void Read(std::string_view key, float& out, Within bounds = {});
  void Read(std::string_view key, base::Duration& out);
  // The type's own limits hold as well.
  template <std::integral Int>
    requires(!std::same_as<Int, bool>)
  void Read(std::string_view key, Int& out, Within bounds = {}) {
    const auto value =
        ReadInteger(key, bounds, std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max());
    if (value.has_value()) out = static_cast<Int>(*value);
  }
  void ReadBytes(std::string_view key, uint64_t& out);

  // For what this reader does not know: a list, a map, a plugin's parameters. Absent if missing.
  Node Take(std::string_view key);
  // Complains if the key is missing or null. Read or take it as well.
  void Require(std::string_view key);
  // A complaint of the caller's own, told with the others.
  void Complain(base::Status status);

  // OK, or kInvalid with every complaint on a line of its own (16 at most, then "and 3 more").
  base::Status Finish();

 private:
  std::optional<int64_t> ReadInteger(std::string_view key, Within bounds, int64_t least,
                                     uint64_t most);
  template <class T>
  std::optional<T> Keep(base::Result<T> read);

  Node node_;
  std::vector<std::string> known_;
  std::vector<std::string> complaints_;
};

// The candidate that differs from `word` by few edits, or empty.
std::string_view Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace fairway::config
