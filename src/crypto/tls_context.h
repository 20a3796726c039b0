#pragma once
// What many TLS sessions share: certificate and key, trusted authorities, the protocols offered.
// Immutable and cheap to copy; any thread. A session keeps the context it began with, so that a
// context is replaced by making another.
//
// TLS 1.2 at least; ephemeral keys and authenticated encryption only; no renegotiation, no
// compression, no session tickets and no session cache (so neither has a limit to watch).

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace fairway::crypto {

struct TlsContextState;  // OpenSSL's; private to crypto

// Protocol names by preference: {"h2", "http/1.1"}.
using AlpnList = std::span<const std::string_view>;

class TlsServerContext {
 public:
  // The certificate first, then the chain up to the root; and the key that belongs to it. A client
  // that offers protocols of which we speak none is refused (RFC 7301 section 3.2); one that offers
  // none at all is taken. kInvalid, with what is wrong, if the two do not make a server.
  static base::Result<TlsServerContext> Create(std::string_view chain_pem, std::string_view key_pem,
                                               AlpnList protocols);
  const TlsContextState& state() const { return *state_; }
  std::shared_ptr<const TlsContextState> share() const { return state_; }

 private:
  explicit TlsServerContext(std::shared_ptr<const TlsContextState> s) : state_(std::move(s)) {}
  std::shared_ptr<const TlsContextState> state_;
};

class TlsClientContext {
 public:
  // Trusts the certificates in `authorities_pem`, or those of the system if it is empty.
  static base::Result<TlsClientContext> Create(std::string_view authorities_pem,
                                               AlpnList protocols);
  const TlsContextState& state() const { return *state_; }
  std::shared_ptr<const TlsContextState> share() const { return state_; }

 private:
  explicit TlsClientContext(std::shared_ptr<const TlsContextState> s) : state_(std::move(s)) {}
  std::shared_ptr<const TlsContextState> state_;
};

}  // namespace fairway::crypto
