#include "crypto/tls_context.h"

#include <gtest/gtest.h>

#include "crypto/tls_pipe_fixture.h"

namespace fairway::crypto {
namespace {

TEST(TlsServerContext, TakesACertificateAndItsKey) {
  const SelfSigned made = MakeTestCertificate();
  EXPECT_TRUE(TlsServerContext::Create(made.certificate_pem, made.key_pem, {}).ok());
}

TEST(TlsServerContext, TakesAChain) {
  const SelfSigned leaf = MakeTestCertificate();
  const std::string chain = leaf.certificate_pem + MakeTestCertificate().certificate_pem +
                            "text behind the last certificate\n";
  EXPECT_TRUE(TlsServerContext::Create(chain, leaf.key_pem, {}).ok());
}

TEST(TlsServerContext, SaysWhatIsWrong) {
  const SelfSigned made = MakeTestCertificate();
  const SelfSigned other = MakeTestCertificate();
  const auto why = [](const std::string& certificate, const std::string& key) {
    const auto context = TlsServerContext::Create(certificate, key, {});
    EXPECT_EQ(context.status().code(), base::Code::kInvalid);
    return context.status().message();
  };
  EXPECT_EQ(why("", made.key_pem), "the certificate file holds no PEM certificate");
  EXPECT_EQ(why(made.key_pem, made.key_pem), "the certificate file holds no PEM certificate");
  EXPECT_EQ(why(made.certificate_pem, "no key"),
            "the key file holds no PEM private key without a passphrase");
  EXPECT_NE(why(made.certificate_pem, other.key_pem).find("does not belong"), std::string::npos);
  const std::string cut = made.certificate_pem.substr(0, made.certificate_pem.size() / 2);
  why(cut, made.key_pem);
  EXPECT_NE(why(made.certificate_pem + cut, made.key_pem).find("chain"), std::string::npos);
}

TEST(TlsClientContext, TakesTheSystemsAuthorities) {
  EXPECT_TRUE(TlsClientContext::Create("", {}).ok());
}

TEST(TlsClientContext, RefusesAFileWithoutCertificates) {
  EXPECT_EQ(TlsClientContext::Create("nothing", {}).status().code(), base::Code::kInvalid);
  const SelfSigned made = MakeTestCertificate();
  EXPECT_EQ(TlsClientContext::Create(made.key_pem, {}).status().code(), base::Code::kInvalid);
}

TEST(TlsClientContext, TrustsEachAuthorityOfTheFile) {
  const SelfSigned made = MakeTestCertificate();
  SessionPair pair({.certificate = made,
                    .authorities = MakeTestCertificate().certificate_pem + made.certificate_pem +
                                   MakeTestCertificate().certificate_pem});
  pair.Handshake();
  EXPECT_TRUE(pair.up()) << pair.client->failure().ToString();
}

// What a certificate reload relies on.
TEST(TlsServerContext, ASessionOutlivesTheContextItBeganWith) {
  SessionPair pair({});  // both contexts are gone by now
  pair.Handshake();
  ASSERT_TRUE(pair.up());
}

TEST(MakeSelfSigned, RefusesNamesThatACertificateCannotHold) {
  EXPECT_EQ(MakeSelfSigned({.dns_names = {"a,DNS:b"}}).status().code(), base::Code::kInvalid);
  EXPECT_EQ(MakeSelfSigned({.addresses = {"not an address"}}).status().code(),
            base::Code::kInvalid);
  EXPECT_EQ(MakeSelfSigned({.addresses = {"300.0.0.1"}}).status().code(), base::Code::kInvalid);
}

TEST(MakeSelfSigned, EachIsAnother) {
  const SelfSigned first = MakeTestCertificate();
  const SelfSigned second = MakeTestCertificate();
  EXPECT_NE(first.key_pem, second.key_pem);
  EXPECT_NE(first.certificate_pem, second.certificate_pem);
}

}  // namespace
}  // namespace fairway::crypto
