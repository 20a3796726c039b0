#include "net/io.h"

#include <gtest/gtest.h>

#include <coroutine>
#include <deque>
#include <string>
#include <vector>

#include "net/waiter_slot.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"

namespace fairway::net {
namespace {

using rt::Task;
using std::chrono::milliseconds;

// Moves as it is told: one entry of `script` a write, the number of bytes taken (0: would block,
// -1: failure); what is not scripted is taken whole.
class ScriptedStream final : public Stream {
 public:
  explicit ScriptedStream(rt::SimLoop& loop) : loop_(loop) {}

  IoResult TryRead(std::span<char>) override { return {IoState::kWouldBlock, 0}; }
  IoResult TryWrite(std::span<const std::string_view> pieces) override {
    ++writes;
    long room = 1 << 30;
    if (!script.empty()) {
      room = script.front();
      script.pop_front();
    }
    if (room == 0) return {IoState::kWouldBlock, 0};
    if (room < 0) {
      failure_ = {base::Code::kUnavailable, "as scripted"};
      return {IoState::kFailed, 0};
    }
    size_t moved = 0;
    for (size_t i = 0; i < pieces.size() && i < 16; ++i) {
      const auto part = pieces[i].substr(0, static_cast<size_t>(room));
      written += part;
      moved += part.size();
      room -= static_cast<long>(part.size());
    }
    return {IoState::kOk, moved};
  }
  void WaitReadable(rt::Job& waiter) override { reader.Set(waiter); }
  void WaitWritable(rt::Job& waiter) override { writer.Set(waiter); }
  void ForgetReadable() override { reader.Forget(); }
  void ForgetWritable() override { writer.Forget(); }
  void ShutdownWrite() override {}
  void Abort(base::Status) override {}
  const base::Status& failure() const override { return failure_; }
  std::string_view peer() const override { return "script"; }

  void BecomeWritable() { writer.Wake(loop_); }

  std::deque<long> script;
  std::string written;
  int writes = 0;
  WaiterSlot reader;
  WaiterSlot writer;

 private:
  rt::SimLoop& loop_;
  base::Status failure_;
};

class IoTest : public testing::Test {
 protected:
  static Task<void> WriteThree(Stream& stream, base::Status& status) {
    status = co_await Write(stream, "one", std::string_view(""), std::string("two "), "three");
  }
  static Task<void> WriteMany(Stream& stream, std::vector<std::string_view> pieces,
                              base::Status& status) {
    status = co_await WriteAll(stream, pieces);
  }

  rt::SimLoop loop_;
  rt::Gate gate_{loop_};
  ScriptedStream stream_{loop_};
  base::Status status_{base::Code::kTimeout, "not yet"};
};

TEST_F(IoTest, GathersInOneMove) {
  rt::Spawn(WriteThree(stream_, status_), gate_);
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(stream_.written, "onetwo three");
  EXPECT_EQ(stream_.writes, 1);
}

TEST_F(IoTest, GoesOnAfterEveryKindOfShortWrite) {
  for (size_t cut = 1; cut < 12; ++cut) {
    stream_.written.clear();
    status_ = {base::Code::kTimeout, "not yet"};
    stream_.script = {static_cast<long>(cut), 0};
    rt::Spawn(WriteThree(stream_, status_), gate_);
    EXPECT_FALSE(status_.ok());
    EXPECT_TRUE(stream_.writer.waiting());
    stream_.BecomeWritable();
    loop_.RunFor(milliseconds(1));
    EXPECT_TRUE(status_.ok());
    EXPECT_EQ(stream_.written, "onetwo three");
  }
}

TEST_F(IoTest, ASpuriousWakeUpWaitsAgain) {
  stream_.script = {0, 0, 1, 0};
  rt::Spawn(WriteThree(stream_, status_), gate_);
  for (int i = 0; i < 2; ++i) {
    stream_.BecomeWritable();
    loop_.RunFor(milliseconds(1));
    EXPECT_FALSE(status_.ok());
    EXPECT_TRUE(stream_.writer.waiting());
  }
  stream_.BecomeWritable();
  loop_.RunFor(milliseconds(1));
  EXPECT_TRUE(status_.ok());
}

TEST_F(IoTest, AFailureEndsTheWriteWithItsReason) {
  stream_.script = {2, -1};
  rt::Spawn(WriteThree(stream_, status_), gate_);
  EXPECT_EQ(status_.message(), "as scripted");
  EXPECT_EQ(stream_.written, "on");
}

TEST_F(IoTest, MoreThanSixteenPieces) {
  std::vector<std::string_view> pieces(100, "ab");
  rt::Spawn(WriteMany(stream_, pieces, status_), gate_);
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(stream_.written.size(), 200u);
  EXPECT_EQ(stream_.writes, 7);
}

TEST_F(IoTest, NothingToWriteIsNoMove) {
  rt::Spawn(WriteMany(stream_, {"", ""}, status_), gate_);
  EXPECT_TRUE(status_.ok());
  EXPECT_EQ(stream_.writes, 0);
}

struct Owned {
  struct promise_type {
    Owned get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<promise_type> frame;
};

Owned HoldRead(Stream& stream, bool& resumed) {
  char buffer[10];
  co_await Read(stream, buffer);
  resumed = true;
}

Owned HoldWrite(Stream& stream, bool& resumed) {
  co_await Write(stream, "x");
  resumed = true;
}

Owned HoldReady(Stream& stream, bool& resumed) {
  co_await WaitWritable(stream);
  resumed = true;
}

TEST_F(IoTest, DestroyingTheFrameForgetsTheWait) {
  bool resumed = false;
  Owned read = HoldRead(stream_, resumed);
  EXPECT_TRUE(stream_.reader.waiting());
  read.frame.destroy();
  EXPECT_FALSE(stream_.reader.waiting());

  stream_.script = {0};
  Owned write = HoldWrite(stream_, resumed);
  stream_.BecomeWritable();  // its wake-up is queued already
  write.frame.destroy();
  EXPECT_FALSE(stream_.writer.waiting());

  Owned ready = HoldReady(stream_, resumed);
  ready.frame.destroy();
  EXPECT_FALSE(stream_.writer.waiting());
  loop_.RunFor(milliseconds(1));
  EXPECT_FALSE(resumed);
}

}  // namespace
}  // namespace fairway::net
