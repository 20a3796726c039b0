#pragma once
// The gateway's own answers when there is no model server's: as a whole answer, or as the end of a
// stream that has begun.

#include <string>
#include <string_view>

#include "director/life.h"
#include "http/body.h"
#include "http/exchange.h"

namespace fairway::gateway {

struct RejectionAnswer {
  director::Rejection rejection;
  std::string_view request_id;
  std::string_view server_timing;
};
// OpenAI-shaped, with x-fairway-reason, x-request-id and, where it helps, retry-after.
rt::Task<base::Status> SendRejection(http::Exchange& exchange, RejectionAnswer answer);

// The error event that ends a begun event stream.
std::string StreamErrorEvent(const director::Rejection& rejection);

// The bytes that end a begun event stream whose chunks are forwarded as they come: an error event,
// and the end of the chunked coding. Empty where the framing has no place for it (in the middle of
// a chunk, or with a length announced). `sent` is where the upstream's framing stands as the client
// saw it.
std::string StreamErrorEnding(const director::Rejection& rejection, const http::BodyDecoder& sent);

}  // namespace fairway::gateway
