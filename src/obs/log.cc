#include "obs/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace fairway::obs {
namespace {

// What one call site has said in the current second.
struct Site {
  base::WallTime second_began{};
  uint32_t said = 0;
  uint64_t suppressed = 0;
};

struct State {
  std::mutex mutex;
  LogOptions options;
  // Bounded by the number of call sites in the program.
  std::map<std::pair<const char*, uint32_t>, Site> sites;
  std::unique_ptr<spdlog::logger> logger;
};

// The one process-wide thing of this module: a log line must be possible before wiring exists.
State& TheState() {
  static State* const state = new State;  // never destroyed: threads may log while the process ends
  return *state;
}

std::atomic<Level> least_level{Level::kInfo};

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error", "off"};

std::string_view NameOf(Level level) { return kNames[static_cast<size_t>(level)]; }

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

template <class Number>
void AppendNumber(std::string& out, Number number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  out.append(text, end);
}

void AppendValue(std::string& out, const Field& field, LogFormat format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (format == LogFormat::kJson || NeedsQuotes(*text)) {
      AppendJsonString(out, *text);
    } else {
      out += *text;
    }
  } else if (const auto* yes = std::get_if<bool>(&field.value)) {
    out += *yes ? "true" : "false";
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    const bool finite = *real - *real == 0;  // JSON has no infinity
    if (finite) {
      AppendNumber(out, *real);
    } else {
      out += "null";
    }
  } else if (const auto* whole = std::get_if<int64_t>(&field.value)) {
    AppendNumber(out, *whole);
  } else {
    AppendNumber(out, std::get<uint64_t>(field.value));
  }
}

void AppendField(std::string& out, const Field& field, LogFormat format) {
  if (format == LogFormat::kJson) {
    out += ',';
    AppendJsonString(out, field.key);
    out += ':';
  } else {
    out += ' ';
    out += field.key;
    out += '=';
  }
  AppendValue(out, field, format);
}

// "2026-11-21T05:45:00.123Z"
std::string TimeText(base::WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(at - day)};
  char text[40];
  const int n = std::snprintf(
      text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(text, static_cast<size_t>(n));
}

// Whether this call site may speak; if so, how many lines it had to leave out before.
bool Admit(Site& site, base::WallTime now, uint32_t lines_per_second, uint64_t* suppressed) {
  if (now - site.second_began >= std::chrono::seconds(1) || now < site.second_began) {
    site.second_began = now;
    site.said = 0;
  }
  if (site.said >= lines_per_second) {
    ++site.suppressed;
    return false;
  }
  ++site.said;
  *suppressed = std::exchange(site.suppressed, 0);
  return true;
}

std::string Compose(LogFormat format, Level level, base::WallTime now, std::string_view message,
                    std::initializer_list<Field> fields, uint64_t suppressed) {
  std::string line;
  line.reserve(256);
  if (format == LogFormat::kJson) {
    line += "{\"ts\":\"";
    line += TimeText(now);
    line += "\",\"level\":\"";
    line += NameOf(level);
    line += "\",\"message\":";
    AppendJsonString(line, message);
  } else {
    line += TimeText(now);
    line += ' ';
    line += NameOf(level);
    line += ": ";
    // A message may quote the outside world; it must not fake a line of its own.
    for (const char c : message) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  for (const Field& field : fields) AppendField(line, field, format);
  if (suppressed > 0) AppendField(line, Field("suppressed", suppressed), format);
  if (format == LogFormat::kJson) line += '}';
  return line;
}

}  // namespace

void ConfigureLog(LogOptions options) {
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  least_level.store(options.level, std::memory_order_relaxed);
  state.options = std::move(options);
  state.sites.clear();
}

bool Logs(Level level) {
  return level != Level::kOff && level >= least_level.load(std::memory_order_relaxed);
}

void Log(Level level, std::string_view message, std::initializer_list<Field> fields,
         std::source_location where) {
  if (!Logs(level)) return;
  State& state = TheState();
  const std::lock_guard lock(state.mutex);
  // spdlog's clock rather than a Loop's: this must work on any thread, with or without a Loop.
  const base::WallTime now = state.options.clock
                                 ? state.options.clock()
                                 : base::WallTime(spdlog::log_clock::now().time_since_epoch());
  uint64_t suppressed = 0;
  if (!Admit(state.sites[{where.file_name(), where.line()}], now, state.options.lines_per_second,
             &suppressed)) {
    return;
  }
  const std::string line = Compose(state.options.format, level, now, message, fields, suppressed);
  if (state.options.out) {
    state.options.out(line);
    return;
  }
  if (state.logger == nullptr) {
    state.logger = std::make_unique<spdlog::logger>(
        "fairway", std::make_shared<spdlog::sinks::stderr_sink_st>());
    state.logger->set_pattern("%v");
  }
  state.logger->log(spdlog::level::critical, line);  // levels were judged above
}

}  // namespace fairway::obs
