#include "sources/endpoint_url.h"

#include <algorithm>
#include <charconv>

namespace fairway::sources {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMaxHostBytes = 253;  // of a DNS name, RFC 1035
constexpr size_t kMaxPrefixBytes = 1024;

base::Status Bad(std::string_view url, std::string_view what) {
  std::string message = "\"";
  message += url.substr(0, 200);
  message += "\": ";
  message += what;
  return {base::Code::kInvalid, std::move(message)};
}

bool IsHostName(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

bool IsIpv6Text(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
  });
}

// RFC 3986 pchar and '/', which are safe in a request line as they stand.
bool IsPath(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~%!$&'()*+,;=:@/").find(c) != std::string_view::npos;
  });
}

// "host", "host:8000", "[::1]:8000" -> host and port.
base::Status SplitAuthority(std::string_view url, std::string_view authority, EndpointUrl& into) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == authority.npos || !IsIpv6Text(authority.substr(1, close - 1))) {
      return Bad(url, "the address in brackets is not an IPv6 address");
    }
    into.host = authority.substr(1, close - 1);
    const std::string_view after = authority.substr(close + 1);
    has_port = after.starts_with(':');
    if (!after.empty() && !has_port) return Bad(url, "after \"]\" comes \":port\" or nothing");
    port = after.substr(has_port ? 1 : 0);
  } else {
    const size_t colon = authority.find(':');
    has_port = colon != authority.npos;
    into.host = authority.substr(0, colon);
    if (has_port) port = authority.substr(colon + 1);
    if (port.find(':') != port.npos) return Bad(url, "write an IPv6 address in brackets: [::1]");
    if (into.host.empty()) return Bad(url, "the host is missing");
    if (into.host.size() > kMaxHostBytes || !IsHostName(into.host)) {
      return Bad(url, "the host is not a name or an address");
    }
  }
  if (!has_port) return {};
  const char* end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, into.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || into.port == 0) {
    return Bad(url, "the port must be a number from 1 to 65535");
  }
  return {};
}

}  // namespace

std::string EndpointUrl::Authority() const {
  const bool six = host.find(':') != std::string::npos;
  std::string authority = six ? "[" + host + "]" : host;
  const uint16_t usual = scheme == Scheme::kHttps ? kHttpsPort : kHttpPort;
  if (port != usual) authority += ":" + std::to_string(port);
  return authority;
}

base::Result<EndpointUrl> ParseEndpointUrl(std::string_view text) {
  std::string_view rest = text;
  EndpointUrl url;
  if (rest.starts_with("https://")) {
    url.scheme = Scheme::kHttps;
    url.port = kHttpsPort;
    rest.remove_prefix(8);
  } else if (rest.starts_with("h2c://")) {
    url.scheme = Scheme::kH2c;
    rest.remove_prefix(6);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return Bad(text, "must begin with http://, https:// or h2c://");
  }
  const size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view prefix = rest.substr(slash);
  if (authority.find('@') != authority.npos) return Bad(text, "must not hold a user or password");

  TRY_STATUS(SplitAuthority(text, authority, url));
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.find_first_of("?#") != prefix.npos) return Bad(text, "must not hold \"?\" or \"#\"");
  if (prefix.size() > kMaxPrefixBytes || !IsPath(prefix)) {
    return Bad(text, "the path is too long or has characters that a URL cannot hold");
  }
  if (prefix == "/v1" || prefix.ends_with("/v1")) {
    return Bad(text,
               "leave /v1 out: the server's root is wanted, request paths bring their own /v1");
  }
  url.prefix = prefix;
  return url;
}

}  // namespace fairway::sources
