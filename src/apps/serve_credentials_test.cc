#include "apps/serve_credentials.h"

#include <gtest/gtest.h>

#include "net/tls_fixture.h"
#include "rt/sim_files.h"

namespace fairway::apps {
namespace {

class ServeCredentialsTest : public testing::Test {
 protected:
  ServeCredentialsTest() {
    files_.Set("crt", certificate_.certificate_pem);
    files_.Set("key", certificate_.key_pem);
  }
  std::string WhyNot(const CredentialFlags& flags) {
    const auto made = ServeCredentials::Load(flags, files_);
    EXPECT_FALSE(made.ok());
    return made.status().message();
  }

  rt::SimLoop loop_;
  rt::SimFiles files_{loop_};
  crypto::SelfSigned certificate_ = net::MakeTestCertificate();
};

TEST_F(ServeCredentialsTest, WithoutFlagsClientsSpeakPlaintext) {
  const auto made = ServeCredentials::Load({}, files_);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_FALSE((*made)->clients_use_tls());
  EXPECT_EQ((*made)->ForWorkers().server, nullptr);
  EXPECT_TRUE((*made)->ForWorkers().client.has_value());
  EXPECT_EQ((*made)->upstream_authorization(), "");
}

TEST_F(ServeCredentialsTest, TakesACertificateAndItsKey) {
  const auto made = ServeCredentials::Load(
      {.tls_certificate = "crt", .tls_key = "key", .upstream_authorities = "crt"}, files_);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  EXPECT_TRUE((*made)->clients_use_tls());
  EXPECT_NE((*made)->ForWorkers().server, nullptr);
  EXPECT_EQ((*made)->ForControl().server, nullptr);
}

TEST_F(ServeCredentialsTest, SaysWhichFlagIsWrong) {
  EXPECT_NE(WhyNot({.tls_certificate = "crt"}).find("--tls-key"), std::string::npos);
  EXPECT_NE(WhyNot({.tls_key = "key"}).find("--tls-cert"), std::string::npos);
  EXPECT_NE(WhyNot({.tls_certificate = "crt", .tls_key = "none"}).find("none"), std::string::npos);
  EXPECT_NE(WhyNot({.upstream_authorities = "key"}).find("--upstream-ca key"), std::string::npos);
  files_.Set("empty", "");
  EXPECT_NE(WhyNot({.upstream_authorities = "empty"}).find("nothing"), std::string::npos);
}

TEST_F(ServeCredentialsTest, ReadsAKeyOfOneLine) {
  files_.Set("api", "sk-secret\n");
  const auto made = ServeCredentials::Load({.upstream_api_key_file = "api"}, files_);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ((*made)->upstream_authorization(), "Bearer sk-secret");
}

TEST_F(ServeCredentialsTest, SessionsHaveAKeyOfTheirOwnOrTheFiles) {
  files_.Set("seats", "the-key-that-all-replicas-have\n");
  const base::WallTime now{std::chrono::hours(500'000)};
  const auto sessions = [&](const CredentialFlags& flags) {
    return (*ServeCredentials::Load(flags, files_))->sessions();
  };
  const auto one = sessions({.session_key_file = "seats"});
  const auto other = sessions({.session_key_file = "seats"});
  const auto alone = sessions({});
  const std::string token = one->Issue(7, identity::SessionTokens::EndFor(now));
  EXPECT_EQ(other->Read(token, now), 7u);
  EXPECT_EQ(alone->Read(token, now), std::nullopt);
  EXPECT_EQ(sessions({})->Read(alone->Issue(7, identity::SessionTokens::EndFor(now)), now),
            std::nullopt);
  files_.Set("short", "short\n");
  EXPECT_NE(WhyNot({.session_key_file = "short"}).find("--session-key-file"), std::string::npos);
}

TEST_F(ServeCredentialsTest, ABadKeyIsRefusedWithoutBeingTold) {
  for (const char* text :
       {"", "\n", "sk-secret\nsk-other", "sk-secret\r\nx: y", "sk-secr\xc3\xa9t"}) {
    files_.Set("api", text);
    const std::string why = WhyNot({.upstream_api_key_file = "api"});
    EXPECT_NE(why.find("--upstream-api-key-file"), std::string::npos);
    EXPECT_EQ(why.find("sk-"), std::string::npos) << why;
  }
}

}  // namespace
}  // namespace fairway::apps
