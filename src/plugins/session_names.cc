#include "plugins/session_names.h"

#include <algorithm>
#include <string>

#include "config/fields.h"

namespace fairway::plugins {
namespace {

constexpr std::string_view kStrategy = "encoded_endpoint_header";

// A token of RFC 9110 that a header or a cookie may be called.
bool IsToken(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!#$%&'*+^`|~";
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

base::Status ReadSessionNames(const config::Node& params, sched::Context& context) {
  sched::SessionNames names{.header = "x-session-token", .cookie = {}};
  std::string strategy(kStrategy);
  config::Fields fields(params);
  fields.Read("strategy", strategy);
  fields.Read("cookie", names.cookie);
  const config::Node header_config = fields.Take("encodedEndpointHeaderConfig");
  config::Fields header(header_config);
  header.Read("header", names.header);
  if (strategy != kStrategy)
    fields.Complain(params.Get("strategy").Error("expected " + std::string(kStrategy)));
  if (!IsToken(names.header))
    fields.Complain(header_config.Get("header").Error("is not the name of a header"));
  if (!names.cookie.empty() && !IsToken(names.cookie))
    fields.Complain(params.Get("cookie").Error("is not the name of a cookie"));
  TRY_STATUS(fields.Finish());
  TRY_STATUS(header.Finish());
  std::ranges::transform(names.header, names.header.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  if (context.needs.session && *context.needs.session != names)
    return params.Error("another session plugin uses another header or cookie");
  context.needs.session = std::move(names);
  return {};
}

}  // namespace fairway::plugins
