#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace fairway::crypto {

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  CHECK(::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace fairway::crypto
