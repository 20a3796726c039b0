#pragma once
// What the gateway tells of each finished request: to the access log, and to whoever else wiring
// names.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "inference/usage.h"

namespace fairway::gateway {

// Views are good during the call.
struct RequestSummary {
  base::WallTime at{};  // when its head was read
  std::string_view request_id;
  std::string_view client;
  std::string_view method;
  std::string_view path;
  int status = 0;           // 499: the client was gone before an answer
  std::string_view reason;  // "none" when a model server's answer went through whole
  std::string_view endpoint;
  std::string_view model;
  bool model_known = false;  // else `model` is any text a client liked
  bool stream = false;
  std::optional<inference::Usage> usage;
  uint64_t bytes_in = 0;   // of the request's body
  uint64_t bytes_out = 0;  // of the answer, head included
  base::Duration duration{0};
  std::optional<base::Duration> first_byte;  // of the answer's body
  base::Duration pick{0};
  uint32_t attempts = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnFinished(const RequestSummary& request) = 0;
};

}  // namespace fairway::gateway
