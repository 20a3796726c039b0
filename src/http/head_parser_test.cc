#include "http/head_parser.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/rng.h"
#include "base/source_dir.h"
#include "http/parser_reference.h"

namespace fairway::http {
namespace {

ParseResult Request(std::string_view bytes, RequestHead& head, HeadLimits limits = {}) {
  HeadProgress progress;
  return ParseRequestHead(bytes, limits, progress, head);
}
ParseResult Response(std::string_view bytes, ResponseHead& head,
                     ResponseTo to = ResponseTo::kOther) {
  HeadProgress progress;
  return ParseResponseHead(bytes, {}, progress, to, head);
}

std::string Fixture(const std::string& name) {
  std::ifstream file(std::string(base::kSourceDir) + "/test/fixtures/vllm/" + name,
                     std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr std::string_view kPost =
    "POST /v1/chat/completions?stream=1 HTTP/1.1\r\n"
    "Host: example.com:8080\r\n"
    "Content-Type:application/json\r\n"
    "X-Empty:\r\n"
    "X-Spaced: \t a b \t\r\n"
    "Content-Length: 11\r\n"
    "\r\n"
    "hello world";

TEST(RequestHeadTest, ReadsEveryPart) {
  RequestHead head;
  const ParseResult result = Request(kPost, head);
  ASSERT_EQ(result.state, ParseState::kDone);
  EXPECT_EQ(result.consumed, kPost.size() - 11);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?stream=1");
  EXPECT_EQ(head.path(), "/v1/chat/completions");
  EXPECT_EQ(head.query(), "stream=1");
  EXPECT_EQ(head.host, "example.com:8080");
  EXPECT_EQ(head.minor_version, 1);
  ASSERT_EQ(head.fields.size(), 5u);
  EXPECT_EQ(head.fields.Find("content-type"), "application/json");
  EXPECT_EQ(head.fields.Find("x-empty"), "");
  EXPECT_EQ(head.fields.Find("X-SPACED"), "a b");
  EXPECT_EQ(head.fields.Find("x-none"), std::nullopt);
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(head.content_length, 11u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expect_continue);
}

TEST(RequestHeadTest, AsksForMoreAtEverySplit) {
  const std::string_view head_bytes = kPost.substr(0, kPost.size() - 11);
  for (size_t split = 0; split < head_bytes.size(); ++split) {
    RequestHead head;
    HeadProgress progress;
    ASSERT_EQ(ParseRequestHead(kPost.substr(0, split), {}, progress, head).state,
              ParseState::kNeedMore)
        << split;
    ASSERT_EQ(ParseRequestHead(kPost, {}, progress, head).consumed, head_bytes.size()) << split;
  }
}

TEST(RequestHeadTest, ByteByByte) {
  RequestHead head;
  HeadProgress progress;
  const size_t whole = kPost.size() - 11;
  for (size_t n = 0; n < whole; ++n) {
    ASSERT_EQ(ParseRequestHead(kPost.substr(0, n), {}, progress, head).state,
              ParseState::kNeedMore);
  }
  EXPECT_EQ(ParseRequestHead(kPost.substr(0, whole), {}, progress, head).state, ParseState::kDone);
  EXPECT_EQ(head.fields.size(), 5u);
}

struct Refused {
  const char* what;
  std::string bytes;
  int status;
};

std::string Get(std::string_view fields, std::string_view host = "Host: a\r\n") {
  return "GET / HTTP/1.1\r\n" + std::string(host) + std::string(fields) + "\r\n";
}

class RefusedRequestTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequestTest, WholeAndByteByByte) {
  RequestHead head;
  const Refused& given = GetParam();
  EXPECT_EQ(Request(given.bytes, head).status, given.status);
  HeadProgress progress;
  ParseResult result;
  for (size_t n = 0; n <= given.bytes.size() && result.state == ParseState::kNeedMore; ++n)
    result = ParseRequestHead(std::string_view(given.bytes).substr(0, n), {}, progress, head);
  EXPECT_EQ(result.state, ParseState::kError);
  EXPECT_EQ(result.status, given.status);
  EXPECT_FALSE(result.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequestTest,
    testing::Values(
        Refused{"both", Get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"both, other order", Get("transfer-encoding: chunked\r\ncontent-length: 0\r\n"),
                400},
        Refused{"two lengths", Get("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        Refused{"two same lengths", Get("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Refused{"list of lengths", Get("Content-Length: 5, 5\r\n"), 400},
        Refused{"signed length", Get("Content-Length: +5\r\n"), 400},
        Refused{"negative length", Get("Content-Length: -5\r\n"), 400},
        Refused{"hex length", Get("Content-Length: 0x5\r\n"), 400},
        Refused{"length with space", Get("Content-Length: 5 5\r\n"), 400},
        Refused{"empty length", Get("Content-Length:\r\n"), 400},
        Refused{"huge length", Get("Content-Length: 18446744073709551617\r\n"), 400},
        Refused{"gzip, chunked", Get("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Refused{"chunked twice", Get("Transfer-Encoding: chunked, chunked\r\n"), 501},
        Refused{"xchunked", Get("Transfer-Encoding: xchunked\r\n"), 501},
        Refused{"identity", Get("Transfer-Encoding: identity\r\n"), 501},
        Refused{"quoted chunked", Get("Transfer-Encoding: \"chunked\"\r\n"), 501},
        Refused{"vertical tab before chunked", Get("Transfer-Encoding: \vchunked\r\n"), 400},
        Refused{"two encodings", Get("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
                400},
        Refused{"connection list", Get("Connection: close; x\r\n"), 400},
        Refused{"chunked in 1.0",
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400}));

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedRequestTest,
    testing::Values(Refused{"space before colon", Get("Content-Length : 5\r\n"), 400},
                    Refused{"tab before colon", Get("X\t: 5\r\n"), 400},
                    Refused{"folded", Get("X: a\r\n b\r\n"), 400},
                    Refused{"folded by tab", Get("X: a\r\n\tb\r\n"), 400},
                    Refused{"leading space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
                    Refused{"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
                    Refused{"bare LF in fields", Get("X: a\nY: b\r\n"), 400},
                    Refused{"bare CR", Get("X: a\rb\r\n"), 400},
                    Refused{"NUL", Get(std::string_view("X: a\0b\r\n", 8)), 400},
                    Refused{"NUL in name", Get(std::string_view("X\0: ab\r\n", 8)), 400},
                    Refused{"DEL", Get("X: a\x7f\r\n"), 400},
                    Refused{"escape", Get("X: \x1b[0m\r\n"), 400},
                    Refused{"no colon", Get("X\r\n"), 400}, Refused{"no name", Get(": x\r\n"), 400},
                    Refused{"name not ASCII", Get("X\xc3\xa4: x\r\n"), 400},
                    Refused{"name in brackets", Get("X[1]: x\r\n"), 400},
                    Refused{"no host", Get("", ""), 400},
                    Refused{"two hosts", Get("Host: a\r\n"), 400},
                    Refused{"empty host", Get("", "Host:\r\n"), 400},
                    Refused{"host list", Get("", "Host: a, b\r\n"), 400},
                    Refused{"host with path", Get("", "Host: a/b\r\n"), 400},
                    Refused{"host with user", Get("", "Host: u@a\r\n"), 400},
                    Refused{"expectation", Get("Expect: 200-ok\r\n"), 417}));

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedRequestTest,
    testing::Values(Refused{"HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
                    Refused{"preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
                    Refused{"1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
                    Refused{"lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"0.9", "GET /\r\n\r\n", 400},
                    Refused{"three spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"space at end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
                    Refused{"tab", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"relative", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"not ASCII", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"star", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
                    Refused{"scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"no authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    Refused{"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11), 400}));

TEST(RequestHeadTest, Forms) {
  RequestHead head;
  ASSERT_EQ(Request("GET http://b.example:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", head).state,
            ParseState::kDone);
  EXPECT_EQ(head.target, "/x?y");
  EXPECT_EQ(head.host, "b.example:81");
  ASSERT_EQ(Request("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n", head).state, ParseState::kDone);
  EXPECT_EQ(head.target, "/");
  EXPECT_EQ(head.host, "b");
  ASSERT_EQ(Request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", head).state, ParseState::kDone);
  EXPECT_EQ(head.target, "*");
  EXPECT_EQ(head.host, "a");
  ASSERT_EQ(Request("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", head).state, ParseState::kDone);
  EXPECT_EQ(head.host, "[::1]:80");
}

TEST(RequestHeadTest, FramingAndConnection) {
  struct Case {
    std::string bytes;
    Framing framing;
    bool keep_alive;
    bool expect;
  };
  const Case cases[] = {
      {Get(""), Framing::kNone, true, false},
      {Get("Content-Length: 0\r\n"), Framing::kNone, true, false},
      {Get("Content-Length: 007\r\n"), Framing::kLength, true, false},
      {Get("Transfer-Encoding: Chunked\r\n"), Framing::kChunked, true, false},
      {Get("Connection: close\r\n"), Framing::kNone, false, false},
      {Get("Connection: x, Close\r\n"), Framing::kNone, false, false},
      {Get("Connection: keep-alive\r\nConnection: close\r\n"), Framing::kNone, false, false},
      {Get("Content-Length: 5\r\nExpect: 100-Continue\r\n"), Framing::kLength, true, true},
      {Get("Expect: 100-continue\r\n"), Framing::kNone, true, false},
      {"GET / HTTP/1.0\r\n\r\n", Framing::kNone, false, false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Framing::kNone, true, false},
      {"GET / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", Framing::kLength,
       false, false},
  };
  for (const Case& each : cases) {
    RequestHead head;
    ASSERT_EQ(Request(each.bytes, head).state, ParseState::kDone) << each.bytes;
    EXPECT_EQ(head.framing, each.framing) << each.bytes;
    EXPECT_EQ(head.keep_alive, each.keep_alive) << each.bytes;
    EXPECT_EQ(head.expect_continue, each.expect) << each.bytes;
  }
}

TEST(RequestHeadTest, LeadingEmptyLines) {
  RequestHead head;
  EXPECT_EQ(Request("\r\n\r\n" + Get(""), head).consumed, Get("").size() + 4);
  EXPECT_EQ(Request("\r\n\r\n\r\n" + Get(""), head).status, 400);
}

TEST(RequestHeadTest, Limits) {
  RequestHead head;
  const HeadLimits small{.bytes = 200, .target = 20, .fields = 3};
  EXPECT_EQ(Request(Get("A: 1\r\nB: 2\r\n"), head, small).state, ParseState::kDone);
  EXPECT_EQ(Request(Get("A: 1\r\nB: 2\r\nC: 3\r\n"), head, small).status, 431);
  EXPECT_EQ(Request(Get("A: " + std::string(200, 'x') + "\r\n"), head, small).status, 431);
  EXPECT_EQ(Request("GET / HTTP/1.1\r\nHost: " + std::string(200, 'x'), head, small).status, 431);
  EXPECT_EQ(Request("GET /" + std::string(200, 'x'), head, small).status, 414);
  EXPECT_EQ(
      Request("GET /" + std::string(20, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", head, small).status,
      414);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: 1\r\n";
  EXPECT_EQ(Request(Get(many), head, {.fields = 1000}).status, 431);
}

TEST(RequestHeadTest, LimitHoldsByteByByte) {
  const HeadLimits small{.bytes = 100};
  const std::string endless = "GET / HTTP/1.1\r\nHost: " + std::string(500, 'x');
  HeadProgress progress;
  RequestHead head;
  size_t n = 0;
  while (ParseRequestHead(std::string_view(endless).substr(0, n), small, progress, head).state ==
         ParseState::kNeedMore)
    ++n;
  EXPECT_EQ(n, 101u);
}

TEST(ResponseHeadTest, RecordedModelServer) {
  const std::string unary = Fixture("chat_unary.http");
  ResponseHead head;
  ParseResult result = Response(unary, head);
  ASSERT_EQ(result.state, ParseState::kDone);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.framing, Framing::kLength);
  EXPECT_EQ(result.consumed + head.content_length, unary.size());
  EXPECT_FALSE(head.keep_alive);  // recorded with connection: close
  EXPECT_EQ(head.fields.Find("Server"), "uvicorn");

  const std::string stream = Fixture("chat_stream_usage.http");
  ASSERT_EQ(Response(stream, head).state, ParseState::kDone);
  EXPECT_EQ(head.framing, Framing::kChunked);
  EXPECT_EQ(head.fields.Find("content-type"), "text/event-stream; charset=utf-8");

  const std::string error = Fixture("err_bad_model.http");
  ASSERT_EQ(Response(error, head).state, ParseState::kDone);
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not Found");
}

TEST(ResponseHeadTest, Framing) {
  struct Case {
    std::string bytes;
    ResponseTo to;
    Framing framing;
    bool keep_alive;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\n\r\n", ResponseTo::kOther, Framing::kUntilClose, false},
      {"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ResponseTo::kOther, Framing::kNone, true},
      {"HTTP/1.1 200\r\ncontent-length: 3\r\n\r\n", ResponseTo::kOther, Framing::kLength, true},
      {"HTTP/1.1 200 \r\ncontent-length: 3\r\n\r\n", ResponseTo::kHead, Framing::kNone, true},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", ResponseTo::kHead, Framing::kNone,
       true},
      {"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", ResponseTo::kOther, Framing::kNone,
       true},
      {"HTTP/1.1 204 No Content\r\n\r\n", ResponseTo::kOther, Framing::kNone, true},
      {"HTTP/1.1 204 No\r\ncontent-length: 9\r\n\r\n", ResponseTo::kOther, Framing::kNone, false},
      {"HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n", ResponseTo::kOther, Framing::kNone,
       false},
      {"HTTP/1.1 100 Continue\r\n\r\n", ResponseTo::kOther, Framing::kNone, true},
      {"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", ResponseTo::kOther, Framing::kLength, false},
      {"HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n", ResponseTo::kOther,
       Framing::kLength, true},
  };
  for (const Case& each : cases) {
    ResponseHead head;
    ASSERT_EQ(Response(each.bytes, head, each.to).state, ParseState::kDone) << each.bytes;
    EXPECT_EQ(head.framing, each.framing) << each.bytes;
    EXPECT_EQ(head.keep_alive, each.keep_alive) << each.bytes;
  }
}

TEST(ResponseHeadTest, Refused) {
  for (const std::string_view bytes :
       {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
        "200\r\n\r\n"}) {
    ResponseHead head;
    EXPECT_EQ(Response(bytes, head).state, ParseState::kError) << bytes;
  }
}

// Whatever we take, Beast takes, and reads the same; what Beast alone takes is what we mean to
// refuse.
class DifferentialTest {
 public:
  void Check(std::string_view bytes) {
    RequestHead ours;
    const ParseResult result = Request(bytes, ours);
    if (result.state != ParseState::kDone) return;
    ++accepted;
    ReferenceHead theirs;
    const size_t skipped = bytes.find_first_not_of("\r\n");  // we alone skip empty lines
    ASSERT_EQ(ReferenceParseRequest(bytes.substr(skipped), theirs), result.consumed - skipped)
        << bytes;
    EXPECT_EQ(theirs.method, ours.method);
    EXPECT_FALSE(theirs.folded) << bytes;
    EXPECT_TRUE(theirs.target.ends_with(ours.target) || ours.target == "/") << bytes;
    EXPECT_EQ(theirs.version, 10 + ours.minor_version);
    ASSERT_EQ(theirs.fields.size(), ours.fields.size()) << bytes;
    for (size_t i = 0; i < ours.fields.size(); ++i) {
      EXPECT_EQ(theirs.fields[i].name, ours.fields[i].name);
      EXPECT_EQ(theirs.fields[i].value, ours.fields[i].value) << bytes;
    }
  }
  int accepted = 0;
};

TEST(RequestHeadTest, AgreesWithBeastOnMutations) {
  static constexpr std::string_view kSpice[] = {"\r",
                                                "\n",
                                                "\r\n",
                                                " ",
                                                "\t",
                                                ":",
                                                ",",
                                                "\0x",
                                                ";",
                                                "\"",
                                                "0",
                                                "chunked",
                                                "Host: a\r\n",
                                                "\x80",
                                                "/",
                                                "?",
                                                "\x7f",
                                                "HTTP/1.1",
                                                "Content-Length: 3\r\n"};
  base::Rng rng(1);
  DifferentialTest test;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(kPost.substr(0, kPost.size() - 11));
    for (uint32_t n = rng.Below(3) + 1; n > 0; --n) {
      const size_t at = rng.Below(static_cast<uint32_t>(bytes.size() - 4));
      const std::string_view spice = kSpice[rng.Below(std::size(kSpice))];
      if (rng.Below(2) == 0) {
        bytes.insert(at, spice);
      } else {
        bytes.replace(at, rng.Below(4), spice);
      }
    }
    test.Check(bytes);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(test.accepted, 1000);
}

}  // namespace
}  // namespace fairway::http
