#pragma once
// What `serve` proves itself with, and whom it trusts: the certificate that clients see (followed
// while running), the authorities that https model servers are judged by, and the key that model
// servers ask for. Loaded before anything listens; lives on the control loop, and is read by every
// worker.

#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "identity/session_token.h"
#include "net/tls_files.h"
#include "net/tls_network.h"
#include "rt/files.h"

namespace fairway::apps {

struct CredentialFlags {
  std::string tls_certificate;        // empty: clients speak plaintext
  std::string tls_key;                // empty exactly if the certificate is
  std::string upstream_authorities;   // empty: the system's
  std::string upstream_api_key_file;  // empty: none
  std::string session_key_file;       // empty: a key of this process alone, made when it starts
};

class ServeCredentials final {
 public:
  // Fails, naming the flag and the file, if one cannot be used. `files` outlives it.
  static base::Result<std::unique_ptr<ServeCredentials>> Load(const CredentialFlags& flags,
                                                              rt::Files& files);

  // For a worker: TLS towards clients, if there is a certificate, and towards model servers.
  net::TlsNetworkOptions ForWorkers() const;
  // For the control loop: towards model servers only.
  net::TlsNetworkOptions ForControl() const { return {.client = client_}; }
  bool clients_use_tls() const { return certificate_ != nullptr; }

  // The authorization field for model servers, "Bearer ..."; empty: none. Never to be logged.
  const std::string& upstream_authorization() const { return authorization_; }

  // Never null.
  const std::shared_ptr<const identity::SessionTokens>& sessions() const { return sessions_; }

 private:
  ServeCredentials() = default;

  std::unique_ptr<net::TlsFiles> certificate_;
  std::optional<crypto::TlsClientContext> client_;
  std::string authorization_;
  std::shared_ptr<const identity::SessionTokens> sessions_;
};

}  // namespace fairway::apps
