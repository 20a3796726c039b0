// Any bytes, whole and split: the head parser gives the same verdict, views that lie in the bytes,
// and what it accepts Beast accepts with the same fields.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "http/head_parser.h"
#include "http/parser_reference.h"

namespace {

using fairway::http::HeadProgress;
using fairway::http::ParseRequestHead;
using fairway::http::ParseResponseHead;
using fairway::http::ParseResult;
using fairway::http::ParseState;
using fairway::http::ReferenceHead;
using fairway::http::ReferenceParseRequest;
using fairway::http::RequestHead;
using fairway::http::ResponseHead;
using fairway::http::ResponseTo;

void CheckRequest(std::string_view bytes, size_t split) {
  RequestHead head;
  HeadProgress progress;
  ParseResult early = ParseRequestHead(bytes.substr(0, split), {}, progress, head);
  const ParseResult late =
      early.state == ParseState::kNeedMore ? ParseRequestHead(bytes, {}, progress, head) : early;
  HeadProgress fresh;
  const ParseResult whole = ParseRequestHead(bytes, {}, fresh, head);
  // Bytes after an early end of input cannot turn an answer round.
  if (late.state == ParseState::kDone) {
    CHECK(whole.state == ParseState::kDone && whole.consumed == late.consumed);
  }
  if (whole.state != ParseState::kDone) return;
  CHECK(late.state == ParseState::kDone);
  CHECK(whole.consumed <= bytes.size());
  ReferenceHead reference;
  CHECK(ReferenceParseRequest(bytes.substr(bytes.find_first_not_of("\r\n")), reference) != 0);
  CHECK(!reference.folded);
  CHECK(reference.method == head.method && reference.fields.size() == head.fields.size());
  for (size_t i = 0; i < head.fields.size(); ++i) {
    CHECK(reference.fields[i].name == head.fields[i].name);
    CHECK(reference.fields[i].value == head.fields[i].value);
  }
}

void CheckResponse(std::string_view bytes) {
  ResponseHead head;
  HeadProgress progress;
  const ParseResult result = ParseResponseHead(bytes, {}, progress, ResponseTo::kOther, head);
  if (result.state == ParseState::kDone) CHECK(result.consumed <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  CheckRequest(bytes, bytes.size() * data[0] / 256);
  CheckResponse(bytes);
  return 0;
}
