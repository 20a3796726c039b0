#pragma once
// Pump: carries the bytes of two streams into one another, as they come, until both have ended.
// A side that reads slowly holds the other one back; an end of one direction is passed on and the
// other direction goes on; a failure of either side ends both. A direction that waits holds no
// buffer.
//
// Lives on the streams' Loop, in its owner's coroutine; nothing else touches the streams meanwhile.

#include <cstdint>
#include <string>

#include "base/status.h"
#include "http/buffer_pool.h"
#include "http/deadline.h"
#include "net/stream.h"
#include "rt/gate.h"
#include "rt/task.h"

namespace fairway::gateway {

class Pump final {
 public:
  enum class End : unsigned char {
    kBoth,   // both sides said their end
    kNear,   // the near side failed
    kFar,    // the far side failed
    kQuiet,  // no byte moved either way for the time allowed
  };
  static constexpr size_t kBufferBytes = 16 * 1024;

  // All of them outlive it.
  Pump(rt::Loop& loop, http::BufferPool& buffers, net::Stream& near, net::Stream& far,
       base::Duration quiet);

  // The strings are bytes read already that belong in front: of the near side, of the far side.
  // Once.
  rt::Task<End> Run(std::string from_near, std::string from_far);

  uint64_t bytes_from_near() const { return from_near_.bytes; }
  uint64_t bytes_from_far() const { return from_far_.bytes; }

 private:
  struct Direction {
    net::Stream& from;
    net::Stream& to;
    End from_failed;
    End to_failed;
    uint64_t bytes = 0;
  };
  rt::Task<void> Carry(Direction& direction, std::string ahead);
  rt::Task<base::Status> Pass(Direction& direction, std::string_view bytes);
  void Break(End why, const base::Status& status);

  http::BufferPool& buffers_;
  Direction from_near_;
  Direction from_far_;
  const base::Duration quiet_;
  http::Deadline deadline_;
  rt::Gate gate_;
  End end_ = End::kBoth;
};

}  // namespace fairway::gateway
