#pragma once
// A certificate that a process makes for itself, in memory: for the endpoint picker, whose Envoy
// encrypts but does not verify, and for tests. An EC key on P-256; begins a day ago by the system's
// clock, so that a peer whose clock is behind takes it too. Pure but for that clock; any thread.

#include <string>
#include <vector>

#include "base/status.h"

namespace fairway::crypto {

struct SelfSignedOptions {
  std::string common_name = "fairway";
  std::vector<std::string> dns_names = {};
  std::vector<std::string> addresses = {};  // "127.0.0.1", "::1"
  int days = 3650;                          // from now; negative: it has expired already
};

struct SelfSigned {
  std::string certificate_pem;  // its own authority too
  std::string key_pem;          // not encrypted
};

// kInvalid if a name or an address cannot stand in a certificate.
base::Result<SelfSigned> MakeSelfSigned(const SelfSignedOptions& options);

}  // namespace fairway::crypto
