#include "loadgen/response_scanner.h"

#include <gtest/gtest.h>

namespace fairway::loadgen {
namespace {

using State = ResponseScanner::State;

constexpr std::string_view kStream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "X-Fairway-Endpoint: 127.0.0.1:8001\r\nTransfer-Encoding: chunked\r\n\r\n"
    "b\r\ndata: {\"a\"\r\n5;x=y\r\n:1}\n\n\r\n"
    "C\r\ndata: {\"b\"}\n\r\n1\r\n\n\r\n"
    "16\r\n: comment\n\ndata: {}\n\n\n\r\n"
    "E\r\ndata: [DONE]\n\n\r\n0\r\nTrailer: x\r\n\r\n";

TEST(ResponseScanner, ReadsAnAnswerWithLength) {
  ResponseScanner scanner;
  const std::string_view bytes =
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nserver: x\r\n\r\nhelloHTTP/1.1 404";
  EXPECT_EQ(scanner.Feed(bytes), bytes.size() - 12);
  EXPECT_EQ(scanner.state(), State::kDone);
  EXPECT_EQ(scanner.status(), 200);
  EXPECT_EQ(scanner.body_bytes(), 5u);
  EXPECT_TRUE(scanner.keep_alive());
  EXPECT_FALSE(scanner.is_event_stream());
}

TEST(ResponseScanner, CountsEventsWhateverTheCuts) {
  for (size_t cut = 1; cut <= kStream.size(); ++cut) {
    ResponseScanner scanner("x-fairway-endpoint");
    size_t fed = 0;
    for (size_t at = 0; at < kStream.size(); at += cut)
      fed += scanner.Feed(kStream.substr(at, cut));
    EXPECT_EQ(fed, kStream.size()) << cut;
    ASSERT_EQ(scanner.state(), State::kDone) << cut;
    EXPECT_EQ(scanner.events(), 3u) << cut;
    EXPECT_TRUE(scanner.done_seen()) << cut;
    EXPECT_FALSE(scanner.error_seen()) << cut;
    EXPECT_EQ(scanner.endpoint(), "127.0.0.1:8001");
    EXPECT_EQ(scanner.body_bytes(), 11 + 5 + 12 + 1 + 22 + 14u);
  }
}

TEST(ResponseScanner, SeesErrorsInAStream) {
  ResponseScanner scanner;
  scanner.Feed(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 31\r\n\r\n"
      "data: {\"error\": {\"code\":500}}\n\n");
  EXPECT_TRUE(scanner.error_seen());
  EXPECT_FALSE(scanner.done_seen());
}

TEST(ResponseScanner, ReadsUntilCloseAndSaysSo) {
  ResponseScanner scanner;
  scanner.Feed("HTTP/1.1 200 OK\r\n\r\nabc");
  EXPECT_EQ(scanner.state(), State::kMore);
  EXPECT_FALSE(scanner.keep_alive());
  EXPECT_EQ(scanner.Finish(), State::kDone);
  EXPECT_EQ(scanner.body_bytes(), 3u);
}

TEST(ResponseScanner, ACloseInMidAnswerIsMalformed) {
  for (const std::string_view bytes :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    ResponseScanner scanner;
    scanner.Feed(bytes);
    EXPECT_EQ(scanner.Finish(), State::kMalformed) << bytes;
  }
}

TEST(ResponseScanner, GoesOnAfterReset) {
  ResponseScanner scanner;
  scanner.Feed(kStream);
  scanner.Reset();
  scanner.Feed(
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(scanner.state(), State::kDone);
  EXPECT_EQ(scanner.status(), 503);
  EXPECT_FALSE(scanner.keep_alive());
  EXPECT_EQ(scanner.events(), 0u);
  EXPECT_EQ(scanner.endpoint(), "");
}

TEST(ResponseScanner, SkipsInterimAnswers) {
  ResponseScanner scanner;
  scanner.Feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(scanner.state(), State::kDone);
  EXPECT_EQ(scanner.status(), 204);
}

TEST(ResponseScanner, RefusesNonsense) {
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc"}) {
    ResponseScanner scanner;
    scanner.Feed(bytes);
    EXPECT_EQ(scanner.state(), State::kMalformed) << bytes;
  }
}

TEST(ResponseScanner, AHeadIsBounded) {
  ResponseScanner scanner;
  scanner.Feed("HTTP/1.1 200 OK\r\nx: ");
  const std::string filler(1024, 'a');
  size_t fed = 0;
  while (scanner.state() == State::kMore && fed < (1 << 20)) fed += scanner.Feed(filler);
  EXPECT_EQ(scanner.state(), State::kMalformed);
  EXPECT_LT(fed, 70'000u);
}

}  // namespace
}  // namespace fairway::loadgen
