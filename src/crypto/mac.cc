#include "crypto/mac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace fairway::crypto {

Mac HmacSha256(std::string_view key, std::string_view message) {
  Mac mac;
  unsigned int bytes = 0;
  // A null key would mean "the key of the last call"; an empty one is a key like any other.
  const char* key_data = key.empty() ? "" : key.data();
  CHECK(::HMAC(::EVP_sha256(), key_data, static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(),
               &bytes) != nullptr);
  CHECK(bytes == mac.size());
  return mac;
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fairway::crypto
