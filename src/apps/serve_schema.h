#pragma once
// The fields of a `kind: Fairway` document, with what each is for and the flag that says the same.

#include <string>

#include "apps/serve_settings.h"
#include "config/schema.h"

namespace fairway::apps {

inline constexpr std::string_view kServeKind = "Fairway";
inline constexpr std::string_view kServeApiVersion = "fairway.dev/v1alpha1";

void DescribeServe(config::Schema& schema, ServeFlags& flags);

// docs/reference/config.md.
std::string ServeConfigReference();

}  // namespace fairway::apps
