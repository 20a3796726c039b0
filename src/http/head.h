#pragma once
// The heads of HTTP/1.1 messages, parsed. All views point into the connection's input buffer; how
// long they stay good is said where the head is handed out (exchange.h, client.h). The parser has
// already refused whatever two parties could read differently, so framing here is the framing.

#include <cstdint>
#include <string_view>

#include "http/fields.h"

namespace fairway::http {

// How the end of a message's body is found (RFC 9112 section 6.3).
enum class Framing : unsigned char {
  kNone,        // there is no body
  kLength,      // content_length bytes; > 0
  kChunked,     // the chunked coding says
  kUntilClose,  // responses only: all until FIN
  kStream,      // HTTP/2 without a length: all until the stream ends
};

struct RequestHead {
  std::string_view method;
  // In origin-form ("/v1/models?x=1"), or "*" for OPTIONS. Of an absolute-form target only path and
  // query are kept here; its authority replaces the host field's value in host.
  std::string_view target;
  std::string_view
      host;  // without the port's separation: "example.com:8080"; empty only in HTTP/1.0
  int minor_version = 1;
  Fields fields;
  Framing framing = Framing::kNone;
  uint64_t content_length = 0;
  bool keep_alive = true;        // what the client wants
  bool expect_continue = false;  // the client waits for 100 before it sends the body

  std::string_view path() const { return target.substr(0, target.find('?')); }
  // Without the question mark; empty if there is none.
  std::string_view query() const {
    const size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  }
};

// What an answer answers: the one to a HEAD request has no body whatever its fields say.
// To one that asks to leave HTTP (`upgrade`), 101 is the final answer.
enum class ResponseTo : unsigned char { kHead, kUpgrade, kOther };

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  Fields fields;
  Framing framing = Framing::kNone;
  uint64_t content_length = 0;
  bool keep_alive = true;  // the connection may carry another request after this message
};

}  // namespace fairway::http
