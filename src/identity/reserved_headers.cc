#include "identity/reserved_headers.h"

#include <array>

namespace fairway::identity {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// `lower` is in lower case already.
bool Equals(std::string_view name, std::string_view lower) {
  if (name.size() != lower.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (Lower(name[i]) != lower[i]) return false;
  }
  return true;
}

bool StartsWith(std::string_view name, std::string_view lower) {
  return name.size() >= lower.size() && Equals(name.substr(0, lower.size()), lower);
}

template <size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  for (const std::string_view lower : names) {
    if (Equals(name, lower)) return true;
  }
  return false;
}

// After "x-".
constexpr std::array<std::string_view, 6> kDestinationHints = {
    "prefiller-host-port", "encoder-hosts-ports",       "data-parallel-host-port",
    "data-parallel-rank",  "kv-cache-source-host-port", "conformance-test-served-endpoint"};
constexpr std::array<std::string_view, 2> kLatencyGoals = {"slo-ttft-ms", "slo-tpot-ms"};

// Names that begin with "x-", told apart by what follows.
HeaderClass ClassifyExtension(std::string_view rest) {
  if (rest.empty()) return HeaderClass::kOrdinary;
  switch (Lower(rest[0])) {
    case 'f':
      return StartsWith(rest, "fairway-") ? HeaderClass::kOurs : HeaderClass::kOrdinary;
    case 'g':
      // Whole families: the endpoint picker's protocol grows names (-subset, -served, -scores,
      // -fallback), and none of them is a client's to set.
      if (StartsWith(rest, "gateway-destination-endpoint")) return HeaderClass::kDestination;
      if (StartsWith(rest, "gateway-inference-") || StartsWith(rest, "gateway-model-name") ||
          StartsWith(rest, "gateway-base-model-name")) {
        return HeaderClass::kPolicy;
      }
      return HeaderClass::kOrdinary;
    case 'l':
      return StartsWith(rest, "llm-d-") ? HeaderClass::kPolicy : HeaderClass::kOrdinary;
    case 's':
      return IsOneOf(rest, kLatencyGoals) ? HeaderClass::kPolicy : HeaderClass::kOrdinary;
    case 'c':
    case 'd':
    case 'e':
    case 'k':
    case 'p':
      return IsOneOf(rest, kDestinationHints) ? HeaderClass::kDestination : HeaderClass::kOrdinary;
    default:
      return HeaderClass::kOrdinary;
  }
}

HeaderClass HopByHopIf(bool matches) {
  return matches ? HeaderClass::kHopByHop : HeaderClass::kOrdinary;
}

// What frames, addresses or authorises a message belongs to it end to end.
constexpr std::array<std::string_view, 8> kNeverNamed = {
    "host",          "content-length", "content-type", "content-encoding",
    "authorization", "cookie",         "expect",       "x-request-id"};

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsAnyCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

}  // namespace

HeaderClass Classify(std::string_view name) {
  if (name.size() < 2) return HeaderClass::kOrdinary;
  switch (Lower(name[0])) {
    case 'x':
      return name[1] == '-' ? ClassifyExtension(name.substr(2)) : HeaderClass::kOrdinary;
    case 'c':
      return HopByHopIf(Equals(name, "connection"));
    case 'h':
      return HopByHopIf(Equals(name, "http2-settings"));
    case 'k':
      return HopByHopIf(Equals(name, "keep-alive"));
    case 'p':
      return HopByHopIf(StartsWith(name, "proxy-"));
    case 't':
      if (Equals(name, "test-epp-endpoint-selection")) return HeaderClass::kDestination;
      return HopByHopIf(Equals(name, "te") || Equals(name, "trailer") || Equals(name, "trailers") ||
                        Equals(name, "transfer-encoding"));
    case 'u':
      return HopByHopIf(Equals(name, "upgrade"));
    default:
      return HeaderClass::kOrdinary;
  }
}

bool NamedInConnection(std::string_view connection_value, std::string_view header) {
  if (IsOneOf(header, kNeverNamed)) return false;
  while (!connection_value.empty()) {
    const size_t comma = connection_value.find(',');
    if (EqualsAnyCase(Trimmed(connection_value.substr(0, comma)), header)) return true;
    if (comma == std::string_view::npos) break;
    connection_value.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace fairway::identity
