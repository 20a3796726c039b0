#include <benchmark/benchmark.h>

#include <array>

#include "identity/reserved_headers.h"

namespace fairway::identity {
namespace {

// What an OpenAI client sends, about; one iteration is the whole set.
constexpr std::array<std::string_view, 16> kUsual = {"host",
                                                     "user-agent",
                                                     "accept",
                                                     "accept-encoding",
                                                     "connection",
                                                     "content-type",
                                                     "content-length",
                                                     "authorization",
                                                     "X-Stainless-Lang",
                                                     "X-Stainless-Package-Version",
                                                     "X-Stainless-OS",
                                                     "X-Stainless-Arch",
                                                     "X-Stainless-Runtime",
                                                     "x-request-id",
                                                     "traceparent",
                                                     "transfer-encoding"};

void ClassifyUsual(benchmark::State& state) {
  for (auto _ : state) {
    for (const std::string_view name : kUsual) benchmark::DoNotOptimize(Classify(name));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kUsual.size()));
}
BENCHMARK(ClassifyUsual);

}  // namespace
}  // namespace fairway::identity
