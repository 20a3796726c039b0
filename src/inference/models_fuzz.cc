// Any bytes as a model list: never a crash, and what was read survives being written.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "inference/models.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using fairway::inference::ParseModels;
  using fairway::inference::WriteModels;
  const auto models = ParseModels({reinterpret_cast<const char*>(data), size});
  if (!models.ok()) return 0;
  const auto again = ParseModels(WriteModels(*models, 1));
  CHECK(again.ok());
  CHECK(*again == *models);
  return 0;
}
