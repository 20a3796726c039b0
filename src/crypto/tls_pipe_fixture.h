#pragma once
// For tests: two ends of a wire in memory, and a pair of sessions over it.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "crypto/self_signed.h"
#include "crypto/tls_session.h"

namespace fairway::crypto {

// One end; what it sends the other receives.
class PipeEnd final : public RecordTransport {
 public:
  Received Receive(std::span<char> into) override {
    if (arrived.empty()) return {ended ? State::kEnd : State::kWouldBlock, 0};
    const size_t bytes = std::min(into.size(), arrived.size());
    std::copy_n(arrived.begin(), bytes, into.begin());
    arrived.erase(0, bytes);
    return {State::kOk, bytes};
  }
  bool Send(std::string_view records) override {
    if (other == nullptr) return false;
    ++sends;
    other->arrived += records;
    return true;
  }

  PipeEnd* other = nullptr;
  std::string arrived;
  bool ended = false;
  int sends = 0;
};

inline SelfSigned MakeTestCertificate() {
  auto made = MakeSelfSigned({.common_name = "model server",
                              .dns_names = {"server.test", "*.wild.test"},
                              .addresses = {"127.0.0.1", "::1"}});
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return *std::move(made);
}

// A client and a server that trust one another unless a test says otherwise.
class SessionPair {
 public:
  struct Options {
    std::string name = "server.test";
    SelfSigned certificate = MakeTestCertificate();
    std::string authorities = {};  // empty: the certificate itself
    std::vector<std::string_view> server_protocols = {};
    std::vector<std::string_view> client_protocols = {};
  };
  explicit SessionPair(const Options& options) {
    near.other = &far;
    far.other = &near;
    const auto& authorities =
        options.authorities.empty() ? options.certificate.certificate_pem : options.authorities;
    auto server_context = TlsServerContext::Create(
        options.certificate.certificate_pem, options.certificate.key_pem, options.server_protocols);
    auto client_context = TlsClientContext::Create(authorities, options.client_protocols);
    EXPECT_TRUE(server_context.ok()) << server_context.status().ToString();
    EXPECT_TRUE(client_context.ok()) << client_context.status().ToString();
    server.emplace(TlsSession::Server(*server_context, far));
    auto made = TlsSession::Client(*client_context, options.name, near);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    client.emplace(*std::move(made));
  }

  // Both sides by turns until neither can go on.
  void Handshake() {
    for (int round = 0; round < 10; ++round) {
      client_state = client->Handshake();
      server_state = server->Handshake();
    }
  }
  bool up() const {
    return client_state == TlsSession::State::kOk && server_state == TlsSession::State::kOk;
  }

  PipeEnd near;
  PipeEnd far;
  std::optional<TlsSession> client;
  std::optional<TlsSession> server;
  TlsSession::State client_state = TlsSession::State::kWantRead;
  TlsSession::State server_state = TlsSession::State::kWantRead;
};

}  // namespace fairway::crypto
