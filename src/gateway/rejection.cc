#include "gateway/rejection.h"

#include <array>
#include <charconv>

#include "http/error_body.h"

namespace fairway::gateway {
namespace {

http::ErrorBody BodyOf(const director::Rejection& rejection) {
  const director::ReasonInfo& info = director::InfoOf(rejection.reason);
  return {.status = info.http_status,
          .message = rejection.message,
          .type = info.error_type,
          .code = info.name,
          .param = rejection.param};
}

// The chunk that holds `payload`, and the one that ends the body.
std::string LastChunks(std::string_view payload) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), payload.size(), 16);
  std::string out(digits.data(), end.ptr);
  out += "\r\n";
  out += payload;
  out += "\r\n0\r\n\r\n";
  return out;
}

}  // namespace

rt::Task<base::Status> SendRejection(http::Exchange& exchange, RejectionAnswer answer) {
  const director::ReasonInfo& info = director::InfoOf(answer.rejection.reason);
  const std::string wait = std::to_string(info.retry_after_s);
  const std::array<http::Field, 4> fields = {{{"x-fairway-reason", info.name},
                                              {"x-request-id", answer.request_id},
                                              {"server-timing", answer.server_timing},
                                              {"retry-after", wait}}};
  const size_t used = info.retry_after_s > 0 ? 4 : 3;
  co_return co_await exchange.RespondError(BodyOf(answer.rejection), std::span(fields).first(used));
}

std::string StreamErrorEvent(const director::Rejection& rejection) {
  std::string event = "data: ";
  http::AppendErrorBody(BodyOf(rejection), event);
  event += "\n\n";
  return event;
}

std::string StreamErrorEnding(const director::Rejection& rejection, const http::BodyDecoder& sent) {
  if (!sent.until_close() && !sent.between_chunks()) return {};
  const std::string event = StreamErrorEvent(rejection);
  return sent.until_close() ? event : LastChunks(event);
}

}  // namespace fairway::gateway
