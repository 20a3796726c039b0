#include "http/h2/closed_streams.h"

#include <gtest/gtest.h>

namespace fairway::http {
namespace {

using EndedBy = H2ClosedStreams::EndedBy;
using Frame = H2ClosedStreams::Frame;
using Meaning = H2ClosedStreams::Meaning;

TEST(H2ClosedStreamsTest, NothingMayFollowThePeersOwnEnd) {
  H2ClosedStreams closed;
  closed.OnOpened(1);
  closed.Add(1, EndedBy::kPeer);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kData), Meaning::kStreamClosed);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kHeaders), Meaning::kStreamClosed);
}

TEST(H2ClosedStreamsTest, WhatWasUnderWayWhenWeEndedItIsLate) {
  H2ClosedStreams closed;
  closed.OnOpened(1);
  closed.Add(1, EndedBy::kUs);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kData), Meaning::kLate);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kHeaders), Meaning::kLate);
}

TEST(H2ClosedStreamsTest, AStreamThatWasSkippedCannotBeOpened) {
  H2ClosedStreams closed;
  closed.OnOpened(5);
  EXPECT_EQ(closed.MeaningOf(3, Frame::kHeaders), Meaning::kProtocolError);
  EXPECT_EQ(closed.MeaningOf(7, Frame::kHeaders), Meaning::kLate);
}

TEST(H2ClosedStreamsTest, WhatIsForgottenIsNoFault) {
  H2ClosedStreams closed;
  for (int32_t id = 1; id < 401; id += 2) {
    closed.OnOpened(id);
    closed.Add(id, EndedBy::kPeer);
  }
  EXPECT_EQ(closed.MeaningOf(399, Frame::kData), Meaning::kStreamClosed);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kData), Meaning::kLate);
  EXPECT_EQ(closed.MeaningOf(1, Frame::kHeaders), Meaning::kLate);
}

}  // namespace
}  // namespace fairway::http
