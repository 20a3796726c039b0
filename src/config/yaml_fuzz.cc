// Any bytes: no crash, and whatever parses can be walked, within the limits.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/fields.h"
#include "config/yaml.h"

namespace {

using fairway::config::Node;

size_t Walk(const Node& node) {
  size_t count = 1;
  (void)node.Text();
  (void)node.Bool();
  (void)node.Number({.least = 0});
  (void)node.Integer();
  (void)node.Duration();
  (void)node.Bytes();
  CHECK(node.Error(node.Shown()).message().size() < 64 * 64 + 1000);
  for (const Node& item : node.Items()) {
    CHECK(!node.IsMap() || !node.Get(item.Key()).Path().empty());
    count += Walk(item);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fairway::config::Limits limits{.bytes = 64 * 1024, .items = 500, .depth = 16};
  const auto documents = fairway::config::ParseYaml(text, "fuzz.yaml", limits);
  if (!documents.ok()) {
    CHECK(!documents.status().message().empty());
    return 0;
  }
  size_t count = 0;
  for (const Node& document : *documents) {
    count += Walk(document);
    fairway::config::Fields fields(document);
    int number = 0;
    fields.Read("a", number);
    (void)fields.Finish();
  }
  CHECK(count <= limits.items);
  return 0;
}
