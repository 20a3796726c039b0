#include "director/reason.h"

#include <array>

namespace fairway::director {
namespace {

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kPermission = "permission_error";
constexpr std::string_view kServer = "server_error";

// In the order of the enum.
constexpr std::array<ReasonInfo, kReasonCount> kTable = {{
    {"none", 200, "", 0},
    {"bad-request", 400, kInvalid, 0},
    {"unknown-model", 404, kInvalid, 0},
    {"unknown-path", 404, kInvalid, 0},
    {"unknown-response", 404, kInvalid, 0},
    {"control-path", 403, kPermission, 0},
    {"method-not-allowed", 405, kInvalid, 0},
    {"too-large", 413, kInvalid, 0},
    {"no-endpoints", 503, kServer, 5},
    {"upstream-connect", 502, kServer, 0},
    {"upstream-reset", 502, kServer, 0},
    {"upstream-unavailable", 502, kServer, 1},
    {"upstream-error", 502, kServer, 0},
    {"upstream-aborted", 502, kServer, 0},
    {"timeout-first-byte", 504, kServer, 0},
    {"timeout-idle", 504, kServer, 0},
    {"timeout-total", 504, kServer, 0},
    {"draining", 503, kServer, 1},
    {"overloaded", 503, kServer, 1},
    {"client-gone", 499, kInvalid, 0},
}};

}  // namespace

const ReasonInfo& InfoOf(Reason reason) { return kTable[static_cast<size_t>(reason)]; }

}  // namespace fairway::director
