#include "modelsim/served.h"

#include <algorithm>

#include "json/text.h"
#include "modelsim/engine/prompt.h"

namespace fairway::modelsim {

ServedModels::ServedModels(std::string_view model, std::span<const std::string> adapters) {
  Add(model, 0);
  for (const std::string& adapter : adapters) Load(adapter);
}

ServedModels::Pointer ServedModels::Find(std::string_view name) const {
  if (name.empty()) return served_.front();
  const auto found = std::ranges::find(served_, name, [](const Pointer& one) { return one->name; });
  return found == served_.end() ? nullptr : *found;
}

bool ServedModels::Load(std::string_view adapter) {
  if (adapter.empty() || Find(adapter) != nullptr || served_.size() > kMaxAdapters) return false;
  Add(adapter, BlockHash(1, adapter));
  return true;
}

ServedModels::Pointer ServedModels::Unload(std::string_view adapter) {
  Pointer found = Find(adapter);
  if (found == nullptr || found->adapter == 0) return nullptr;
  std::erase(served_, found);
  return found;
}

std::string ServedModels::NamesOf(std::span<const AdapterId> adapters) const {
  std::vector<std::string_view> names;
  for (const Pointer& one : served_) {
    if (one->adapter != 0 && std::ranges::find(adapters, one->adapter) != adapters.end()) {
      names.emplace_back(one->name);
    }
  }
  std::ranges::sort(names);
  std::string joined;
  for (const std::string_view name : names) {
    if (!joined.empty()) joined += ',';
    joined += name;
  }
  return joined;
}

void ServedModels::Add(std::string_view name, uint64_t hash_root) {
  auto one = std::make_shared<Served>();
  one->name = name;
  one->hash_root = hash_root;
  one->adapter = served_.empty() ? 0 : ++last_;
  json::AppendQuoted(name, one->json);
  served_.push_back(std::move(one));
}

}  // namespace fairway::modelsim
