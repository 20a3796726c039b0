#pragma once
// Bytes to heads. Sans I/O: call again with the same bytes and more behind them until the answer is
// not kNeedMore. Strict where leniency is what request smuggling is made of: one framing only, no
// obs-fold, no bare LF, no space before a colon, no control bytes. Pure functions.
//
// Grammar: RFC 9112 sections 2 to 6, RFC 9110 section 5.

#include <cstddef>
#include <string_view>

#include "http/head.h"

namespace fairway::http {

struct HeadLimits {
  size_t bytes = 64 * 1024;   // start line, fields and the empty line
  size_t target = 16 * 1024;  // request target
  size_t fields = 100;        // at most Fields::kMax
};

enum class ParseState : unsigned char { kNeedMore, kDone, kError };

struct ParseResult {
  ParseState state = ParseState::kNeedMore;
  size_t consumed = 0;            // kDone: the head's length, empty line included
  int status = 0;                 // kError: what a server answers: 400, 414, 417, 431, 501, 505
  std::string_view message = {};  // kError: static text
};

// What one connection remembers between calls for the same head, so that a head which arrives byte
// by byte is not searched again from its start. Reset to {} for every message.
struct HeadProgress {
  size_t searched = 0;
};

// Empty lines before a request line are skipped (at most two) and counted in consumed.
ParseResult ParseRequestHead(std::string_view bytes, const HeadLimits& limits,
                             HeadProgress& progress, RequestHead& out);

// A 1xx head comes back like any other, with Framing::kNone.
ParseResult ParseResponseHead(std::string_view bytes, const HeadLimits& limits,
                              HeadProgress& progress, ResponseTo request, ResponseHead& out);

}  // namespace fairway::http
