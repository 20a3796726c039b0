#include "gateway/pump.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "net/io.h"
#include "net/test_rigs.h"
#include "net/tls_fixture.h"

namespace fairway::gateway {
namespace {

using net::IoState;
using std::chrono::milliseconds;
using std::chrono::seconds;

// client <-> [near: pump :far] <-> server
template <class Rig>
class PumpTest : public testing::Test {
 protected:
  static constexpr base::Duration kQuiet = seconds(30);

  void SetUp() override {
    std::tie(client_, near_) = Pair();
    std::tie(far_, server_) = Pair();
    ASSERT_NE(server_, nullptr);
    pump_.emplace(rig_.loop, buffers_, *near_, *far_, kQuiet);
  }
  void TearDown() override {
    client_.reset();
    server_.reset();
    EXPECT_TRUE(Until([&] { return gate_.running() == 0; }));
  }

  std::pair<std::unique_ptr<net::Stream>, std::unique_ptr<net::Stream>> Pair() {
    std::unique_ptr<net::Stream> accepted;
    auto listener = rig_.server.Listen(
        rig_.at, net::PortSharing::kExclusive,
        [&](std::unique_ptr<net::Stream> stream) { accepted = std::move(stream); });
    EXPECT_TRUE(listener.ok());
    auto made = rig_.client.Connect((*listener)->local());
    EXPECT_TRUE(Until([&] { return accepted != nullptr; }));
    return {std::move(made), std::move(accepted)};
  }
  void Start() { Start("", ""); }
  void Start(std::string near, std::string far) {
    rt::Spawn(Run(std::move(near), std::move(far)), gate_);
  }
  rt::Task<void> Run(std::string near, std::string far) {
    ended_ = co_await pump_->Run(std::move(near), std::move(far));
    near_.reset();
    far_.reset();
  }
  bool Until(std::move_only_function<bool()> condition) {
    return rig_.loop.RunUntil(std::move(condition), seconds(20));
  }
  static size_t Write(net::Stream& to, std::string_view text) {
    return to.TryWrite({&text, 1}).bytes;
  }
  // What comes, until `text` is whole.
  bool Reads(net::Stream& from, std::string_view text) {
    std::string got;
    return Until([&] {
             std::array<char, 100> buffer;
             const net::IoResult moved = from.TryRead(buffer);
             got.append(buffer.data(), moved.bytes);
             return got.size() >= text.size();
           }) &&
           got == text;
  }
  bool SeesEnd(net::Stream& stream, IoState state) {
    std::array<char, 100> buffer;
    return Until([&] { return stream.TryRead(buffer).state == state; });
  }

  Rig rig_;
  http::BufferPool buffers_;
  std::unique_ptr<net::Stream> client_, near_, far_, server_;
  std::optional<Pump> pump_;
  std::optional<Pump::End> ended_;
  rt::Gate gate_{rig_.loop};
};

using Rigs = testing::Types<net::TcpRig, net::SimRig, net::TlsRig<net::SimRig>>;
TYPED_TEST_SUITE(PumpTest, Rigs);

TYPED_TEST(PumpTest, CarriesBothWays) {
  this->Start();
  for (int i = 0; i < 20; ++i) {
    const std::string there = "there " + std::to_string(i);
    const std::string back = "back " + std::to_string(i);
    ASSERT_EQ(this->Write(*this->client_, there), there.size());
    ASSERT_EQ(this->Write(*this->server_, back), back.size());
    ASSERT_TRUE(this->Reads(*this->server_, there));
    ASSERT_TRUE(this->Reads(*this->client_, back));
  }
  EXPECT_EQ(this->buffers_.outstanding_bytes(), 0u);
}

TYPED_TEST(PumpTest, BytesReadAheadComeFirst) {
  this->Write(*this->client_, " and more");
  this->Start("ahead", "hello");
  EXPECT_TRUE(this->Reads(*this->server_, "ahead and more"));
  EXPECT_TRUE(this->Reads(*this->client_, "hello"));
}

TYPED_TEST(PumpTest, AnEndIsPassedOnAndTheOtherDirectionGoesOn) {
  this->Start();
  this->Write(*this->client_, "question");
  this->client_->ShutdownWrite();
  ASSERT_TRUE(this->Reads(*this->server_, "question"));
  ASSERT_TRUE(this->SeesEnd(*this->server_, IoState::kEnd));
  EXPECT_FALSE(this->ended_);
  this->Write(*this->server_, "late answer");
  ASSERT_TRUE(this->Reads(*this->client_, "late answer"));
  this->server_->ShutdownWrite();
  ASSERT_TRUE(this->SeesEnd(*this->client_, IoState::kEnd));
  ASSERT_TRUE(this->Until([&] { return this->ended_.has_value(); }));
  EXPECT_EQ(*this->ended_, Pump::End::kBoth);
  EXPECT_EQ(this->pump_->bytes_from_near(), 8u);
  EXPECT_EQ(this->pump_->bytes_from_far(), 11u);
}

TYPED_TEST(PumpTest, AResetOfOneSideResetsTheOther) {
  this->Start();
  this->client_->Abort({base::Code::kCancelled, "gone"});
  ASSERT_TRUE(this->SeesEnd(*this->server_, IoState::kFailed));
  ASSERT_TRUE(this->Until([&] { return this->ended_.has_value(); }));
  EXPECT_EQ(*this->ended_, Pump::End::kNear);
}

TYPED_TEST(PumpTest, TellsWhichSideFailed) {
  this->Start();
  this->server_->Abort({base::Code::kCancelled, "gone"});
  ASSERT_TRUE(this->SeesEnd(*this->client_, IoState::kFailed));
  ASSERT_TRUE(this->Until([&] { return this->ended_.has_value(); }));
  EXPECT_EQ(*this->ended_, Pump::End::kFar);
}

TYPED_TEST(PumpTest, ASlowReaderHoldsTheWriterBack) {
  this->Start();
  constexpr size_t kTooMuch = size_t{64} << 20;
  const std::string block(64 * 1024, 'x');
  size_t sent = 0;
  for (int blocked = 0; blocked < 5 && sent < kTooMuch;) {
    const size_t moved = this->Write(*this->client_, block);
    sent += moved;
    blocked = moved == 0 ? blocked + 1 : 0;
    if (moved == 0) this->rig_.loop.RunUntil([] { return false; }, milliseconds(10));
  }
  EXPECT_LT(sent, kTooMuch);
  EXPECT_LE(this->buffers_.outstanding_bytes(), Pump::kBufferBytes);
  size_t read = 0;
  std::vector<char> buffer(256 * 1024);
  EXPECT_TRUE(this->Until([&] {
    while (const size_t bytes = this->server_->TryRead(buffer).bytes) read += bytes;
    return read == sent;
  }));
}

// At virtual time.
class PumpTime : public PumpTest<net::SimRig> {
 protected:
  void Pass(base::Duration time) {
    rig_.loop.RunUntil([] { return false; }, time);
  }
};

TEST_F(PumpTime, AQuietTunnelIsCut) {
  Start();
  Pass(kQuiet - seconds(1));
  Write(*server_, "x");
  Pass(kQuiet - seconds(1));
  EXPECT_FALSE(ended_);
  Pass(seconds(2));
  ASSERT_TRUE(ended_);
  EXPECT_EQ(*ended_, Pump::End::kQuiet);
  EXPECT_TRUE(SeesEnd(*client_, IoState::kFailed));
  EXPECT_TRUE(SeesEnd(*server_, IoState::kFailed));
}

TEST_F(PumpTime, AReaderThatStopsIsQuietToo) {
  Start();
  const std::string block(1 << 20, 'x');
  Write(*client_, block);
  for (int i = 0; i < 100; ++i) {
    Write(*client_, block);
    Pass(milliseconds(10));
  }
  Pass(kQuiet + seconds(1));
  ASSERT_TRUE(ended_);
  EXPECT_EQ(*ended_, Pump::End::kQuiet);
}

}  // namespace
}  // namespace fairway::gateway
