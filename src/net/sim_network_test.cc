#include "net/sim_network.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace fairway::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kLatency = milliseconds(10);

class SimNetworkTest : public testing::Test {
 protected:
  SimNetworkTest() {
    world_.SetDefaultPath({.latency = kLatency});
    auto listener =
        server_.Listen(at_, PortSharing::kSharedByWorkers, [this](std::unique_ptr<Stream> stream) {
          accepted_at_.push_back(loop_.Now());
          accepted_.push_back(std::move(stream));
        });
    listener_ = *std::move(listener);
  }

  void Connect() {
    near_ = client_.Connect(at_);
    loop_.RunFor(2 * kLatency);
    ASSERT_EQ(accepted_.size(), 1u);
    far_ = std::move(accepted_[0]);
  }
  static size_t Write(Stream& stream, std::string_view bytes) {
    return stream.TryWrite({&bytes, 1}).bytes;
  }
  static std::string Read(Stream& stream) {
    char buffer[256 * 1024];
    const IoResult got = stream.TryRead(buffer);
    return {buffer, got.bytes};
  }
  static IoState ReadState(Stream& stream) {
    char buffer[1];
    return stream.TryRead(buffer).state;
  }

  const Address at_{"10.0.0.1", 8000};
  rt::SimLoop loop_;
  SimWorld world_{loop_};
  SimNetwork server_{world_, "10.0.0.1"};
  SimNetwork client_{world_, "10.0.0.2"};
  std::vector<rt::TimePoint> accepted_at_;
  std::vector<std::unique_ptr<Stream>> accepted_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Stream> near_;
  std::unique_ptr<Stream> far_;
};

TEST_F(SimNetworkTest, LatencyIsExact) {
  const rt::TimePoint start = loop_.Now();
  near_ = client_.Connect(at_);
  loop_.RunFor(2 * kLatency - microseconds(1));
  EXPECT_EQ(Write(*near_, "x"), 0u);
  loop_.RunFor(microseconds(1));
  EXPECT_EQ(Write(*near_, "x"), 1u);
  EXPECT_EQ(accepted_at_, std::vector{start + kLatency});
  loop_.RunFor(kLatency - microseconds(1));
  EXPECT_EQ(Read(*accepted_[0]), "");
  loop_.RunFor(microseconds(1));
  EXPECT_EQ(Read(*accepted_[0]), "x");
}

TEST_F(SimNetworkTest, TheWindowBoundsWhatIsInFlight) {
  world_.SetPath(at_, {.latency = kLatency, .window = 100});
  Connect();
  EXPECT_EQ(Write(*near_, std::string(150, 'a')), 100u);
  EXPECT_EQ(Write(*near_, "b"), 0u);
  loop_.RunFor(kLatency);
  EXPECT_EQ(Write(*near_, "b"), 0u);  // arrived, but not read
  EXPECT_EQ(Read(*far_).size(), 100u);
  EXPECT_EQ(Write(*near_, "b"), 1u);
}

TEST_F(SimNetworkTest, MaxMoveAndBandwidthShapeTheBytes) {
  world_.SetPath(at_, {.latency = kLatency, .bytes_per_second = 1000, .max_move = 7});
  Connect();
  EXPECT_EQ(Write(*near_, "0123456789"), 7u);
  EXPECT_EQ(Write(*near_, "789"), 3u);
  loop_.RunFor(kLatency + milliseconds(7) - microseconds(1));
  EXPECT_EQ(Read(*far_), "");
  loop_.RunFor(microseconds(1));
  EXPECT_EQ(Read(*far_), "0123456");
  loop_.RunFor(milliseconds(3));
  EXPECT_EQ(Read(*far_), "789");
}

TEST_F(SimNetworkTest, ASilentAddressNeverAnswers) {
  world_.SetPath(at_, {.reach = SimReach::kSilent});
  near_ = client_.Connect(at_);
  loop_.RunFor(std::chrono::hours(1));
  EXPECT_TRUE(near_->failure().ok());
  EXPECT_EQ(Write(*near_, "x"), 0u);
  near_->Abort({base::Code::kTimeout, "connecting"});
  loop_.RunFor(seconds(1));
  EXPECT_TRUE(accepted_.empty());
}

TEST_F(SimNetworkTest, ARefusedAddressRefusesThoughSomebodyListens) {
  world_.SetPath(at_, {.reach = SimReach::kRefused, .latency = kLatency});
  near_ = client_.Connect(at_);
  loop_.RunFor(2 * kLatency);
  EXPECT_EQ(near_->failure().code(), base::Code::kUnavailable);
}

TEST_F(SimNetworkTest, BreakResetsBothEndsNow) {
  Connect();
  Write(*near_, "in flight and lost");
  world_.BreakAll(at_);
  EXPECT_EQ(ReadState(*near_), IoState::kFailed);
  EXPECT_EQ(ReadState(*far_), IoState::kFailed);
  loop_.RunFor(seconds(1));
  near_.reset();
  far_.reset();
  EXPECT_EQ(world_.ConnectionsTo(at_), 0u);
}

TEST_F(SimNetworkTest, WhatArrivedBeforeAResetCanStillBeRead) {
  Connect();
  Write(*far_, "answer");
  loop_.RunFor(kLatency);
  far_->Abort({base::Code::kInternal, "dies"});
  loop_.RunFor(kLatency);
  EXPECT_EQ(Read(*near_), "answer");
  EXPECT_EQ(ReadState(*near_), IoState::kFailed);
}

TEST_F(SimNetworkTest, TheConnectionBreaksAtTheByteThatIsAskedFor) {
  for (uint64_t k = 0; k <= 6; ++k) {
    world_.SetPath(at_, {.latency = kLatency, .reset_after = k});
    accepted_.clear();
    Connect();
    Write(*far_, "abc");
    Write(*far_, "def");
    loop_.RunFor(kLatency);
    EXPECT_EQ(Read(*near_), std::string("abcdef").substr(0, k)) << k;
    EXPECT_EQ(ReadState(*near_), IoState::kFailed) << k;
    EXPECT_EQ(ReadState(*far_), IoState::kFailed) << k;
  }
}

TEST_F(SimNetworkTest, AFrozenAddressHoldsEverythingUntilItThaws) {
  Connect();
  world_.Freeze(at_);
  Write(*near_, "request");
  auto late = client_.Connect(at_);
  loop_.RunFor(seconds(10));
  EXPECT_EQ(Read(*far_), "");
  accepted_.clear();
  world_.Thaw(at_);
  loop_.RunFor(milliseconds(1));
  EXPECT_EQ(Read(*far_), "request");
  loop_.RunFor(seconds(2));  // the connect knocks again
  EXPECT_EQ(accepted_.size(), 1u);
  EXPECT_EQ(Write(*late, "x"), 1u);
}

TEST_F(SimNetworkTest, ClosingWithUnreadBytesResets) {
  Connect();
  Write(*near_, "never read");
  loop_.RunFor(kLatency);
  far_.reset();
  loop_.RunFor(kLatency);
  EXPECT_EQ(ReadState(*near_), IoState::kFailed);
}

TEST_F(SimNetworkTest, WhatWasSentBeforeTheEndWentStillArrives) {
  Connect();
  Write(*near_, "last");
  near_.reset();
  loop_.RunFor(kLatency);
  EXPECT_EQ(Read(*far_), "last");
  EXPECT_EQ(ReadState(*far_), IoState::kEnd);
}

TEST_F(SimNetworkTest, WorkersOfOneHostShareAPortInTurn) {
  SimNetwork other_worker(world_, "10.0.0.1");
  int others = 0;
  auto second = other_worker.Listen(at_, PortSharing::kSharedByWorkers,
                                    [&](std::unique_ptr<Stream>) { ++others; });
  ASSERT_TRUE(second.ok());
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(client_.Connect(at_));
  loop_.RunFor(seconds(1));
  EXPECT_EQ(accepted_.size(), 5u);
  EXPECT_EQ(others, 5);
}

TEST_F(SimNetworkTest, LoopbackMeansTheOwnHost) {
  auto stream = server_.Connect({"127.0.0.1", 8000});
  loop_.RunFor(seconds(1));
  EXPECT_EQ(accepted_.size(), 1u);
  auto stranger = client_.Connect({"127.0.0.1", 8000});
  loop_.RunFor(seconds(1));
  EXPECT_FALSE(stranger->failure().ok());
}

TEST_F(SimNetworkTest, AClientThatGoesBeforeItIsAcceptedIsNot) {
  near_ = client_.Connect(at_);
  near_.reset();
  loop_.RunFor(seconds(1));
  EXPECT_TRUE(accepted_.empty());
}

std::string Trace() {
  rt::SimLoop loop;
  SimWorld world(loop);
  SimNetwork server(world, "10.0.0.1");
  SimNetwork client(world, "10.0.0.2");
  std::string trace;
  std::vector<std::unique_ptr<Stream>> streams;
  auto listener =
      server.Listen({"10.0.0.1", 0}, PortSharing::kExclusive, [&](std::unique_ptr<Stream> stream) {
        trace += std::string(stream->peer()) + " " +
                 std::to_string(loop.Now().time_since_epoch().count()) + "\n";
        streams.push_back(std::move(stream));
      });
  for (int i = 0; i < 5; ++i) {
    streams.push_back(client.Connect((*listener)->local()));
    loop.RunFor(microseconds(30));
  }
  loop.RunFor(seconds(1));
  return trace;
}

TEST(SimWorld, RepeatsExactly) {
  const std::string first = Trace();
  EXPECT_NE(first, "");
  EXPECT_EQ(first, Trace());
}

}  // namespace
}  // namespace fairway::net
