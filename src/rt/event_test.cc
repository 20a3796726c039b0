#include "rt/event.h"

#include <gtest/gtest.h>

#include <vector>

#include "rt/gate.h"
#include "rt/sim_loop.h"
#include "rt/sleep.h"

namespace fairway::rt {
namespace {

using std::chrono::milliseconds;

Task<void> CountWakes(Event& event, int times, int& wakes) {
  for (int i = 0; i < times; ++i) {
    co_await event.Wait();
    ++wakes;
  }
}

TEST(Event, WakesOnceForEachSetAndNeverInsideIt) {
  SimLoop loop;
  Gate gate(loop);
  Event event(loop);
  int wakes = 0;
  Spawn(CountWakes(event, 2, wakes), gate);
  event.Set();
  event.Set();  // merges with the first: nobody was resumed in between
  EXPECT_EQ(wakes, 0);
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(wakes, 1);
  event.Set();
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(wakes, 2);
  EXPECT_EQ(gate.running(), 0u);
}

TEST(Event, ASetBeforeTheWaitIsKept) {
  SimLoop loop;
  Gate gate(loop);
  Event event(loop);
  int wakes = 0;
  event.Set();
  Spawn(CountWakes(event, 1, wakes), gate);
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(event.is_set());
  event.Set();
  event.Reset();
  EXPECT_FALSE(event.is_set());
}

Task<void> WaitLimited(Loop& loop, Event& event, Duration limit, std::vector<Event::Wake>& wakes,
                       TimePoint& at) {
  wakes.push_back(co_await event.WaitFor(limit));
  at = loop.Now();
}

TEST(Event, ATimedWaitEndsBySetOrByTime) {
  SimLoop loop;
  Gate gate(loop);
  Event event(loop);
  std::vector<Event::Wake> wakes;
  TimePoint at;
  const TimePoint start = loop.Now();
  Spawn(WaitLimited(loop, event, milliseconds(10), wakes, at), gate);
  loop.RunFor(milliseconds(20));
  EXPECT_EQ(wakes, std::vector{Event::Wake::kTimeout});
  EXPECT_EQ(at, start + milliseconds(10));

  Spawn(WaitLimited(loop, event, milliseconds(10), wakes, at), gate);
  loop.RunFor(milliseconds(5));
  event.Set();
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(wakes.back(), Event::Wake::kSet);
  EXPECT_TRUE(loop.RunUntilIdle(milliseconds(1)));  // its timer is gone

  event.Set();
  Spawn(WaitLimited(loop, event, milliseconds(10), wakes, at), gate);
  EXPECT_EQ(wakes.size(), 3u);
  EXPECT_EQ(wakes.back(), Event::Wake::kSet);
}

TEST(Event, ASetAfterTheTimeOutIsForTheNextWait) {
  SimLoop loop;
  Gate gate(loop);
  Event event(loop);
  std::vector<Event::Wake> wakes;
  TimePoint at;
  Spawn(WaitLimited(loop, event, milliseconds(1), wakes, at), gate);
  loop.RunFor(milliseconds(1));
  event.Set();
  EXPECT_TRUE(event.is_set());
  EXPECT_EQ(wakes, std::vector{Event::Wake::kTimeout});
}

Task<void> RecordTime(Loop& loop, Duration delay, std::vector<TimePoint>& times) {
  co_await Sleep(loop, delay);
  times.push_back(loop.Now());
}

TEST(Sleep, EndsAtItsTimeAlsoWhenThatIsNow) {
  SimLoop loop;
  Gate gate(loop);
  std::vector<TimePoint> times;
  const TimePoint start = loop.Now();
  Spawn(RecordTime(loop, milliseconds(7), times), gate);
  Spawn(RecordTime(loop, Duration::zero(), times), gate);
  Spawn(RecordTime(loop, milliseconds(-3), times), gate);
  EXPECT_TRUE(times.empty());
  loop.RunFor(milliseconds(10));
  EXPECT_EQ(times, (std::vector{start, start, start + milliseconds(7)}));
}

}  // namespace
}  // namespace fairway::rt
