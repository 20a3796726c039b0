#include <arpa/inet.h>

#include <charconv>

#include "net/network.h"

namespace fairway::net {
namespace {

using base::Code;
using base::Status;

bool IsIp(int family, const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, text.c_str(), bytes) == 1;
}

Status Bad(std::string_view text, std::string_view why) {
  return {Code::kInvalid, "address \"" + std::string(text) + "\": " + std::string(why)};
}

}  // namespace

std::string Address::ToString() const {
  const bool v6 = ip.find(':') != std::string::npos;
  return (v6 ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

base::Result<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text, "no port; write IP:PORT");
  Address address;
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return Bad(text, "the port is not a number from 0 to 65535");
  }
  std::string_view ip = text.substr(0, colon);
  if (ip.empty()) {
    address.ip = "0.0.0.0";
  } else if (ip.starts_with('[') && ip.ends_with(']')) {
    address.ip = ip.substr(1, ip.size() - 2);
    if (!IsIp(AF_INET6, address.ip)) return Bad(text, "not an IPv6 address in the brackets");
  } else {
    address.ip = ip;
    if (!IsIp(AF_INET, address.ip)) {
      return Bad(text, IsIp(AF_INET6, address.ip) ? "write [IPv6]:PORT" : "not an IP address");
    }
  }
  return address;
}

}  // namespace fairway::net
