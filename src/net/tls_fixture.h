#pragma once
// For tests: a rig (net/test_rigs.h) whose streams are encrypted. The client trusts the server.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "crypto/self_signed.h"
#include "net/test_rigs.h"
#include "net/tls_network.h"

namespace fairway::net {

inline constexpr const char* kTlsTestName = "server.test";

inline crypto::SelfSigned MakeTestCertificate() {
  auto made = crypto::MakeSelfSigned({.dns_names = {kTlsTestName}});
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return *std::move(made);
}

inline std::shared_ptr<const crypto::TlsServerContext> ServerContext(
    const crypto::SelfSigned& certificate, crypto::AlpnList protocols = {}) {
  auto made =
      crypto::TlsServerContext::Create(certificate.certificate_pem, certificate.key_pem, protocols);
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return std::make_shared<const crypto::TlsServerContext>(*std::move(made));
}

inline crypto::TlsClientContext ClientContext(const crypto::SelfSigned& certificate,
                                              crypto::AlpnList protocols = {}) {
  auto made = crypto::TlsClientContext::Create(certificate.certificate_pem, protocols);
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return *std::move(made);
}

// Connects over TLS whatever the address says.
class AlwaysTls final : public Network {
 public:
  explicit AlwaysTls(Network& tls) : tls_(tls) {}
  rt::Loop& loop() override { return tls_.loop(); }
  std::unique_ptr<Stream> Connect(const Address& to) override {
    return tls_.Connect({.ip = to.ip, .port = to.port, .tls_name = kTlsTestName});
  }
  base::Result<std::unique_ptr<Listener>> Listen(const Address& at, PortSharing sharing,
                                                 OnAccept on_accept) override {
    return tls_.Listen(at, sharing, std::move(on_accept));
  }

 private:
  Network& tls_;
};

template <class Under>
struct TlsRig {
  Under under;
  decltype(Under::loop)& loop = under.loop;
  obs::Registry registry;
  crypto::SelfSigned certificate = MakeTestCertificate();
  TlsServerSnapshot context{ServerContext(certificate)};
  TlsNetwork server{under.server, registry, {.server = &context}};
  TlsNetwork client_tls{under.client, registry, {.client = ClientContext(certificate)}};
  AlwaysTls client{client_tls};
  Address at = under.at;
  Address nowhere = under.nowhere;
};

}  // namespace fairway::net
