#include "http/sse.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/source_dir.h"
#include "http/body.h"

namespace fairway::http {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;  // type, data

Events Scan(SseScanner& scanner, std::string_view bytes, size_t step) {
  Events events;
  for (size_t at = 0; at < bytes.size(); at += step) {
    // A copy of its own, so that a view kept too long is seen by AddressSanitizer.
    const std::string piece(bytes.substr(at, step));
    scanner.Feed(piece,
                 [&events](const SseEvent& event) { events.emplace_back(event.type, event.data); });
  }
  return events;
}

struct Stream {
  const char* bytes;
  Events events;
};

class SseTest : public testing::TestWithParam<Stream> {};

TEST_P(SseTest, AtEverySplit) {
  const std::string_view bytes = GetParam().bytes;
  for (size_t step = 1; step <= bytes.size(); ++step) {
    SseScanner scanner;
    EXPECT_EQ(Scan(scanner, bytes, step), GetParam().events) << "steps of " << step;
    EXPECT_EQ(scanner.skipped(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Format, SseTest,
    testing::Values(Stream{"data: a\n\ndata: b\n\n", {{"", "a"}, {"", "b"}}},
                    Stream{"data: a\r\n\r\ndata: b\r\n\r\n", {{"", "a"}, {"", "b"}}},
                    Stream{"data: a\r\rdata: b\r\r", {{"", "a"}, {"", "b"}}},
                    Stream{"data: a\r\n\ndata: b\n\r\n", {{"", "a"}, {"", "b"}}},
                    Stream{"data:a\n\n", {{"", "a"}}}, Stream{"data:  a\n\n", {{"", " a"}}},
                    Stream{"data: a\ndata: b\n\n", {{"", "a\nb"}}},
                    Stream{"data\ndata\n\n", {{"", "\n"}}}, Stream{"data\n\n", {{"", ""}}},
                    Stream{"event: add\ndata: a\n\ndata: b\n\n", {{"add", "a"}, {"", "b"}}},
                    Stream{"data: a\nevent: late\n\n", {{"late", "a"}}},
                    Stream{": ping\n\nid: 1\nretry: 5\nother: x\n\ndata: a\n\n", {{"", "a"}}},
                    Stream{"event: none\n\ndata: a\n\n", {{"", "a"}}},
                    Stream{"\xef\xbb\xbf"
                           "data: a\n\n",
                           {{"", "a"}}},
                    Stream{"\n\n\ndata: {\"a\": \"b: c\"}\n\n", {{"", "{\"a\": \"b: c\"}"}}},
                    Stream{"dat: a\ndataa: b\n data: c\n\n", {}}, Stream{"data: cut\n", {}},
                    Stream{"data: [DONE]\n\n", {{"", "[DONE]"}}}));

TEST(SseScannerTest, RecordedStreamAtEverySplit) {
  std::ifstream file(std::string(base::kSourceDir) + "/test/fixtures/vllm/chat_stream_usage.http",
                     std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string bytes = text.str();
  const size_t body = bytes.find("\r\n\r\n") + 4;
  std::string payload;
  BodyDecoder decoder(Framing::kChunked, 0);
  decoder.Feed(std::string_view(bytes).substr(body),
               [&payload](std::string_view run) { payload += run; });
  ASSERT_EQ(decoder.state(), BodyDecoder::State::kEnd);

  SseScanner whole;
  const Events expected = Scan(whole, payload, payload.size());
  ASSERT_GT(expected.size(), 20u);
  EXPECT_EQ(expected.back().second, "[DONE]");
  EXPECT_NE(expected[expected.size() - 2].second.find("\"usage\""), std::string::npos);
  for (size_t step = 1; step < 400; ++step) {
    SseScanner scanner;
    ASSERT_EQ(Scan(scanner, payload, step), expected) << step;
  }
}

TEST(SseScannerTest, AnEventInOneSpanIsSeenInPlace) {
  const std::string bytes = "data: {\"x\":1}\n\n";
  SseScanner scanner;
  scanner.Feed(bytes,
               [&bytes](const SseEvent& event) { EXPECT_EQ(event.data.data(), bytes.data() + 6); });
}

TEST(SseScannerTest, ALongEventIsSkippedHoweverItComes) {
  const std::string bytes = "data: a\n\ndata: " + std::string(100, 'x') +
                            "\n\ndata: b\n\ndata: " + std::string(20, 'y') +
                            "\ndata: " + std::string(20, 'y') + "\n\ndata: c\n\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    SseScanner scanner(32);
    EXPECT_EQ(Scan(scanner, bytes, step), (Events{{"", "a"}, {"", "b"}, {"", "c"}})) << step;
    EXPECT_EQ(scanner.skipped(), 2u) << step;
  }
}

TEST(SseScannerTest, CountsCommentLinesAndNotColonsWhereverBytesAreSplit) {
  const std::string stream = ": alive\ndata: {\"a\": 1}\n\n:\ndata: x\n\n";
  for (size_t split = 0; split <= stream.size(); ++split) {
    SseScanner scanner;
    scanner.Feed(std::string_view(stream).substr(0, split), [](const SseEvent&) {});
    scanner.Feed(std::string_view(stream).substr(split), [](const SseEvent&) {});
    EXPECT_EQ(scanner.comments(), 2u) << split;
    scanner.Reset();
    EXPECT_EQ(scanner.comments(), 0u);
  }
}

TEST(SseScannerTest, ResetForgetsAHalfEvent) {
  SseScanner scanner;
  EXPECT_EQ(Scan(scanner, "event: x\ndata: half\ndata: li", 100), Events());
  scanner.Reset();
  EXPECT_EQ(Scan(scanner, "data: a\n\n", 100), (Events{{"", "a"}}));
}

}  // namespace
}  // namespace fairway::http
