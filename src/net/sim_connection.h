#pragma once
// SimConnection: what lies between the two SimStreams of a simulated connection: per direction the
// bytes in flight, those that have arrived, FIN and RST, each at its time. Owned by its two ends
// together, so that what an end sent before it went still arrives.
//
// Invariant: a direction holds at most path.window bytes, in flight and unread together.

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "net/network.h"
#include "net/sim_path.h"
#include "rt/loop.h"

namespace fairway::net {

// One end, as the connection and the world speak to it. They wake waiters and run nothing of
// theirs.
class SimEnd {
 public:
  virtual void OnConnected() = 0;
  virtual void OnRefused() = 0;
  virtual void OnArrival() = 0;
  virtual void OnRoom() = 0;
  virtual void OnReset() = 0;

 protected:
  ~SimEnd() = default;
};

class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  enum Side : unsigned char { kClient = 0, kServer = 1 };
  static Side Other(Side side) { return side == kClient ? kServer : kClient; }

  SimConnection(rt::Loop& loop, Address server, const SimPath& path);

  rt::Loop& loop() { return loop_; }
  const Address& server() const { return server_; }
  const SimPath& path() const { return path_; }

  // Called by the ends themselves.
  void Attach(Side side, SimEnd& end) { ends_[side] = &end; }
  void Detach(Side side);  // closes: FIN, or RST
  void Forget(Side side) { ends_[side] = nullptr; }
  size_t Send(Side from, std::span<const std::string_view> pieces);  // 0: the window is full
  void SendFin(Side from);
  void SendReset(Side from);
  size_t Receive(Side at, std::span<char> into);  // 0: nothing has arrived
  bool HasArrived(Side at) const { return ways_[Other(at)].unread() > 0; }
  bool EndArrived(Side at) const { return ways_[Other(at)].ended; }
  bool HasRoom(Side from) const { return ways_[from].held < path_.window; }

  // Runs `step` after the delay if the connection still exists. One at a time: the handshake.
  void After(rt::Duration delay, std::move_only_function<void()> step);
  SimEnd* end(Side side) { return ends_[side]; }

  // Breaks it now: both ends fail with RST.
  void Break();
  // Nothing arrives until Thaw; the order and the bytes stay.
  void Freeze();
  void Thaw();

 private:
  enum class Kind : unsigned char { kBytes, kFin, kReset };
  struct Flight {
    rt::TimePoint arrives;
    Kind kind;
    std::string bytes;
  };
  struct Way {  // one direction, named by its sender
    explicit Way(std::move_only_function<void()> arrive) : timer(std::move(arrive)) {}
    size_t unread() const { return arrived.size() - read; }
    std::deque<Flight> flights;
    rt::TimePoint line_free{};
    std::string arrived;
    size_t read = 0;
    size_t held = 0;
    uint64_t delivered = 0;
    bool ended = false;   // FIN has arrived
    bool closed = false;  // FIN or RST was sent: nothing follows
    rt::Timer timer;
  };

  void Launch(Side from, Kind kind, std::string bytes);
  void Arm(Way& way);
  void Arrive(Side from);
  void Deliver(Side from, Flight flight);

  rt::Loop& loop_;
  const Address server_;
  const SimPath path_;
  bool frozen_ = false;
  std::array<SimEnd*, 2> ends_{};
  std::array<Way, 2> ways_;
  std::move_only_function<void()> step_;
  rt::Timer step_timer_;
};

}  // namespace fairway::net
