#include "modelsim/metrics/pages.h"

#include "json/writer.h"
#include "modelsim/metrics/other_pages.h"
#include "modelsim/metrics/page_writer.h"
#include "modelsim/metrics/vllm_page.h"

namespace fairway::modelsim {

void AppendMetricsPage(const MetricsInput& input, std::string& out) {
  const size_t begin = out.size();
  switch (input.kind) {
    case EngineKind::kVllm:
      AppendVllmPage(input, out);
      break;
    case EngineKind::kSglang:
      AppendSglangPage(input, out);
      break;
    case EngineKind::kTrtllm:
      AppendTrtllmPage(input, out);
      break;
    case EngineKind::kTriton:
      AppendTritonPage(input, out);
      break;
  }
  PageWriter page({}, PageWriter::Created::kHide, input.since, out);
  for (int i = 0; out.size() - begin < input.engine.profile().metrics_page_bytes; ++i) {
    page.Distribution("sim_padding_" + std::to_string(i) + "_seconds",
                      "Nothing: it makes this page as long as asked for.",
                      input.engine.stats().first_token);
  }
}

std::string TrtllmIterationStats(const Engine& engine) {
  const EngineStats& stats = engine.stats();
  if (stats.step_tokens.count() == 0) return "[]";
  std::string out;
  json::Writer to(out);
  to.BeginArray().BeginObject().Member("iter", stats.step_tokens.count());
  to.Member("numActiveRequests", engine.running()).Member("numQueuedRequests", engine.waiting());
  to.Member("maxNumActiveRequests", engine.profile().max_num_seqs);
  to.Key("kvCacheStats").BeginObject().Member("freeNumBlocks", engine.kv().free_blocks());
  to.Member("maxNumBlocks", engine.kv().blocks());
  to.Member("tokensPerBlock", engine.profile().block_size);
  to.Member("usedNumBlocks", engine.kv().blocks() - engine.kv().free_blocks()).EndObject();
  to.EndObject().EndArray();
  return out;
}

}  // namespace fairway::modelsim
