#pragma once
// What the fields of a head say about the message's end, the connection and the host; and the
// refusal of heads that say it twice or in two ways. Private to the head parser.

#include <string_view>

#include "http/head.h"

namespace fairway::http {

// A refusal: status 0 if there is none.
struct Refusal {
  int status = 0;
  std::string_view message = {};
  explicit operator bool() const { return status != 0; }
};

// Sets framing, content_length, keep_alive, expect_continue, host from method, minor_version and
// fields.
Refusal FrameRequest(RequestHead& head);
// Sets framing, content_length and keep_alive.
Refusal FrameResponse(ResponseTo request, ResponseHead& head);

}  // namespace fairway::http
