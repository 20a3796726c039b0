// Any bytes as an answer: never a crash, and the filter in front of the parser never hides a fact.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "inference/usage.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using fairway::inference::AnswerFacts;
  static fairway::inference::UsageReader reader;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  AnswerFacts body;
  reader.ReadBody(text, body);
  AnswerFacts event;
  reader.ReadEvent(text, event);
  CHECK(event.usage == body.usage);
  CHECK(event.finish == body.finish);
  CHECK(event.error == body.error);
  CHECK(event.error_message == body.error_message);
  CHECK(event.error_code == body.error_code);
  CHECK(event.done == (text == "[DONE]"));
  return 0;
}
