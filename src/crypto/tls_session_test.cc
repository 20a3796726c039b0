#include "crypto/tls_session.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "crypto/openssl_handle.h"
#include "crypto/tls_pipe_fixture.h"

namespace fairway::crypto {
namespace {

using State = TlsSession::State;

std::string ReadText(TlsSession& session) {
  std::string text;
  std::array<char, 100> buffer;
  for (;;) {
    const auto got = session.Read(buffer);
    if (got.state != State::kOk) return text;
    text.append(buffer.data(), got.bytes);
  }
}

TEST(TlsSession, CarriesBytesBothWays) {
  SessionPair pair({});
  pair.Handshake();
  ASSERT_TRUE(pair.up()) << pair.client->failure().ToString();
  EXPECT_EQ(pair.client->Write("question"), State::kOk);
  EXPECT_EQ(pair.far.arrived.find("question"), std::string::npos);
  EXPECT_EQ(ReadText(*pair.server), "question");
  EXPECT_EQ(pair.server->Write("answer"), State::kOk);
  EXPECT_EQ(ReadText(*pair.client), "answer");
  std::array<char, 1> byte;
  EXPECT_EQ(pair.client->Read(byte).state, State::kWantRead);
}

TEST(TlsSession, AWholeRecordIsOneSend) {
  SessionPair pair({});
  pair.Handshake();
  const int before = pair.near.sends;
  const std::string record(TlsSession::kMaxRecordBytes, 'x');
  EXPECT_EQ(pair.client->Write(record), State::kOk);
  EXPECT_EQ(pair.near.sends, before + 1);
  EXPECT_EQ(ReadText(*pair.server), record);
}

TEST(TlsSession, ARecordThatIsNotWholeIsNotReadable) {
  SessionPair pair({});
  pair.Handshake();
  ASSERT_EQ(pair.client->Write("hello"), State::kOk);
  const std::string rest = pair.far.arrived.substr(10);
  pair.far.arrived.resize(10);
  EXPECT_EQ(pair.server->Peek(), State::kWantRead);
  EXPECT_TRUE(pair.server->HasBuffered());
  pair.far.arrived += rest;
  EXPECT_EQ(pair.server->Peek(), State::kOk);
  EXPECT_EQ(pair.server->Peek(), State::kOk);
  EXPECT_EQ(ReadText(*pair.server), "hello");
  EXPECT_FALSE(pair.server->HasBuffered());
}

TEST(TlsSession, AgreesOnTheServersFirstProtocol) {
  SessionPair pair(
      {.server_protocols = {"h2", "http/1.1"}, .client_protocols = {"http/1.1", "h2"}});
  pair.Handshake();
  ASSERT_TRUE(pair.up());
  EXPECT_EQ(pair.server->alpn(), "h2");
  EXPECT_EQ(pair.client->alpn(), "h2");
}

TEST(TlsSession, WithoutAProtocolOfferedThereIsNone) {
  SessionPair pair({.server_protocols = {"h2", "http/1.1"}});
  pair.Handshake();
  ASSERT_TRUE(pair.up());
  EXPECT_EQ(pair.server->alpn(), "");
}

TEST(TlsSession, RefusesAClientThatSpeaksNoProtocolOfOurs) {
  SessionPair pair({.server_protocols = {"h2", "http/1.1"}, .client_protocols = {"imap"}});
  pair.Handshake();
  EXPECT_EQ(pair.server_state, State::kFailed);
  EXPECT_EQ(pair.client_state, State::kFailed);
}

TEST(TlsSession, VerifiesNamesAndAddresses) {
  for (const char* name : {"server.test", "SERVER.test", "a.wild.test", "127.0.0.1", "::1"}) {
    SessionPair pair({.name = name});
    pair.Handshake();
    EXPECT_TRUE(pair.up()) << name << ": " << pair.client->failure().ToString();
  }
  // The common name is no name to prove oneself by when there are alternative ones.
  for (const char* name : {"other.test", "a.b.wild.test", "127.0.0.2", "::2", "model"}) {
    SessionPair pair({.name = name});
    pair.Handshake();
    EXPECT_FALSE(pair.up()) << name;
    EXPECT_EQ(pair.client->failure().code(), base::Code::kUnavailable);
    EXPECT_NE(pair.client->failure().message().find("mismatch"), std::string::npos)
        << pair.client->failure().message();
  }
}

TEST(TlsSession, RefusesAnUntrustedCertificate) {
  SessionPair pair({.authorities = MakeTestCertificate().certificate_pem});
  pair.Handshake();
  EXPECT_EQ(pair.client_state, State::kFailed);
  EXPECT_NE(pair.client->failure().message().find("self-signed"), std::string::npos)
      << pair.client->failure().message();
  EXPECT_EQ(pair.server_state, State::kFailed);
}

TEST(TlsSession, RefusesAnExpiredCertificate) {
  auto expired = MakeSelfSigned({.dns_names = {"server.test"}, .days = -1});
  ASSERT_TRUE(expired.ok());
  SessionPair pair({.certificate = *expired});
  pair.Handshake();
  EXPECT_EQ(pair.client_state, State::kFailed);
  EXPECT_NE(pair.client->failure().message().find("expired"), std::string::npos);
}

TEST(TlsSession, NamesThatCannotBeVerifiedAreInvalid) {
  auto context = TlsClientContext::Create(MakeTestCertificate().certificate_pem, {});
  ASSERT_TRUE(context.ok());
  PipeEnd end;
  EXPECT_EQ(TlsSession::Client(*context, "", end).status().code(), base::Code::kInvalid);
}

TEST(TlsSession, CloseNotifyIsTheEnd) {
  SessionPair pair({});
  pair.Handshake();
  ASSERT_EQ(pair.client->Write("bye"), State::kOk);
  ASSERT_EQ(pair.client->Shutdown(), State::kOk);
  EXPECT_EQ(ReadText(*pair.server), "bye");
  std::array<char, 10> buffer;
  EXPECT_EQ(pair.server->Read(buffer).state, State::kEnd);
  EXPECT_EQ(pair.server->Peek(), State::kEnd);
  // The other direction goes on.
  EXPECT_EQ(pair.server->Write("more"), State::kOk);
  EXPECT_EQ(ReadText(*pair.client), "more");
}

TEST(TlsSession, AnEndWithoutCloseNotifyIsAFailure) {
  SessionPair pair({});
  pair.Handshake();
  ASSERT_EQ(pair.client->Write("bye"), State::kOk);
  pair.far.ended = true;
  EXPECT_EQ(ReadText(*pair.server), "bye");
  EXPECT_EQ(pair.server->Peek(), State::kFailed);
  EXPECT_EQ(pair.server->failure().code(), base::Code::kUnavailable);
  EXPECT_NE(pair.server->failure().message().find("close_notify"), std::string::npos);
  EXPECT_EQ(pair.server->Write("x"), State::kFailed);
}

TEST(TlsSession, ABrokenTransportIsAFailure) {
  SessionPair pair({});
  pair.Handshake();
  pair.near.other = nullptr;
  EXPECT_EQ(pair.client->Write("x"), State::kFailed);
  EXPECT_EQ(pair.client->failure().code(), base::Code::kUnavailable);
}

TEST(TlsSession, AFlippedBitIsAFailure) {
  SessionPair pair({});
  pair.Handshake();
  ASSERT_EQ(pair.client->Write("precious"), State::kOk);
  pair.far.arrived.back() = static_cast<char>(pair.far.arrived.back() ^ 1);
  std::array<char, 10> buffer;
  EXPECT_EQ(pair.server->Read(buffer).state, State::kFailed);
}

TEST(TlsSession, PlaintextOnATlsPortIsAFailure) {
  SessionPair pair({});
  pair.far.arrived = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
  EXPECT_EQ(pair.server->Handshake(), State::kFailed);
  EXPECT_NE(pair.server->failure().message().find("http request"), std::string::npos)
      << pair.server->failure().message();
}

TEST(TlsSession, RefusesVersionsBelowTls12) {
  SessionPair pair({});
  const ContextHandle old(::SSL_CTX_new(::TLS_client_method()));
  ::SSL_CTX_set_security_level(old.get(), 0);
  ::SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  ::SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  const SessionHandle client(::SSL_new(old.get()));
  BIO* hello = ::BIO_new(::BIO_s_mem());
  ::SSL_set_bio(client.get(), ::BIO_new(::BIO_s_mem()), hello);
  ::SSL_set_connect_state(client.get());
  ::SSL_do_handshake(client.get());
  char* data = nullptr;
  const long bytes = ::BIO_get_mem_data(hello, &data);
  ASSERT_GT(bytes, 0);
  pair.far.arrived.assign(data, static_cast<size_t>(bytes));
  EXPECT_EQ(pair.server->Handshake(), State::kFailed);
  EXPECT_NE(pair.server->failure().message().find("protocol"), std::string::npos)
      << pair.server->failure().message();
}

}  // namespace
}  // namespace fairway::crypto
