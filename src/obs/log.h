#pragma once
// The process's own log: levelled lines with fields, as text or JSON, to stderr. A call site that
// repeats itself is cut to `lines_per_second`; the next line that passes says how many were left
// out. Any thread. For rare events: a line costs microseconds and a lock. Requests go to the access
// log. Never a prompt, a key or a token.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/time.h"

namespace fairway::obs {

enum class Level : unsigned char { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat : unsigned char { kText, kJson };

struct LogOptions {
  Level level = Level::kInfo;
  LogFormat format = LogFormat::kText;
  uint32_t lines_per_second = 10;              // a call site
  std::function<base::WallTime()> clock = {};  // unset: the system's; a simulation sets its Loop's
  std::function<void(std::string_view)>
      out;  // unset: stderr; a test sets its own. Gets whole lines.
};

// Replaces all settings and forgets what was suppressed. Before anything is said: text at kInfo.
void ConfigureLog(LogOptions options);

// Whether a line of this level would be written at all.
bool Logs(Level level);

// One key and its value; views only, so it lives no longer than the call to Log.
struct Field {
  std::string_view key;
  std::variant<std::string_view, int64_t, uint64_t, double, bool> value;

  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(Convert(v)) {}

 private:
  template <class T>
  static decltype(value) Convert(const T& v) {
    if constexpr (std::is_same_v<T, bool>) {
      return v;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(v);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      return static_cast<int64_t>(v);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<uint64_t>(v);
    } else {
      return std::string_view(v);
    }
  }
};

void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {},
         std::source_location where = std::source_location::current());

}  // namespace fairway::obs
