// What one line of the access log costs the worker, its share of the write included.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "telemetry/access_log.h"

namespace fairway::telemetry {
namespace {

void BM_AccessLogLine(benchmark::State& state) {
  obs::Registry registry;
  const int fd = ::open("/dev/null", O_WRONLY);
  obs::LineTarget target(fd);
  obs::LineSink sink(target, obs::LineSinkMetrics(registry, "access"));
  AccessLog log(sink);
  AccessRecord record{.at = base::WallTime(std::chrono::milliseconds(1'795'233'338'123)),
                      .request_id = "0f9f1d0a-7a1c-4e0e-9f2c-8d6f3d2a1b0c",
                      .client = "10.0.0.9:40312",
                      .method = "POST",
                      .path = "/v1/chat/completions",
                      .status = 200,
                      .endpoint = "10.0.0.1:8000",
                      .model = "meta-llama/Llama-3.1-8B-Instruct",
                      .stream = true,
                      .input_tokens = 812,
                      .output_tokens = 64,
                      .cached_tokens = 800,
                      .bytes_in = 4096,
                      .bytes_out = 20000,
                      .duration = std::chrono::microseconds(1'234'567),
                      .ttft = std::chrono::microseconds(45'006),
                      .queue = std::chrono::microseconds(12),
                      .pick = std::chrono::nanoseconds(7'900)};
  for (auto _ : state) {
    record.at += std::chrono::microseconds(10);
    log.Write(record);
  }
  sink.Flush();
  ::close(fd);
}
BENCHMARK(BM_AccessLogLine);

}  // namespace
}  // namespace fairway::telemetry
