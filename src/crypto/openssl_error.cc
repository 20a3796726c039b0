#include "crypto/openssl_error.h"

#include <openssl/err.h>

#include <string>

namespace fairway::crypto {

base::Status TakeOpenSslError(base::Code code, std::string_view what) {
  std::string message(what);
  if (const unsigned long error = ::ERR_get_error(); error != 0) {
    const char* reason = ::ERR_reason_error_string(error);
    message += ": ";
    message += reason != nullptr ? reason : "unknown error of OpenSSL";
  }
  ::ERR_clear_error();
  return {code, std::move(message)};
}

}  // namespace fairway::crypto
