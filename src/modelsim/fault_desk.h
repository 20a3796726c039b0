#pragma once
// The faults that one server was given, and which of them are on now. Lives on the server's Loop;
// bounded.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "modelsim/fault.h"
#include "rt/loop.h"

namespace fairway::modelsim {

class FaultDesk {
 public:
  static constexpr size_t kMaxFaults = 64;

  // `changed` runs whenever a fault begins or ends.
  FaultDesk(rt::Loop& loop, std::move_only_function<void()> changed);

  // Its time is from now. kExhausted if there are too many; a mode of kNone adds nothing.
  base::Status Add(const Fault& fault);
  void Clear();

  // One that is on; null if there is none.
  const Fault* Active(FaultMode mode) const;
  // One that is on and hits the request that drew this number: the same one all its life, so that a
  // fault that begins in mid-stream hits its share of the streams.
  const Fault* Hits(FaultMode mode, uint64_t draw) const;

  // [{"mode","active",...}]
  std::string Json() const;
  // The first that is on, or "none".
  std::string_view ActiveName() const;

 private:
  struct Entry {
    Fault fault;
    uint64_t number = 0;
    base::TimePoint begins{};
    base::TimePoint ends{};  // max(): never
    bool active = false;
  };

  // Brings what is on up to date, and waits for the next change.
  void Refresh();

  rt::Loop& loop_;
  std::move_only_function<void()> changed_;
  std::vector<Entry> entries_;
  uint64_t numbers_ = 0;
  rt::Timer timer_;
};

}  // namespace fairway::modelsim
