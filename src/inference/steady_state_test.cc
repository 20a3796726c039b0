// In the steady state, reading a request or an answer allocates nothing. Counts every operator new
// of this test binary; the sanitizers bring their own, so there is nothing to count under them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "inference/parser.h"
#include "inference/usage.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {
size_t allocations = 0;
}  // namespace

// Not inlined: the compiler would take the pair of new and free for a mistake.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace fairway::inference {
namespace {

TEST(SteadyStateTest, ParsingAllocatesNothing) {
  std::string body =
      R"({"mod\u0065l":"a model with a rather long name\n","cache_salt":"\u0041\u0042",)"
      R"("stream":true,"tools":[{"a":1}],"messages":[)";
  for (int i = 0; i < 200; ++i) body += R"({"role":"user","content":"some text of a message"},)";
  body += R"({"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url"}]}]})";
  Parser parser;
  ASSERT_TRUE(parser.Parse(Api::kChatCompletions, body).ok());
  const size_t before = allocations;
  for (int i = 0; i < 10; ++i) {
    const auto request = parser.Parse(Api::kChatCompletions, body);
    if (!request.ok() || request->prompt.size() != 404) std::abort();
  }
  EXPECT_EQ(allocations, before);
}

TEST(SteadyStateTest, ReadingAnswersAllocatesNothing) {
  const std::string event = R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],)"
                            R"("usage":{"prompt_tokens":1}})";
  UsageReader reader;
  AnswerFacts facts;
  reader.ReadEvent(event, facts);
  const size_t before = allocations;
  for (int i = 0; i < 10; ++i) reader.ReadEvent(event, facts);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace fairway::inference

#endif
