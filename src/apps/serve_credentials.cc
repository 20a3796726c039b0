#include "apps/serve_credentials.h"

#include <algorithm>
#include <utility>

#include "crypto/random.h"

namespace fairway::apps {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr size_t kMaxKeyBytes = 4096;
constexpr std::string_view kClientProtocols[] = {"h2", "http/1.1"};
constexpr std::string_view kUpstreamProtocols[] = {"http/1.1"};

// The file's one line, without the end of the line. What is wrong is told without a byte of it.
Result<std::string> ReadKey(rt::Files& files, const std::string& path) {
  std::string key = TRY(files.Read(path, kMaxKeyBytes));
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' '))
    key.pop_back();
  const bool plain = std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
  if (key.empty() || !plain)
    return Status(Code::kInvalid, path + ": holds no key of visible ASCII characters alone");
  return key;
}

Result<identity::SessionTokens> SessionsOf(const std::string& path, rt::Files& files) {
  if (path.empty()) return identity::SessionTokens::Create(crypto::RandomBytes(32));
  const std::string key = TRY(ReadKey(files, path));
  return identity::SessionTokens::Create(key);
}

Result<crypto::TlsClientContext> TrustedServers(const std::string& path, rt::Files& files) {
  std::string authorities;
  if (!path.empty()) authorities = TRY(files.Read(path, net::kMaxPemBytes));
  if (!path.empty() && authorities.empty()) return Status(Code::kInvalid, path + ": nothing in it");
  return crypto::TlsClientContext::Create(authorities, kUpstreamProtocols);
}

}  // namespace

Result<std::unique_ptr<ServeCredentials>> ServeCredentials::Load(const CredentialFlags& flags,
                                                                 rt::Files& files) {
  if (flags.tls_certificate.empty() != flags.tls_key.empty())
    return Status(Code::kInvalid, "--tls-cert and --tls-key belong together");
  std::unique_ptr<ServeCredentials> made(new ServeCredentials);
  if (!flags.tls_certificate.empty()) {
    auto certificate =
        net::TlsFiles::Load(files, {flags.tls_certificate, flags.tls_key},
                            {std::begin(kClientProtocols), std::end(kClientProtocols)});
    if (!certificate.ok()) return certificate.status().Within("--tls-cert, --tls-key");
    made->certificate_ = *std::move(certificate);
  }
  auto client = TrustedServers(flags.upstream_authorities, files);
  if (!client.ok()) return client.status().Within("--upstream-ca " + flags.upstream_authorities);
  made->client_ = *std::move(client);
  if (!flags.upstream_api_key_file.empty()) {
    const auto key = ReadKey(files, flags.upstream_api_key_file);
    if (!key.ok()) return key.status().Within("--upstream-api-key-file");
    made->authorization_ = "Bearer " + *key;
  }
  auto sessions = SessionsOf(flags.session_key_file, files);
  if (!sessions.ok()) return sessions.status().Within("--session-key-file");
  made->sessions_ = std::make_shared<const identity::SessionTokens>(*std::move(sessions));
  return made;
}

net::TlsNetworkOptions ServeCredentials::ForWorkers() const {
  net::TlsNetworkOptions options = ForControl();
  if (certificate_ != nullptr) options.server = &certificate_->contexts();
  return options;
}

}  // namespace fairway::apps
