#pragma once
// What a server has counted of its HTTP requests: the families that vLLM's page has from the
// Instrumentator library. One owner. Bounded: the paths are the server's own.

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "modelsim/engine/histogram.h"

namespace fairway::modelsim {

// Upper bounds in seconds, the library's own.
inline constexpr std::array<double, 3> kHandlerBounds = {0.1, 0.5, 1.0};
inline constexpr std::array<double, 21> kHighResolutionBounds = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0,  1.5, 2.0,
    2.5,  3.0,   3.5,  4.0,   4.5, 5.0,  7.5, 10.0, 30.0, 60.0};

struct HttpStats {
  static constexpr size_t kMaxHandlers = 64;

  struct Handler {
    std::string path;
    std::string method;
    std::string status;  // "2xx"
    Histogram seconds{kHandlerBounds};
  };

  void Count(std::string_view path, std::string_view method, std::string_view status,
             double seconds) {
    all.Observe(seconds);
    std::string key(path);
    key.append(" ").append(method).append(" ").append(status);
    if (handlers.size() == kMaxHandlers && !handlers.contains(key)) return;
    Handler& handler = handlers[key];
    if (handler.path.empty()) {
      handler.path = path;
      handler.method = method;
      handler.status = status;
    }
    handler.seconds.Observe(seconds);
  }

  std::map<std::string, Handler> handlers;
  Histogram all{kHighResolutionBounds};
};

}  // namespace fairway::modelsim
