// The cost of one request head and one response head, ours beside Boost.Beast's basic_parser (which
// then still needs our checks of what the fields say). docs/adr/0002-http1-parser.md quotes the
// figures.

#include <benchmark/benchmark.h>

#include "http/framing.h"
#include "http/head_parser.h"
#include "http/parser_reference.h"

namespace fairway::http {
namespace {

constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: inference.example.com:8080\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 1.51.0\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Package-Version: 1.51.0\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef0123456789abcdef\r\n"
    "Content-Length: 1024\r\n"
    "\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "date: Sat, 21 Nov 2026 03:55:22 GMT\r\n"
    "server: uvicorn\r\n"
    "content-type: text/event-stream; charset=utf-8\r\n"
    "vary: Origin\r\n"
    "transfer-encoding: chunked\r\n"
    "\r\n";

void OurRequest(benchmark::State& state) {
  RequestHead head;
  for (auto _ : state) {
    HeadProgress progress;
    benchmark::DoNotOptimize(ParseRequestHead(kRequest, {}, progress, head));
  }
}
BENCHMARK(OurRequest);

void OurResponse(benchmark::State& state) {
  ResponseHead head;
  for (auto _ : state) {
    HeadProgress progress;
    benchmark::DoNotOptimize(ParseResponseHead(kResponse, {}, progress, ResponseTo::kOther, head));
  }
}
BENCHMARK(OurResponse);

// Beast, and then what it leaves to its caller: which framing, which host, and nothing twice.
void BeastRequest(benchmark::State& state) {
  ReferenceHead head;
  RequestHead ours;
  HeadProgress progress;
  (void)ParseRequestHead(kRequest, {}, progress, ours);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ReferenceParseRequest(kRequest, head));
    benchmark::DoNotOptimize(FrameRequest(ours));
  }
}
BENCHMARK(BeastRequest);

void BeastResponse(benchmark::State& state) {
  ReferenceHead head;
  ResponseHead ours;
  HeadProgress progress;
  (void)ParseResponseHead(kResponse, {}, progress, ResponseTo::kOther, ours);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ReferenceParseResponse(kResponse, head));
    benchmark::DoNotOptimize(FrameResponse(ResponseTo::kOther, ours));
  }
}
BENCHMARK(BeastResponse);

}  // namespace
}  // namespace fairway::http
