#pragma once
// The last streams that closed, and who ended them: the library forgets a stream at once, and what
// a frame on a closed one means depends on that (RFC 9113 sections 5.1 and 5.1.1). A value of fixed
// size.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace fairway::http {

class H2ClosedStreams {
 public:
  enum class EndedBy : unsigned char {
    kUs,    // what the peer sent before it heard of that may still come
    kPeer,  // nothing may come
  };
  enum class Meaning : unsigned char { kLate, kStreamClosed, kProtocolError };

  void OnOpened(int32_t id) { last_ = std::max(last_, id); }
  void Add(int32_t id, EndedBy by) {
    ring_[next_] = {id, by};
    next_ = (next_ + 1) % ring_.size();
    if (next_ == 0) full_ = true;
  }

  // Of a DATA or HEADERS frame on a stream that is not open.
  enum class Frame : unsigned char { kData, kHeaders };
  Meaning MeaningOf(int32_t id, Frame frame) const {
    if (id > last_) return Meaning::kLate;  // not one that was
    int32_t oldest = full_ ? ring_[0].id : 0;
    for (const Closed& each : ring_) {
      if (each.id == id) return each.by == EndedBy::kPeer ? Meaning::kStreamClosed : Meaning::kLate;
      oldest = std::min(oldest, each.id);
    }
    // Opening a stream closes all below it that were never used.
    return frame == Frame::kHeaders && id > oldest ? Meaning::kProtocolError : Meaning::kLate;
  }

 private:
  struct Closed {
    int32_t id = 0;
    EndedBy by = EndedBy::kUs;
  };
  std::array<Closed, 64> ring_{};
  size_t next_ = 0;
  int32_t last_ = 0;
  bool full_ = false;
};

}  // namespace fairway::http
