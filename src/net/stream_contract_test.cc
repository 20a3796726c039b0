// What net/stream.h, net/network.h and net/io.h promise, over TCP and in the simulation,
// in plaintext and encrypted.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/io.h"
#include "net/test_rigs.h"
#include "net/tls_fixture.h"
#include "rt/gate.h"
#include "rt/sleep.h"

namespace fairway::net {
namespace {

using rt::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kLimit = seconds(20);

// A rig with one connection: near is the client's end, far the server's.
template <class Rig>
class StreamContract : public testing::Test {
 protected:
  ~StreamContract() override { EXPECT_EQ(gate_.running(), 0u) << "a coroutine still waits"; }

  void Listen() {
    auto listener = rig_.server.Listen(
        rig_.at, PortSharing::kExclusive,
        [this](std::unique_ptr<Stream> stream) { accepted_.push_back(std::move(stream)); });
    ASSERT_TRUE(listener.ok()) << listener.status().ToString();
    listener_ = *std::move(listener);
    EXPECT_NE(listener_->local().port, 0);
  }

  void Connect() {
    Listen();
    near_ = rig_.client.Connect(listener_->local());
    base::Status connected(base::Code::kTimeout, "");
    rt::Spawn(NoteConnected(*near_, connected), gate_);
    ASSERT_TRUE(Until([&] { return connected.ok() && accepted_.size() == 1; }));
    far_ = std::move(accepted_[0]);
  }

  static Task<void> NoteConnected(Stream& stream, base::Status& status) {
    status = co_await Connected(stream);
  }
  // Until the end or failure; appends the bytes.
  static Task<void> ReadAll(Stream& stream, std::string& bytes, IoState& last) {
    std::vector<char> buffer(16 * 1024);
    for (;;) {
      const IoResult got = co_await Read(stream, buffer);
      last = got.state;
      if (got.state != IoState::kOk) co_return;
      EXPECT_GT(got.bytes, 0u);
      bytes.append(buffer.data(), got.bytes);
    }
  }
  static Task<void> ReadOnce(Stream& stream, IoResult& result) {
    result = {IoState::kWouldBlock, 0};
    char buffer[100];
    result = co_await Read(stream, buffer);
  }
  static Task<void> WriteAndEnd(Stream& stream, std::string head, std::string body,
                                base::Status& status) {
    status = co_await Write(stream, head, "", body);
    stream.ShutdownWrite();
  }
  static Task<void> Echo(std::unique_ptr<Stream> stream) {
    char buffer[4096];
    for (;;) {
      const IoResult got = co_await Read(*stream, buffer);
      if (got.state != IoState::kOk) co_return;
      const base::Status sent = co_await Write(*stream, std::string_view(buffer, got.bytes));
      if (!sent.ok()) co_return;
    }
  }
  static Task<void> ReadBytewise(Stream& stream, size_t total, size_t& count) {
    char byte[1];
    while (count < total) {
      const IoResult got = co_await Read(stream, byte);
      count += got.bytes;
    }
  }
  static Task<void> NoteReadable(Stream& stream, int& woken) {
    co_await WaitReadable(stream);
    ++woken;
  }
  static Task<void> NoteWritable(Stream& stream, int& woken) {
    co_await WaitWritable(stream);
    ++woken;
  }

  bool Until(std::move_only_function<bool()> condition) {
    return rig_.loop.RunUntil(std::move(condition), kLimit);
  }
  void Pause() {
    rig_.loop.RunUntil([] { return false; }, milliseconds(10));
  }
  // Writes until the peer's unread bytes and all buffers between are full.
  size_t Fill(Stream& stream) {
    const std::string block(64 * 1024, 'x');
    const std::string_view piece = block;
    size_t total = 0;
    for (int blocked = 0; blocked < 3;) {
      const IoResult moved = stream.TryWrite({&piece, 1});
      EXPECT_NE(moved.state, IoState::kFailed);
      total += moved.bytes;
      if (moved.state == IoState::kOk) {
        blocked = 0;
      } else {
        ++blocked;
        Pause();
      }
    }
    return total;
  }

  // Reads what is there now.
  static size_t Drain(Stream& stream) {
    std::vector<char> buffer(256 * 1024);
    size_t total = 0;
    while (const size_t bytes = stream.TryRead(buffer).bytes) total += bytes;
    return total;
  }

  Rig rig_;
  rt::Gate gate_{rig_.loop};
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Stream>> accepted_;
  std::unique_ptr<Stream> near_;
  std::unique_ptr<Stream> far_;
};

using Rigs = testing::Types<TcpRig, SimRig, TlsRig<TcpRig>, TlsRig<SimRig>>;
TYPED_TEST_SUITE(StreamContract, Rigs);

// In a template, names of the base class need this->.
#define REACH_BASE                                         \
  using Self [[maybe_unused]] = StreamContract<TypeParam>; \
  [[maybe_unused]] auto& rig = this->rig_;                 \
  [[maybe_unused]] auto& gate = this->gate_;               \
  [[maybe_unused]] auto& near = this->near_;               \
  [[maybe_unused]] auto& far = this->far_

TYPED_TEST(StreamContract, ConnectsAndNamesItsPeers) {
  this->Connect();
  EXPECT_EQ(this->near_->peer(), this->listener_->local().ToString());
  EXPECT_NE(std::string(this->far_->peer()).find(':'), std::string::npos);
  EXPECT_TRUE(this->near_->failure().ok());
}

TYPED_TEST(StreamContract, EchoesInManySteps) {
  REACH_BASE;
  this->Connect();
  rt::Spawn(Self::Echo(std::move(far)), gate);
  for (int i = 0; i < 300; ++i) {
    const std::string sent = "message " + std::to_string(i);
    const std::string_view piece = sent;
    ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, sent.size());
    std::string got;
    ASSERT_TRUE(this->Until([&] {
      char buffer[100];
      const IoResult moved = near->TryRead(buffer);
      if (moved.state == IoState::kOk) got.append(buffer, moved.bytes);
      return got.size() == sent.size();
    }));
    ASSERT_EQ(got, sent);
  }
  near.reset();
  EXPECT_TRUE(this->Until([&] { return gate.running() == 0; }));
}

TYPED_TEST(StreamContract, HalfClose) {
  REACH_BASE;
  this->Connect();
  std::string request;
  IoState end = IoState::kOk;
  base::Status sent;
  rt::Spawn(Self::ReadAll(*far, request, end), gate);
  rt::Spawn(Self::WriteAndEnd(*near, "head ", "body", sent), gate);
  ASSERT_TRUE(this->Until([&] { return end == IoState::kEnd; }));
  EXPECT_TRUE(sent.ok());
  EXPECT_EQ(request, "head body");
  // The end is told again to whoever asks again, and the other direction goes on.
  char buffer[10];
  EXPECT_EQ(far->TryRead(buffer).state, IoState::kEnd);
  std::string answer;
  rt::Spawn(Self::ReadAll(*near, answer, end), gate);
  rt::Spawn(Self::WriteAndEnd(*far, "an", "swer", sent), gate);
  ASSERT_TRUE(this->Until([&] { return gate.running() == 0; }));
  EXPECT_EQ(answer, "answer");
  EXPECT_EQ(end, IoState::kEnd);
}

TYPED_TEST(StreamContract, AMegabyteArrivesWhole) {
  REACH_BASE;
  this->Connect();
  std::string body(1 << 20, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  std::string got;
  IoState end = IoState::kOk;
  base::Status sent;
  rt::Spawn(Self::WriteAndEnd(*near, "h", body, sent), gate);
  rt::Spawn(Self::ReadAll(*far, got, end), gate);
  ASSERT_TRUE(this->Until([&] { return end != IoState::kOk; }));
  EXPECT_EQ(end, IoState::kEnd);
  EXPECT_TRUE(got == "h" + body) << got.size();
  EXPECT_TRUE(sent.ok());
}

TYPED_TEST(StreamContract, ASlowReaderBlocksTheWriter) {
  REACH_BASE;
  this->Connect();
  const size_t in_flight = this->Fill(*near);
  EXPECT_GT(in_flight, 0u);
  EXPECT_LT(in_flight, 64u << 20);
  int writable = 0;
  rt::Spawn(Self::NoteWritable(*near, writable), gate);
  this->Pause();
  EXPECT_EQ(writable, 0);
  size_t read = 0;
  ASSERT_TRUE(this->Until([&] {
    read += Self::Drain(*far);
    return read == in_flight;
  }));
  ASSERT_TRUE(this->Until([&] { return writable == 1; }));
  ASSERT_TRUE(this->Until([&] { return writable == 1; }));
  const std::string_view piece = "more";
  EXPECT_EQ(near->TryWrite({&piece, 1}).state, IoState::kOk);
}

TYPED_TEST(StreamContract, RefusedConnect) {
  REACH_BASE;
  near = rig.client.Connect(rig.nowhere);
  base::Status status;
  rt::Spawn(Self::NoteConnected(*near, status), gate);
  ASSERT_TRUE(this->Until([&] { return gate.running() == 0; }));
  EXPECT_EQ(status.code(), base::Code::kUnavailable);
  EXPECT_EQ(near->failure().code(), base::Code::kUnavailable);
  char buffer[10];
  const std::string_view piece = "x";
  EXPECT_EQ(near->TryRead(buffer).state, IoState::kFailed);
  EXPECT_EQ(near->TryWrite({&piece, 1}).state, IoState::kFailed);
}

TYPED_TEST(StreamContract, MovesBlockWhileConnecting) {
  REACH_BASE;
  this->Listen();
  near = rig.client.Connect(this->listener_->local());
  char buffer[10];
  const std::string_view piece = "x";
  EXPECT_EQ(near->TryRead(buffer).state, IoState::kWouldBlock);
  EXPECT_EQ(near->TryWrite({&piece, 1}).state, IoState::kWouldBlock);
  // A write awaited at once goes out when the connection stands.
  base::Status sent(base::Code::kTimeout, "");
  rt::Spawn(Self::WriteAndEnd(*near, "a", "b", sent), gate);
  ASSERT_TRUE(this->Until([&] { return sent.ok() && this->accepted_.size() == 1; }));
  std::string got;
  IoState end = IoState::kOk;
  rt::Spawn(Self::ReadAll(*this->accepted_[0], got, end), gate);
  ASSERT_TRUE(this->Until([&] { return end == IoState::kEnd; }));
  EXPECT_EQ(got, "ab");
}

TYPED_TEST(StreamContract, AbortWakesWhoWaitsAndResetsThePeer) {
  REACH_BASE;
  this->Connect();
  IoResult near_read;
  IoResult far_read;
  rt::Spawn(Self::ReadOnce(*near, near_read), gate);
  rt::Spawn(Self::ReadOnce(*far, far_read), gate);
  this->Pause();
  EXPECT_EQ(gate.running(), 2u);
  near->Abort({base::Code::kTimeout, "too slow"});
  near->Abort({base::Code::kInternal, "the first reason stays"});
  EXPECT_EQ(near_read.state, IoState::kWouldBlock);  // not inside Abort
  ASSERT_TRUE(this->Until([&] { return gate.running() == 0; }));
  EXPECT_EQ(near_read.state, IoState::kFailed);
  EXPECT_EQ(near->failure().code(), base::Code::kTimeout);
  EXPECT_EQ(near->failure().message(), "too slow");
  EXPECT_EQ(far_read.state, IoState::kFailed);
  EXPECT_EQ(far->failure().code(), base::Code::kUnavailable);
}

TYPED_TEST(StreamContract, AbortWhileConnecting) {
  REACH_BASE;
  this->Listen();
  near = rig.client.Connect(this->listener_->local());
  base::Status status;
  rt::Spawn(Self::NoteConnected(*near, status), gate);
  near->Abort({base::Code::kCancelled, "not wanted"});
  ASSERT_TRUE(this->Until([&] { return gate.running() == 0; }));
  EXPECT_EQ(status.code(), base::Code::kCancelled);
}

TYPED_TEST(StreamContract, AnIdlePeerHearsOfTheEnd) {
  REACH_BASE;
  this->Connect();
  int woken = 0;
  rt::Spawn(Self::NoteReadable(*far, woken), gate);
  this->Pause();
  EXPECT_EQ(woken, 0);
  near.reset();
  ASSERT_TRUE(this->Until([&] { return woken == 1; }));
  char buffer[10];
  EXPECT_EQ(far->TryRead(buffer).state, IoState::kEnd);
}

TYPED_TEST(StreamContract, AnIdlePeerHearsOfAReset) {
  REACH_BASE;
  this->Connect();
  int woken = 0;
  rt::Spawn(Self::NoteReadable(*far, woken), gate);
  this->Pause();
  near->Abort({base::Code::kCancelled, "gone"});
  ASSERT_TRUE(this->Until([&] { return woken == 1; }));
  char buffer[10];
  EXPECT_EQ(far->TryRead(buffer).state, IoState::kFailed);
}

// The trap of edge-triggered readiness: bytes and FIN come together, the read is short, and no
// other edge will tell of the FIN.
TYPED_TEST(StreamContract, BytesAndEndTogetherAreBothSeen) {
  REACH_BASE;
  this->Connect();
  const std::string_view piece = "last words";
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, piece.size());
  near.reset();
  this->Pause();
  std::string got;
  IoState end = IoState::kOk;
  rt::Spawn(Self::ReadAll(*far, got, end), gate);
  ASSERT_TRUE(this->Until([&] { return end != IoState::kOk; }));
  EXPECT_EQ(got, "last words");
  EXPECT_EQ(end, IoState::kEnd);
}

TYPED_TEST(StreamContract, WritingToAPeerThatHasGoneFails) {
  REACH_BASE;
  this->Connect();
  far.reset();
  this->Pause();
  const std::string_view piece = "anybody?";
  ASSERT_TRUE(this->Until([&] { return near->TryWrite({&piece, 1}).state == IoState::kFailed; }));
  EXPECT_EQ(near->failure().code(), base::Code::kUnavailable);
}

TYPED_TEST(StreamContract, AForgottenWaiterDoesNotRun) {
  REACH_BASE;
  this->Connect();
  class Fails final : public rt::Job {
    void Run() override { FAIL(); }
  };
  Fails reader;
  Fails writer;
  near->WaitReadable(reader);
  near->WaitWritable(writer);  // writable already: its wake-up is queued
  near->ForgetReadable();
  near->ForgetWritable();
  const std::string_view piece = "x";
  ASSERT_EQ(far->TryWrite({&piece, 1}).bytes, 1u);
  this->Pause();
  near->WaitReadable(reader);  // readable already
  near.reset();                // and with its stream the wait is forgotten
  this->Pause();
}

TYPED_TEST(StreamContract, WaitersNeverRunInsideTheCall) {
  REACH_BASE;
  this->Connect();
  int woken = 0;
  rt::Spawn(Self::NoteWritable(*near, woken), gate);
  EXPECT_EQ(woken, 0);
  ASSERT_TRUE(this->Until([&] { return woken == 1; }));
}

TYPED_TEST(StreamContract, ReaderAndWriterWaitSideBySide) {
  REACH_BASE;
  this->Connect();
  const size_t in_flight = this->Fill(*near);
  int readable = 0;
  int writable = 0;
  rt::Spawn(Self::NoteReadable(*near, readable), gate);
  rt::Spawn(Self::NoteWritable(*near, writable), gate);
  const std::string_view piece = "x";
  ASSERT_EQ(far->TryWrite({&piece, 1}).bytes, 1u);
  ASSERT_TRUE(this->Until([&] { return readable == 1; }));
  EXPECT_EQ(writable, 0);
  size_t read = 0;
  ASSERT_TRUE(this->Until([&] {
    read += Self::Drain(*far);
    return read == in_flight && writable == 1;
  }));
}

TYPED_TEST(StreamContract, AWaiterMayDestroyTheStream) {
  REACH_BASE;
  this->Connect();
  class Destroys final : public rt::Job {
   public:
    explicit Destroys(std::unique_ptr<Stream>& stream) : stream_(stream) {}
    void Run() override { stream_.reset(); }

   private:
    std::unique_ptr<Stream>& stream_;
  };
  class Fails final : public rt::Job {
    void Run() override { FAIL(); }
  };
  Destroys reader(near);
  Fails writer;
  this->Fill(*near);
  near->WaitReadable(reader);
  near->WaitWritable(writer);
  far->Abort({base::Code::kCancelled, "both directions wake at once"});
  ASSERT_TRUE(this->Until([&] { return near == nullptr; }));
  this->Pause();
}

TYPED_TEST(StreamContract, TwoListenersOnOnePortOnlyIfBothShare) {
  REACH_BASE;
  this->Listen();
  const auto refuse = [](std::unique_ptr<Stream>) {};
  const auto again = rig.server.Listen(this->listener_->local(), PortSharing::kExclusive, refuse);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().code(), base::Code::kUnavailable);

  auto first = rig.server.Listen(rig.at, PortSharing::kSharedByWorkers, refuse);
  ASSERT_TRUE(first.ok());
  auto second = rig.server.Listen((*first)->local(), PortSharing::kSharedByWorkers, refuse);
  EXPECT_TRUE(second.ok());
}

TYPED_TEST(StreamContract, ListeningOnAForeignAddressIsInvalid) {
  REACH_BASE;
  const auto listener = rig.server.Listen({"192.0.2.1", 8001}, PortSharing::kExclusive,
                                          [](std::unique_ptr<Stream>) {});
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.status().code(), base::Code::kInvalid);
}

TYPED_TEST(StreamContract, AClosedListenerRefusesButItsConnectionsGoOn) {
  REACH_BASE;
  this->Connect();
  this->listener_->Close();
  this->listener_->Close();
  auto late = rig.client.Connect(this->listener_->local());
  base::Status status;
  rt::Spawn(Self::NoteConnected(*late, status), gate);
  ASSERT_TRUE(this->Until([&] { return gate.running() == 0; }));
  EXPECT_EQ(status.code(), base::Code::kUnavailable);
  IoResult got;
  rt::Spawn(Self::ReadOnce(*far, got), gate);
  const std::string_view piece = "still here";
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, piece.size());
  ASSERT_TRUE(this->Until([&] { return got.state == IoState::kOk; }));
}

TYPED_TEST(StreamContract, OnAcceptMayCloseTheListener) {
  REACH_BASE;
  std::unique_ptr<Listener> once;
  int accepted = 0;
  auto listener = rig.server.Listen(rig.at, PortSharing::kExclusive, [&](std::unique_ptr<Stream>) {
    ++accepted;
    once->Close();
  });
  ASSERT_TRUE(listener.ok());
  once = *std::move(listener);
  near = rig.client.Connect(once->local());
  auto second = rig.client.Connect(once->local());
  ASSERT_TRUE(this->Until([&] { return accepted == 1; }));
  this->Pause();
  EXPECT_EQ(accepted, 1);
}

TYPED_TEST(StreamContract, ManyConnectionsAtOnce) {
  REACH_BASE;
  this->Listen();
  std::vector<std::unique_ptr<Stream>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(rig.client.Connect(this->listener_->local()));
  ASSERT_TRUE(this->Until([&] { return this->accepted_.size() == clients.size(); }));
}

// The inline budget: one side that could read without end does not keep the other from its turn.
TYPED_TEST(StreamContract, ABusyStreamDoesNotStarveTheLoop) {
  REACH_BASE;
  this->Connect();
  const size_t sent = 50'000;
  const std::string block(sent, 'x');
  const std::string_view piece = block;
  ASSERT_EQ(near->TryWrite({&piece, 1}).bytes, sent);
  this->Pause();
  size_t read = 0;
  size_t read_when_woken = 0;
  rt::Spawn(Self::ReadBytewise(*far, sent, read), gate);
  rig.loop.Post([&] { read_when_woken = read; });
  ASSERT_TRUE(this->Until([&] { return read_when_woken > 0; }));
  EXPECT_LT(read_when_woken, 1000u);
  ASSERT_TRUE(this->Until([&] { return read == sent; }));
}

}  // namespace
}  // namespace fairway::net
