#pragma once
// Boost.Beast's basic_parser, bare: the second opinion that the head parser is compared with in
// tests, in the fuzzer and in the benchmark. Not on any path of the program
// (docs/adr/0002-http1-parser.md says why).

#include <string_view>

#include "http/fields.h"

namespace fairway::http {

struct ReferenceHead {
  std::string_view method;  // requests
  std::string_view target;  // requests
  int status = 0;           // responses
  int version = 0;          // 10 or 11
  Fields fields;
  bool folded = false;  // a field line was continued: its value does not lie in the bytes
};

// Length of the head in `bytes`; 0 if it is refused or not whole.
size_t ReferenceParseRequest(std::string_view bytes, ReferenceHead& out);
size_t ReferenceParseResponse(std::string_view bytes, ReferenceHead& out);

}  // namespace fairway::http
