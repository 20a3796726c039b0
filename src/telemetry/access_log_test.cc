#include "telemetry/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

namespace fairway::telemetry {
namespace {

// An access log over a pipe that the test reads.
class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    CHECK(::pipe(ends_) == 0);
    CHECK(::fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0);
    target_ = std::make_unique<obs::LineTarget>(ends_[1]);
    sink_ = std::make_unique<obs::LineSink>(*target_, obs::LineSinkMetrics(registry_, "access"));
    log_ = std::make_unique<AccessLog>(*sink_);
  }
  ~AccessLogTest() override {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  std::string Write(const AccessRecord& record) {
    log_->Write(record);
    sink_->Flush();
    char text[8192];
    const ssize_t n = ::read(ends_[0], text, sizeof(text));
    return n > 0 ? std::string(text, static_cast<size_t>(n)) : "";
  }

  int ends_[2];
  obs::Registry registry_;
  std::unique_ptr<obs::LineTarget> target_;
  std::unique_ptr<obs::LineSink> sink_;
  std::unique_ptr<AccessLog> log_;
};

AccessRecord FullRecord() {
  return {.at = base::WallTime(std::chrono::milliseconds(1'795'233'338'123)),
          .request_id = "req-1",
          .client = "10.0.0.9:40312",
          .method = "POST",
          .path = "/v1/chat/completions",
          .status = 200,
          .endpoint = "10.0.0.1:8000",
          .model = "llama-3.1-8b",
          .stream = true,
          .input_tokens = 812,
          .output_tokens = 64,
          .cached_tokens = 800,
          .bytes_in = 4096,
          .bytes_out = 20000,
          .duration = std::chrono::microseconds(1'234'567),
          .ttft = std::chrono::microseconds(45'006),
          .queue = std::chrono::microseconds(12),
          .pick = std::chrono::nanoseconds(7'900),
          .retries = 1};
}

TEST_F(AccessLogTest, WritesEveryField) {
  EXPECT_EQ(Write(FullRecord()),
            R"({"ts":"2026-11-21T03:55:38.123Z","request_id":"req-1","client":"10.0.0.9:40312",)"
            R"("method":"POST","path":"/v1/chat/completions","status":200,"reason":null,)"
            R"("endpoint":"10.0.0.1:8000","gen_ai.request.model":"llama-3.1-8b","stream":true,)"
            R"("gen_ai.usage.input_tokens":812,"gen_ai.usage.output_tokens":64,)"
            R"("gen_ai.usage.cache_read.input_tokens":800,"bytes_in":4096,"bytes_out":20000,)"
            R"("duration_ms":1234.567,"ttft_ms":45.006,"queue_us":12,"pick_us":7,"retries":1})"
            "\n");
}

TEST_F(AccessLogTest, SaysNullForWhatIsNotKnown) {
  const std::string line = Write(
      {.request_id = "r", .method = "GET", .path = "/x", .status = 503, .reason = "no-endpoints"});
  EXPECT_EQ(line,
            R"({"ts":"1970-01-01T00:00:00.000Z","request_id":"r","client":null,"method":"GET",)"
            R"("path":"/x","status":503,"reason":"no-endpoints","endpoint":null,)"
            R"("gen_ai.request.model":null,"stream":false,"gen_ai.usage.input_tokens":null,)"
            R"("gen_ai.usage.output_tokens":null,"gen_ai.usage.cache_read.input_tokens":null,)"
            R"("bytes_in":0,"bytes_out":0,"duration_ms":0.000,"ttft_ms":null,"queue_us":0,)"
            R"("pick_us":0,"retries":0})"
            "\n");
}

TEST_F(AccessLogTest, LeavesTheQueryOut) {
  AccessRecord record = FullRecord();
  record.path = "/v1/models?api_key=secret";
  const std::string line = Write(record);
  EXPECT_NE(line.find(R"("path":"/v1/models",)"), std::string::npos);
  EXPECT_EQ(line.find("secret"), std::string::npos);
}

TEST_F(AccessLogTest, StaysOneJsonLineWhateverTheClientSends) {
  AccessRecord record = FullRecord();
  record.request_id = "a\"b\\c\n\x01\xff";
  record.model = "m\r\n{\"fake\":1}";
  record.duration = base::Duration(-5);  // a clock that stepped back
  record.status = -1;
  const std::string long_path = "/" + std::string(100'000, 'x');
  record.path = long_path;
  const std::string line = Write(record);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_LT(line.size(), 2000u);
  EXPECT_NE(line.find(R"("duration_ms":0.000)"), std::string::npos);
  EXPECT_NE(line.find(R"("request_id":"a\"b\\c\n)"), std::string::npos) << line;
}

}  // namespace
}  // namespace fairway::telemetry
