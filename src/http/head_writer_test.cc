#include "http/head_writer.h"

#include <gtest/gtest.h>

#include "http/date.h"
#include "http/error_body.h"
#include "http/head_parser.h"

namespace fairway::http {
namespace {

TEST(HeadWriterTest, Request) {
  std::string out = "left over";
  const Field extra[] = {{"x-a", "1"}, {"x-b", "2"}};
  HeadWriter writer(out);
  writer.Request("POST", "/v1/completions").Add("host", "a:1").Add("content-length", 12u);
  EXPECT_EQ(writer.Add(extra).Pass({"X-C", "3"}).End(),
            "POST /v1/completions HTTP/1.1\r\nhost: a:1\r\ncontent-length: 12\r\n"
            "x-a: 1\r\nx-b: 2\r\nX-C: 3\r\n\r\n");
}

TEST(HeadWriterTest, Status) {
  std::string out;
  EXPECT_EQ(HeadWriter(out).Status(200).End(), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(HeadWriter(out).Status(404).End(), "HTTP/1.1 404 Not Found\r\n\r\n");
  EXPECT_EQ(HeadWriter(out).Status(299).End(), "HTTP/1.1 299 Unknown\r\n\r\n");
  EXPECT_EQ(HeadWriter(out).Status(200, "Fine").End(), "HTTP/1.1 200 Fine\r\n\r\n");
}

TEST(HeadWriterTest, NoValueCanStartANewField) {
  std::string out;
  HeadWriter writer(out);
  writer.Request("GET", "/a\r\nb c").Add("host", "h").Add("x", "1\r\nEvil: 2\n\0\x7f end");
  const std::string_view bytes = writer.End();
  RequestHead head;
  HeadProgress progress;
  ASSERT_EQ(ParseRequestHead(bytes, {}, progress, head).state, ParseState::kDone);
  EXPECT_EQ(head.target, "/a??b?c");
  ASSERT_EQ(head.fields.size(), 2u);
  EXPECT_EQ(head.fields[1].value, "1??Evil: 2?");  // the literal ends at NUL
}

TEST(HeadWriterTest, ChunkSizes) {
  std::array<char, 20> into;
  EXPECT_EQ(ChunkSizeLine(0, into), "0\r\n");
  EXPECT_EQ(ChunkSizeLine(31, into), "1f\r\n");
  EXPECT_EQ(ChunkSizeLine(SIZE_MAX, into), "ffffffffffffffff\r\n");
}

TEST(ErrorBodyTest, Shape) {
  std::string out;
  AppendErrorBody({.status = 404,
                   .message = "no model \"x\"",
                   .type = "NotFoundError",
                   .code = "model_not_found",
                   .param = "model"},
                  out);
  EXPECT_EQ(out, R"({"error":{"message":"no model \"x\"","type":"NotFoundError","param":"model",)"
                 R"("code":"model_not_found"}})");
  out.clear();
  AppendErrorBody({.status = 400, .message = "bad"}, out);
  EXPECT_EQ(
      out,
      R"({"error":{"message":"bad","type":"invalid_request_error","param":null,"code":null}})");
}

TEST(ErrorBodyTest, EscapesWhatJsonCannotHold) {
  struct Case {
    std::string_view message, json;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"a\n\t\x01\\", R"(a\u000a\u0009\u0001\\)"},
           {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"},
           {"\x80", R"(\ufffd)"},
           {"\xc3", R"(\ufffd)"},
           {"\xc0\xaf", R"(\ufffd\ufffd)"},
           {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},  // a surrogate
           {"\xe0\x80\x80", R"(\ufffd\ufffd\ufffd)"},
           {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},
           {"a\xe2\x82", R"(a\ufffd\ufffd)"}}) {
    std::string out;
    AppendErrorBody({.message = each.message}, out);
    EXPECT_TRUE(out.starts_with("{\"error\":{\"message\":\"" + std::string(each.json) + "\",\""))
        << out;
  }
}

TEST(DateTextTest, Formats) {
  DateText date;
  const base::WallTime at(std::chrono::seconds(784111777));  // the example of RFC 9110
  EXPECT_EQ(date.At(at), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(at + std::chrono::milliseconds(999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(at + std::chrono::hours(24)), "Mon, 07 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace fairway::http
