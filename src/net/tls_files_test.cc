#include "net/tls_files.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/tls_fixture.h"
#include "obs/log.h"
#include "rt/sim_files.h"

namespace fairway::net {
namespace {

constexpr base::Duration kWhile = std::chrono::seconds(5);

class TlsFilesTest : public testing::Test {
 protected:
  TlsFilesTest() {
    obs::ConfigureLog({.out = [this](std::string_view line) { log_.emplace_back(line); }});
  }
  ~TlsFilesTest() override { obs::ConfigureLog({}); }

  void Write(const std::string& name, const std::string& text) { files_.Set(name, text); }
  void Write(const crypto::SelfSigned& both) {
    Write("crt", both.certificate_pem);
    Write("key", both.key_pem);
  }
  base::Result<std::unique_ptr<TlsFiles>> Load() {
    return TlsFiles::Load(files_, {"crt", "key"}, {});
  }
  void Pass(base::Duration time) {
    rig_.loop.RunUntil([] { return false; }, time);
  }
  // Whether a client that trusts `certificate` alone gets through.
  bool Shows(const TlsFiles& files, const crypto::SelfSigned& certificate) {
    TlsNetwork server(rig_.server, registry_, {.server = &files.contexts()});
    TlsNetwork client(rig_.client, registry_, {.client = ClientContext(certificate)});
    std::vector<std::unique_ptr<Stream>> accepted;
    auto listener = server.Listen(
        rig_.at, PortSharing::kExclusive,
        [&](std::unique_ptr<Stream> stream) { accepted.push_back(std::move(stream)); });
    EXPECT_TRUE(listener.ok());
    Address to = (*listener)->local();
    to.tls_name = kTlsTestName;
    const auto near = client.Connect(to);
    Pass(std::chrono::milliseconds(100));
    return near->failure().ok() && accepted.size() == 1;
  }
  int Logged(std::string_view text) const {
    int count = 0;
    for (const std::string& line : log_) count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
  }

  SimRig rig_;
  rt::SimFiles files_{rig_.loop};
  obs::Registry registry_;
  std::vector<std::string> log_;
};

TEST_F(TlsFilesTest, ShowsWhatTheFilesHold) {
  const crypto::SelfSigned made = MakeTestCertificate();
  Write(made);
  const auto files = Load();
  ASSERT_TRUE(files.ok()) << files.status().ToString();
  EXPECT_TRUE(Shows(**files, made));
}

TEST_F(TlsFilesTest, AtTheStartBadFilesAreRefusedByName) {
  EXPECT_EQ(Load().status().code(), base::Code::kNotFound);
  EXPECT_NE(Load().status().message().find("crt"), std::string::npos);
  Write("crt", MakeTestCertificate().certificate_pem);
  EXPECT_NE(Load().status().message().find("key"), std::string::npos);
  Write("key", MakeTestCertificate().key_pem);
  EXPECT_EQ(Load().status().code(), base::Code::kInvalid);
  Write("key", std::string(2 << 20, 'x'));
  EXPECT_EQ(Load().status().code(), base::Code::kInvalid);
}

TEST_F(TlsFilesTest, FollowsARenewal) {
  const crypto::SelfSigned before = MakeTestCertificate();
  const crypto::SelfSigned after = MakeTestCertificate();
  Write(before);
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  Write(after);
  Pass(kWhile);
  EXPECT_TRUE(Shows(**files, after));
  EXPECT_FALSE(Shows(**files, before));
  EXPECT_EQ(Logged("was replaced"), 1);
}

TEST_F(TlsFilesTest, KeepsTheLastGoodOneAndSaysWhyOnce) {
  const crypto::SelfSigned before = MakeTestCertificate();
  const crypto::SelfSigned after = MakeTestCertificate();
  Write(before);
  const auto files = Load();
  ASSERT_TRUE(files.ok());
  Write("crt", after.certificate_pem);  // the key is still the old one
  Pass(kWhile);
  EXPECT_TRUE(Shows(**files, before));
  EXPECT_EQ(Logged("does not belong"), 1);
  files_.Remove("crt");
  Pass(kWhile);
  EXPECT_TRUE(Shows(**files, before));
  EXPECT_EQ(Logged("crt: no such file"), 1);
  Write(after);
  Pass(kWhile);
  EXPECT_TRUE(Shows(**files, after));
}

}  // namespace
}  // namespace fairway::net
