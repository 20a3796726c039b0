#include "modelsim/served.h"

#include "json/text.h"
#include "modelsim/prompt.h"

namespace fairway::modelsim {

std::vector<Served> ServedOf(std::string_view model, std::span<const std::string> adapters) {
  std::vector<Served> served;
  const auto add = [&served](std::string_view name, uint64_t hash_root) {
    Served& one = served.emplace_back();
    one.name = name;
    one.hash_root = hash_root;
    one.adapter = served.size() > 1;
    json::AppendQuoted(name, one.json);
  };
  add(model, 0);
  for (const std::string& adapter : adapters) add(adapter, BlockHash(1, adapter));
  return served;
}

}  // namespace fairway::modelsim
