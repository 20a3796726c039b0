#pragma once
// Why a request did not get a model server's own answer: the rows of the error table. One place
// maps a reason to its HTTP status, its OpenAI error type and the name that users grep for.

#include <cstdint>
#include <string_view>

namespace fairway::director {

enum class Reason : uint8_t {
  kNone,  // the model server's answer went through
  kBadRequest,
  kUnknownModel,
  kUnknownPath,
  kUnknownResponse,
  kControlPath,
  kMethodNotAllowed,
  kBodyTooLarge,
  kNoEndpoints,
  kUpstreamConnect,
  kUpstreamReset,
  kUpstreamUnavailable,
  kUpstreamError,    // told within a 200
  kUpstreamAborted,  // told within a 200: the server gave the request up, as it does on SIGTERM
  kTimeoutFirstByte,
  kTimeoutIdle,
  kTimeoutTotal,
  kDraining,
  kOverloaded,
  kClientGone,  // never sent: there is nobody to send it to
};

struct ReasonInfo {
  std::string_view name;        // x-fairway-reason, access log, metrics label
  uint16_t http_status;         // 499 in logs for kClientGone
  std::string_view error_type;  // "type" of the OpenAI-shaped error
  uint16_t retry_after_s;       // 0: no Retry-After header
};

const ReasonInfo& InfoOf(Reason reason);
inline constexpr size_t kReasonCount = static_cast<size_t>(Reason::kClientGone) + 1;

}  // namespace fairway::director
