// Any bytes as a metrics page: the parser ends, stays inside the page, and reports figures in
// range.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "sources/load_page.h"
#include "sources/metrics_text.h"

namespace sources = fairway::sources;
using fairway::data::kMaxLoraNames;
using fairway::data::Known;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  static sources::LoadPageParser parser(std::make_shared<const sources::Engines>());
  const sources::LoadPage& report = parser.Parse(page, {});
  const auto fits = [](float figure) { return !Known(figure) || figure >= 0; };
  CHECK(fits(report.load.waiting) && fits(report.load.running) && fits(report.load.kv_usage));
  CHECK(report.load.running_loras.size() <= kMaxLoraNames);
  for (const std::string_view name : report.load.running_loras) CHECK(!name.empty());

  constexpr std::string_view kNames[] = {"a", "ab", "vllm:x"};
  static const sources::WantedFamilies wanted(kNames);
  sources::MetricsTextReader reader(page, wanted);
  sources::Sample sample;
  std::string scratch;
  while (reader.Next(sample)) {
    CHECK(sample.labels.empty() || (sample.labels.data() > page.data() &&
                                    sample.labels.data() + sample.labels.size() < page.end()));
    sources::LabelReader labels(sample.labels);
    sources::Label label;
    while (labels.Next(label)) {
      CHECK(sources::Unescape(label, scratch).size() <= label.value.size());
    }
    CHECK(!labels.failed());  // a sample with bad labels must not come out
  }
  return 0;
}
