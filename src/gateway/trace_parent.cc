#include "gateway/trace_parent.h"

#include <algorithm>

namespace fairway::gateway {
namespace {

constexpr size_t kBytes = 55;  // of version 00
constexpr std::string_view kHex = "0123456789abcdef";

bool IsHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

void AppendHex(uint64_t word, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(word >> shift) & 15];
}

}  // namespace

bool IsTraceParent(std::string_view value) {
  if (value.size() < kBytes || value[2] != '-' || value[35] != '-' || value[52] != '-')
    return false;
  const std::string_view version = value.substr(0, 2);
  if (!IsHex(version) || version == "ff") return false;
  if (value.size() > kBytes && (version == "00" || value[kBytes] != '-')) return false;
  return IsId(value.substr(3, 32)) && IsId(value.substr(36, 16)) && IsHex(value.substr(53, 2));
}

bool HasTraceParent(const http::Fields& fields) {
  int count = 0;
  bool holds = true;
  for (const http::Field& field : fields) {
    if (field.name.size() != 11 || !http::EqualsIgnoreCase(field.name, "traceparent")) continue;
    ++count;
    holds = holds && IsTraceParent(field.value);
  }
  return count == 1 && holds;
}

std::string NewTraceParent(base::Rng& rng) {
  std::string made = "00-";
  AppendHex(rng.Next() | 1, made);  // an id must not be all zero
  AppendHex(rng.Next(), made);
  made += '-';
  AppendHex(rng.Next() | 1, made);
  made += "-00";
  return made;
}

}  // namespace fairway::gateway
