#pragma once
// Owning pointers to OpenSSL's objects. Private to crypto.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

namespace fairway::crypto {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioHandle = std::unique_ptr<BIO, FreeWith<&::BIO_free_all>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeWith<&::EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, FreeWith<&::X509_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, FreeWith<&::SSL_CTX_free>>;
using SessionHandle = std::unique_ptr<SSL, FreeWith<&::SSL_free>>;

// Reads from `text`, which must outlive it.
inline BioHandle ReaderOf(std::string_view text) {
  return BioHandle(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace fairway::crypto
