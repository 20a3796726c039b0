#include "rt/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace fairway::rt {
namespace {

using std::chrono::seconds;

TEST(Signals, ArriveOnTheLoop) {
  EpollLoop loop;
  std::vector<int> seen;
  Signals signals(loop, {SIGUSR1, SIGUSR2}, [&](int number) { seen.push_back(number); });
  ::kill(::getpid(), SIGUSR1);
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(loop.RunUntil([&] { return seen.size() == 1; }, seconds(5)));
  ::kill(::getpid(), SIGUSR2);
  EXPECT_TRUE(loop.RunUntil([&] { return seen.size() == 2; }, seconds(5)));
  EXPECT_EQ(seen, (std::vector{SIGUSR1, SIGUSR2}));
}

TEST(Signals, AThousandAtOnceAreAllRead) {
  EpollLoop loop;
  int seen = 0;
  Signals signals(loop, {SIGUSR1}, [&](int) { ++seen; });
  for (int i = 0; i < 1000; ++i) ::raise(SIGUSR1);
  EXPECT_TRUE(loop.RunUntil([&] { return seen == 1000; }, seconds(5)));
}

TEST(Signals, CanBeMadeAgainAndPipesAreIgnored) {
  EpollLoop loop;
  for (int round = 0; round < 3; ++round) {
    bool seen = false;
    Signals signals(loop, {SIGUSR1}, [&](int) { seen = true; });
    ::raise(SIGPIPE);
    ::raise(SIGUSR1);
    EXPECT_TRUE(loop.RunUntil([&] { return seen; }, seconds(5)));
  }
}

}  // namespace
}  // namespace fairway::rt
