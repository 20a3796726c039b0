#pragma once
// The paths by which a model server is controlled or shows its inside: weights, sleep, caches,
// adapters, profiles, metrics. A gateway that passes paths it does not know must not pass these: to
// its clients it is a server for inference, and what one of them does there would happen to all.

#include <string>
#include <string_view>

namespace fairway::gateway {

// Whether the path leads to such a place in an engine that we know, in whatever way it is written:
// percent-escapes are decoded, dots, empty segments, backslashes and letter case do not matter.
bool IsControlPath(std::string_view path);

// The form in which paths are compared: "/Metrics//./x%2Fy/" is "/metrics/x/y".
std::string ComparablePath(std::string_view path);

// With percent-escapes decoded once; malformed ones stay.
std::string PercentDecoded(std::string_view text);

}  // namespace fairway::gateway
