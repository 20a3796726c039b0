#pragma once
// Bytes that nobody can guess, from OpenSSL's generator: for keys. Any thread.

#include <cstddef>
#include <string>

namespace fairway::crypto {

std::string RandomBytes(size_t count);

}  // namespace fairway::crypto
