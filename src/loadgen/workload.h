#pragma once
// What the requests of a load say. A workload is a sequence of sessions, each of one turn or more;
// which bytes a turn is depends on the options, the session's number and the turn alone, so that
// nothing is kept for a session under way and a run repeats.
//
//   FixedBodies  bodies of a given size, made before the load begins; sending one copies nothing
//   Sessions     prompts of given tokens: a group's shared beginning, then turn by turn
//   Replay       the prompts of a trace, whose equal blocks are equal text

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairway::loadgen {

// As many digits of a number as stand in every body of FixedBodies.
using UniqueDigits = std::array<char, 16>;
UniqueDigits DigitsOf(uint64_t number);

struct RequestId {
  uint64_t session = 0;
  uint32_t turn = 0;
};

// One request as three pieces to send. `head` and `body` hold what was made for this request alone;
// the pieces may point into them, so it stays where it is.
struct RequestBytes {
  RequestBytes() = default;
  RequestBytes(const RequestBytes&) = delete;
  RequestBytes& operator=(const RequestBytes&) = delete;

  std::array<std::string_view, 3> pieces() const {
    return {before, {digits.data(), digit_count}, after};
  }
  size_t size() const { return before.size() + digit_count + after.size(); }

  std::string_view before;
  UniqueDigits digits{};
  size_t digit_count = 0;
  std::string_view after;
  std::string head;
  std::string body;
};

class Workload {
 public:
  static constexpr uint64_t kEndless = UINT64_MAX;

  virtual ~Workload() = default;
  virtual uint64_t sessions() const { return kEndless; }
  virtual uint32_t turns() const { return 1; }
  // Bytes of a body's JSON; the mean where they differ, estimated.
  virtual size_t body_bytes() const = 0;
  // `id` is within sessions() and turns().
  virtual void Make(RequestId id, RequestBytes& out) const = 0;
};

}  // namespace fairway::loadgen
