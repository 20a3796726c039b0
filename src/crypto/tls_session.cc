#include "crypto/tls_session.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/check.h"
#include "crypto/openssl_error.h"
#include "crypto/tls_context_state.h"

namespace fairway::crypto {
namespace {

using base::Code;
using base::Status;

RecordTransport& TransportOf(BIO* bio) {
  return *static_cast<RecordTransport*>(::BIO_get_data(bio));
}

int ReadRecords(BIO* bio, char* into, int bytes) {
  ::BIO_clear_retry_flags(bio);
  if (bytes <= 0) return 0;
  const auto got = TransportOf(bio).Receive({into, static_cast<size_t>(bytes)});
  switch (got.state) {
    case RecordTransport::State::kOk:
      return static_cast<int>(got.bytes);
    case RecordTransport::State::kWouldBlock:
      ::BIO_set_retry_read(bio);
      return -1;
    case RecordTransport::State::kEnd:
      ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      return 0;
    case RecordTransport::State::kFailed:
      return -1;
  }
  return -1;
}

int WriteRecords(BIO* bio, const char* bytes, int count) {
  ::BIO_clear_retry_flags(bio);
  if (count <= 0) return 0;
  return TransportOf(bio).Send({bytes, static_cast<size_t>(count)}) ? count : -1;
}

long Control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

// Made once and kept for the life of the process.
const BIO_METHOD* TransportMethod() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method =
        ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "record transport");
    CHECK(method != nullptr);
    CHECK(::BIO_meth_set_read(method, &ReadRecords) == 1);
    CHECK(::BIO_meth_set_write(method, &WriteRecords) == 1);
    CHECK(::BIO_meth_set_ctrl(method, &Control) == 1);
    return method;
  }();
  return kMethod;
}

}  // namespace

struct TlsSession::Handle {
  std::shared_ptr<const TlsContextState> context;
  SessionHandle ssl;
};

namespace {

SSL* NewSsl(const TlsContextState& context, RecordTransport& transport) {
  SSL* ssl = ::SSL_new(context.context.get());
  BIO* bio = ::BIO_new(TransportMethod());
  CHECK(ssl != nullptr && bio != nullptr);
  ::BIO_set_data(bio, &transport);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl, bio, bio);  // takes the one reference for both directions
  return ssl;
}

}  // namespace

TlsSession::TlsSession(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
TlsSession::TlsSession(TlsSession&&) noexcept = default;
TlsSession& TlsSession::operator=(TlsSession&&) noexcept = default;
TlsSession::~TlsSession() = default;

TlsSession TlsSession::Server(const TlsServerContext& context, RecordTransport& transport) {
  auto handle = std::make_unique<Handle>(context.share(), SessionHandle());
  handle->ssl.reset(NewSsl(context.state(), transport));
  ::SSL_set_accept_state(handle->ssl.get());
  return TlsSession(std::move(handle));
}

base::Result<TlsSession> TlsSession::Client(const TlsClientContext& context,
                                            const std::string& peer_name,
                                            RecordTransport& transport) {
  ::ERR_clear_error();
  auto handle = std::make_unique<Handle>(context.share(), SessionHandle());
  handle->ssl.reset(NewSsl(context.state(), transport));
  SSL* ssl = handle->ssl.get();
  ::SSL_set_connect_state(ssl);
  X509_VERIFY_PARAM* verify = ::SSL_get0_param(ssl);
  ::X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is proven by an address in the certificate, and is no SNI (RFC 6066 section 3).
  if (::X509_VERIFY_PARAM_set1_ip_asc(verify, peer_name.c_str()) == 1)
    return TlsSession(std::move(handle));
  if (peer_name.empty() || ::SSL_set1_host(ssl, peer_name.c_str()) != 1 ||
      ::SSL_set_tlsext_host_name(ssl, peer_name.c_str()) != 1) {
    ::ERR_clear_error();
    return Status(Code::kInvalid, "\"" + peer_name + "\" is no name that TLS can verify");
  }
  ::ERR_clear_error();
  return TlsSession(std::move(handle));
}

// What a call that did not succeed means.
TlsSession::State TlsSession::Judge(int result, const char* what) {
  SSL* ssl = handle_->ssl.get();
  switch (::SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ:
      return State::kWantRead;
    case SSL_ERROR_ZERO_RETURN:
      return State::kEnd;
    case SSL_ERROR_SYSCALL:
      failure_ = Status(Code::kUnavailable, std::string(what) + ": the connection broke");
      ::ERR_clear_error();
      return State::kFailed;
    case SSL_ERROR_SSL:
      break;
    default:
      failure_ = TakeOpenSslError(Code::kInternal, what);
      return State::kFailed;
  }
  const unsigned long error = ::ERR_peek_error();
  const long verdict = ::SSL_get_verify_result(ssl);
  if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    failure_ =
        Status(Code::kUnavailable, std::string(what) + ": the peer went without close_notify");
    ::ERR_clear_error();
  } else if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
    failure_ = Status(Code::kUnavailable, std::string(what) + ": the server's certificate: " +
                                              ::X509_verify_cert_error_string(verdict));
    ::ERR_clear_error();
  } else {
    failure_ = TakeOpenSslError(Code::kUnavailable, what);
  }
  return State::kFailed;
}

TlsSession::State TlsSession::Handshake() {
  if (!failure_.ok()) return State::kFailed;
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(handle_->ssl.get());
  if (result == 1) return State::kOk;
  const State state = Judge(result, "TLS handshake");
  if (state != State::kEnd) return state;
  failure_ = Status(Code::kUnavailable, "TLS handshake: the peer closed");
  return State::kFailed;
}

TlsSession::Moved TlsSession::Read(std::span<char> into) {
  if (!failure_.ok()) return {State::kFailed, 0};
  ::ERR_clear_error();
  size_t bytes = 0;
  const int result = ::SSL_read_ex(handle_->ssl.get(), into.data(), into.size(), &bytes);
  if (result == 1) return {State::kOk, bytes};
  return {Judge(result, "TLS"), 0};
}

TlsSession::State TlsSession::Peek() {
  if (!failure_.ok()) return State::kFailed;
  ::ERR_clear_error();
  char byte = 0;
  size_t bytes = 0;
  const int result = ::SSL_peek_ex(handle_->ssl.get(), &byte, 1, &bytes);
  return result == 1 ? State::kOk : Judge(result, "TLS");
}

bool TlsSession::HasBuffered() const { return ::SSL_has_pending(handle_->ssl.get()) == 1; }

TlsSession::State TlsSession::Write(std::string_view plaintext) {
  CHECK(!plaintext.empty() && plaintext.size() <= kMaxRecordBytes);
  if (!failure_.ok()) return State::kFailed;
  ::ERR_clear_error();
  size_t bytes = 0;
  const int result = ::SSL_write_ex(handle_->ssl.get(), plaintext.data(), plaintext.size(), &bytes);
  if (result != 1) return Judge(result, "TLS");
  CHECK(bytes == plaintext.size());
  return State::kOk;
}

TlsSession::State TlsSession::Shutdown() {
  if (!failure_.ok()) return State::kFailed;
  ::ERR_clear_error();
  const int result = ::SSL_shutdown(handle_->ssl.get());
  return result >= 0 ? State::kOk : Judge(result, "TLS");
}

std::string_view TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int bytes = 0;
  ::SSL_get0_alpn_selected(handle_->ssl.get(), &name, &bytes);
  return {reinterpret_cast<const char*>(name), bytes};
}

}  // namespace fairway::crypto
