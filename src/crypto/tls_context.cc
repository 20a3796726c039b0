#include "crypto/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "base/check.h"
#include "crypto/openssl_error.h"
#include "crypto/tls_context_state.h"

namespace fairway::crypto {
namespace {

using base::Code;
using base::Status;

// RFC 9325 section 4.2: of TLS 1.2's suites those with ephemeral keys and AEAD.
constexpr const char* kTls12Suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string WireForm(AlpnList protocols) {
  std::string wire;
  for (const std::string_view name : protocols) {
    CHECK(!name.empty() && name.size() < 256);
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::shared_ptr<TlsContextState> NewState(const SSL_METHOD* method, AlpnList protocols) {
  auto state = std::make_shared<TlsContextState>();
  state->protocols = WireForm(protocols);
  state->context.reset(::SSL_CTX_new(method));
  SSL_CTX* context = state->context.get();
  CHECK(context != nullptr);
  CHECK(::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  CHECK(::SSL_CTX_set_cipher_list(context, kTls12Suites) == 1);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
  // An idle stream gives its two record buffers (some 34 KB) back.
  ::SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  CHECK(::SSL_CTX_set_num_tickets(context, 0) == 1);
  // One read takes a record's header and its body.
  ::SSL_CTX_set_read_ahead(context, 1);
  return state;
}

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                   const unsigned char* offered, unsigned int offered_bytes, void* argument) {
  const auto& state = *static_cast<const TlsContextState*>(argument);
  unsigned char* found = nullptr;
  const int result = ::SSL_select_next_proto(&found, chosen_bytes, Bytes(state.protocols),
                                             static_cast<unsigned int>(state.protocols.size()),
                                             offered, offered_bytes);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Without this OpenSSL would ask the terminal for the passphrase of an encrypted key.
int NoPassphrase(char*, int, int, void*) { return 0; }

// Whether reading PEM blocks ended because there was no other one.
bool AtEndOfPem() {
  const unsigned long last = ::ERR_peek_last_error();
  const bool ended =
      ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (ended) ::ERR_clear_error();
  return ended;
}

Status UseChain(SSL_CTX* context, std::string_view pem) {
  const BioHandle reader = ReaderOf(pem);
  const CertificateHandle leaf(
      ::PEM_read_bio_X509_AUX(reader.get(), nullptr, &NoPassphrase, nullptr));
  if (leaf == nullptr) {
    ::ERR_clear_error();
    return {Code::kInvalid, "the certificate file holds no PEM certificate"};
  }
  if (::SSL_CTX_use_certificate(context, leaf.get()) != 1)
    return TakeOpenSslError(Code::kInvalid, "the certificate cannot be used");
  for (;;) {
    CertificateHandle next(::PEM_read_bio_X509(reader.get(), nullptr, &NoPassphrase, nullptr));
    if (next == nullptr) break;
    if (::SSL_CTX_add0_chain_cert(context, next.get()) != 1)
      return TakeOpenSslError(Code::kInvalid, "the certificate chain cannot be used");
    (void)next.release();  // the context's now
  }
  if (!AtEndOfPem()) return TakeOpenSslError(Code::kInvalid, "reading the certificate chain");
  return {};
}

Status UseKey(SSL_CTX* context, std::string_view pem) {
  const BioHandle reader = ReaderOf(pem);
  const KeyHandle key(::PEM_read_bio_PrivateKey(reader.get(), nullptr, &NoPassphrase, nullptr));
  if (key == nullptr) {
    ::ERR_clear_error();
    return {Code::kInvalid, "the key file holds no PEM private key without a passphrase"};
  }
  if (::SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    ::ERR_clear_error();
    return {Code::kInvalid, "the key does not belong to the certificate"};
  }
  return {};
}

Status Trust(SSL_CTX* context, std::string_view pem) {
  if (pem.empty()) {
    if (::SSL_CTX_set_default_verify_paths(context) != 1)
      return TakeOpenSslError(Code::kUnavailable, "reading the system's certificate authorities");
    return {};
  }
  const BioHandle reader = ReaderOf(pem);
  X509_STORE* store = ::SSL_CTX_get_cert_store(context);
  // A server's own certificate, named here, is trusted whoever signed it.
  CHECK(::X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1);
  for (int count = 0;; ++count) {
    const CertificateHandle authority(
        ::PEM_read_bio_X509_AUX(reader.get(), nullptr, &NoPassphrase, nullptr));
    if (authority != nullptr) {
      if (::X509_STORE_add_cert(store, authority.get()) == 1) continue;
      return TakeOpenSslError(Code::kInvalid, "an authority's certificate cannot be used");
    }
    if (!AtEndOfPem()) return TakeOpenSslError(Code::kInvalid, "reading the authorities");
    if (count == 0) return {Code::kInvalid, "the file of authorities holds no PEM certificate"};
    return {};
  }
}

}  // namespace

base::Result<TlsServerContext> TlsServerContext::Create(std::string_view chain_pem,
                                                        std::string_view key_pem,
                                                        AlpnList protocols) {
  ::ERR_clear_error();
  std::shared_ptr<TlsContextState> state = NewState(::TLS_server_method(), protocols);
  SSL_CTX* context = state->context.get();
  TRY_STATUS(UseChain(context, chain_pem));
  TRY_STATUS(UseKey(context, key_pem));
  if (!protocols.empty()) ::SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol, state.get());
  return TlsServerContext(std::move(state));
}

base::Result<TlsClientContext> TlsClientContext::Create(std::string_view authorities_pem,
                                                        AlpnList protocols) {
  ::ERR_clear_error();
  std::shared_ptr<TlsContextState> state = NewState(::TLS_client_method(), protocols);
  SSL_CTX* context = state->context.get();
  TRY_STATUS(Trust(context, authorities_pem));
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!protocols.empty()) {
    const std::string& wire = state->protocols;
    CHECK(::SSL_CTX_set_alpn_protos(context, Bytes(wire), static_cast<unsigned int>(wire.size())) ==
          0);
  }
  return TlsClientContext(std::move(state));
}

}  // namespace fairway::crypto
