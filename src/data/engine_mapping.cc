#include "data/engine_mapping.h"

#include <algorithm>

namespace fairway::data {
namespace {

using base::Code;
using base::Status;

void Trim(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
}

bool IsMetricName(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:";
  return !name.empty() && (name[0] < '0' || name[0] > '9') &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

// One of "a=x", "a=\"x\"".
base::Result<std::pair<std::string, std::string>> ParseLabel(std::string_view text) {
  const size_t equals = text.find('=');
  std::string_view name = text.substr(0, equals);
  Trim(name);
  if (equals == std::string_view::npos || !IsMetricName(name) ||
      name.find(':') != std::string_view::npos)
    return Status(Code::kInvalid, "expected label=value, got \"" + std::string(text) + "\"");
  std::string_view value = text.substr(equals + 1);
  Trim(value);
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
    value = value.substr(1, value.size() - 2);
  if (value.find_first_of("\"\\{},") != std::string_view::npos)
    return Status(Code::kInvalid, "a label's value has no quotes, commas, braces or backslashes");
  return std::pair(std::string(name), std::string(value));
}

}  // namespace

base::Result<SeriesName> ParseSeriesName(std::string_view text) {
  Trim(text);
  SeriesName series;
  if (text.empty()) return series;
  const size_t brace = text.find('{');
  std::string_view family = text.substr(0, brace);
  Trim(family);
  if (!IsMetricName(family))
    return Status(Code::kInvalid, "\"" + std::string(family) + "\" is not the name of a metric");
  series.family = std::string(family);
  if (brace == std::string_view::npos) return series;
  if (!text.ends_with('}')) return Status(Code::kInvalid, "a \"}\" is missing at the end");
  std::string_view rest = text.substr(brace + 1, text.size() - brace - 2);
  Trim(rest);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    series.labels.push_back(TRY(ParseLabel(rest.substr(0, comma))));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    Trim(rest);
  }
  return series;
}

}  // namespace fairway::data
