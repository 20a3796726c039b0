#include "gateway/heads.h"

#include <gtest/gtest.h>

namespace fairway::gateway {
namespace {

http::RequestHead ARequest() {
  http::RequestHead head;
  head.method = "POST";
  head.target = "/v1/chat/completions?x=1";
  head.fields.Add("Host", "gateway");
  head.fields.Add("Authorization", "Bearer k");
  head.fields.Add("Content-Length", "3");
  head.fields.Add("Connection", "keep-alive, X-Hop");
  head.fields.Add("X-Hop", "1");
  head.fields.Add("Expect", "100-continue");
  head.fields.Add("X-Request-Id", "mine");
  return head;
}

TEST(UpstreamHead, PassesTheClientsFieldsAndSetsItsOwn) {
  std::string out;
  WriteUpstreamHead(ARequest(), {.host = "10.0.0.1:8000", .request_id = "id-1", .body_bytes = 3},
                    out);
  EXPECT_EQ(out,
            "POST /v1/chat/completions?x=1 HTTP/1.1\r\n"
            "host: 10.0.0.1:8000\r\n"
            "Authorization: Bearer k\r\n"
            "x-request-id: id-1\r\n"
            "content-length: 3\r\n\r\n");
}

TEST(UpstreamHead, BringsOurKeyOnlyWhereTheClientSendsNone) {
  std::string out;
  WriteUpstreamHead(ARequest(), {.host = "h", .request_id = "r", .authorization = "Bearer ours"},
                    out);
  EXPECT_NE(out.find("Bearer k"), std::string::npos) << out;
  EXPECT_EQ(out.find("ours"), std::string::npos) << out;
  http::RequestHead head;
  head.method = "POST";
  head.target = "/v1/completions";
  WriteUpstreamHead(head, {.host = "h", .request_id = "r", .authorization = "Bearer ours"}, out);
  EXPECT_NE(out.find("\r\nauthorization: Bearer ours\r\n"), std::string::npos) << out;
}

TEST(UpstreamHead, PassesATraceThatHoldsAndReplacesOneThatDoesNot) {
  http::RequestHead head = ARequest();
  head.fields.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  head.fields.Add("tracestate", "vendor=1");
  std::string out;
  WriteUpstreamHead(head, {.host = "h", .request_id = "r"}, out);
  EXPECT_NE(out.find("-b7ad6b7169203331-01\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find("tracestate: vendor=1\r\n"), std::string::npos) << out;
  WriteUpstreamHead(head, {.host = "h", .request_id = "r", .traceparent = "made"}, out);
  EXPECT_NE(out.find("traceparent: made\r\n"), std::string::npos) << out;
  EXPECT_EQ(out.find("b7ad6b7169203331"), std::string::npos) << out;
  EXPECT_EQ(out.find("vendor"), std::string::npos) << out;
}

TEST(ClientHeadFields, HeedsEveryConnectionField) {
  http::ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  head.fields.Add("connection", "keep-alive");
  head.fields.Add("Connection", "X-Hop");
  head.fields.Add("x-hop", "1");
  head.fields.Add("x-stays", "2");
  std::string out;
  WriteClientHead(head, {.request_id = "r", .server_timing = "t"}, out);
  EXPECT_EQ(out.find("x-hop"), std::string::npos) << out;
  EXPECT_NE(out.find("x-stays: 2"), std::string::npos) << out;
}

TEST(UpstreamHead, NeverPassesWhatNamesADestinationOrAPolicy) {
  http::RequestHead head = ARequest();
  head.fields.Add("X-Gateway-Destination-Endpoint", "6.6.6.6:80");
  head.fields.Add("x-fairway-endpoint", "6.6.6.6:80");
  head.fields.Add("x-gateway-inference-objective", "critical");
  head.fields.Add("Transfer-Encoding", "chunked");
  std::string out;
  WriteUpstreamHead(head, {.host = "h", .request_id = "r", .body_bytes = 3}, out);
  EXPECT_EQ(out.find("6.6.6.6"), std::string::npos) << out;
  EXPECT_EQ(out.find("critical"), std::string::npos) << out;
  EXPECT_EQ(out.find("chunked"), std::string::npos) << out;
}

TEST(UpstreamHead, HeedsEveryConnectionField) {
  http::RequestHead head = ARequest();
  head.fields.Add("Connection", "X-Second");
  head.fields.Add("X-Second", "2");
  std::string out;
  WriteUpstreamHead(head, {.host = "h", .request_id = "r", .body_bytes = 3}, out);
  EXPECT_EQ(out.find("X-Second"), std::string::npos) << out;
  EXPECT_EQ(out.find("X-Hop"), std::string::npos) << out;
}

TEST(UpstreamHead, PutsTheServersPathInFront) {
  std::string out;
  WriteUpstreamHead(ARequest(), {.host = "h", .url_prefix = "/base", .request_id = "r"}, out);
  EXPECT_TRUE(out.starts_with("POST /base/v1/chat/completions?x=1 HTTP/1.1\r\n")) << out;
}

http::ResponseHead AnAnswer() {
  http::ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  head.fields.Add("content-type", "text/event-stream");
  head.fields.Add("transfer-encoding", "chunked");
  head.fields.Add("connection", "close");
  head.fields.Add("X-Fairway-Endpoint", "forged");
  return head;
}

TEST(ClientHead, KeepsTheUpstreamsFramingAndDropsItsConnection) {
  std::string out;
  WriteClientHead(AnAnswer(), {.request_id = "r", .endpoint = "e:1", .server_timing = "t"}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\n"
            "content-type: text/event-stream\r\n"
            "transfer-encoding: chunked\r\n"
            "x-request-id: r\r\n"
            "x-fairway-endpoint: e:1\r\n"
            "server-timing: t\r\n\r\n");
}

TEST(ClientHead, AHeldAnswerHasALength) {
  std::string out;
  WriteClientHead(AnAnswer(),
                  {.request_id = "r",
                   .server_timing = "t",
                   .framing = ClientFraming::kLength,
                   .body_bytes = 12,
                   .connection = ClientHead::Connection::kClose},
                  out);
  EXPECT_EQ(out.find("chunked"), std::string::npos);
  EXPECT_NE(out.find("content-length: 12\r\n"), std::string::npos);
  EXPECT_NE(out.find("connection: close\r\n"), std::string::npos);
  EXPECT_EQ(out.find("endpoint"), std::string::npos);
}

TEST(ServerTiming, IsInMilliseconds) {
  std::string out;
  AppendServerTiming({.queue = base::Duration(0),
                      .pick = std::chrono::microseconds(9),
                      .upstream = std::chrono::microseconds(41'300)},
                     out);
  EXPECT_EQ(out, "queue;dur=0.000, pick;dur=0.009, upstream;dur=41.300");
}

}  // namespace
}  // namespace fairway::gateway
