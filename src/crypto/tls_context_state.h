#pragma once
// What stands behind a TLS context. Private to crypto.

#include <string>

#include "crypto/openssl_handle.h"

namespace fairway::crypto {

struct TlsContextState {
  ContextHandle context;
  std::string protocols;  // ALPN's wire form: each name behind its length
};

}  // namespace fairway::crypto
