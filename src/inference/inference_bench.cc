#include <benchmark/benchmark.h>

#include <string>

#include "inference/parser.h"
#include "inference/usage.h"

namespace fairway::inference {
namespace {

enum class Prose { kPlain, kEscaped };

// A chat of 5 messages, about `bytes` of them.
std::string Chat(size_t bytes, Prose prose) {
  const std::string line = prose == Prose::kPlain
                               ? "The quick brown fox jumps over the lazy dog, and nobody minds. "
                               : R"(if (x < \"a\\nb\") {\n\treturn \u00e9\u4e2d;\n}\n)";
  std::string body = R"({"model":"llama-3.1-8b","stream":true,"max_tokens":128,"messages":[)";
  for (int message = 0; message < 5; ++message) {
    body += message == 0 ? R"({"role":"system","content":")" : R"(,{"role":"user","content":")";
    for (size_t size = 0; size < bytes / 5; size += line.size()) body += line;
    body += "\"}";
  }
  return body + R"(],"temperature":0.7,"stream_options":{"include_usage":true}})";
}

template <Prose kProse>
void ParseChat(benchmark::State& state) {
  const std::string body = Chat(static_cast<size_t>(state.range(0)), kProse);
  Parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.Parse(Api::kChatCompletions, body));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(ParseChat<Prose::kPlain>)->Arg(1 << 10)->Arg(16 << 10)->Arg(256 << 10)->Arg(1 << 20);
BENCHMARK(ParseChat<Prose::kEscaped>)->Arg(1 << 10)->Arg(16 << 10)->Arg(256 << 10);

void ParseTokenIds(benchmark::State& state) {
  std::string body = R"({"model":"m","prompt":[)";
  for (int64_t i = 0; i < state.range(0); ++i) body += std::to_string(10000 + i % 90000) + ",";
  body.back() = ']';
  body += "}";
  Parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.Parse(Api::kCompletions, body));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(ParseTokenIds)->Arg(1000)->Arg(43000);

constexpr std::string_view kTokenEvent =
    R"({"id":"chatcmpl-9b44829c0f3384e6","object":"chat.completion.chunk","created":1795233323,)"
    R"("model":"tiny","choices":[{"index":0,"delta":{"content":" indic"},"logprobs":null,)"
    R"("finish_reason":null,"token_ids":null}]})";
constexpr std::string_view kUsageEvent =
    R"({"id":"chatcmpl-9b44829c0f3384e6","object":"chat.completion.chunk","created":1795233323,)"
    R"("model":"tiny","choices":[],"usage":{"prompt_tokens":188,"total_tokens":212,)"
    R"("completion_tokens":24,"prompt_tokens_details":{"cached_tokens":160}}})";

void ReadTokenEvent(benchmark::State& state) {
  UsageReader reader;
  AnswerFacts facts;
  for (auto _ : state) reader.ReadEvent(kTokenEvent, facts);
}
BENCHMARK(ReadTokenEvent);

void ReadUsageEvent(benchmark::State& state) {
  UsageReader reader;
  AnswerFacts facts;
  for (auto _ : state) reader.ReadEvent(kUsageEvent, facts);
}
BENCHMARK(ReadUsageEvent);

}  // namespace
}  // namespace fairway::inference
