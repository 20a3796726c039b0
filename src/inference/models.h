#pragma once
// The model list of /v1/models: read from an engine, written for our own clients.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace fairway::inference {

// Value.
struct ServedModel {
  std::string id;
  std::string parent;  // the base model of a LoRA adapter; empty for a base model
  std::string root;    // the weights' path or name, if told
  std::optional<uint64_t> max_model_len;
  bool is_adapter() const { return !parent.empty(); }
  friend bool operator==(const ServedModel&, const ServedModel&) = default;
};

inline constexpr size_t kMaxServedModels = 4096;

// In the page's order. kInvalid: not JSON, no "data" array, an entry without an id; kExhausted:
// more than kMaxServedModels.
base::Result<std::vector<ServedModel>> ParseModels(std::string_view page);

// A page in the same shape; `created` is in seconds since the epoch.
std::string WriteModels(std::span<const ServedModel> models, int64_t created);
// One entry of it, as /v1/models/ID has it.
std::string WriteModel(const ServedModel& model, int64_t created);

}  // namespace fairway::inference
