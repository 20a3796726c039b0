#pragma once
// How a simulated server misbehaves on purpose, for tests of whatever stands in front of it. A
// value.

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace fairway::modelsim {

enum class FaultMode : unsigned char {
  kNone,
  kHang,       // the engine stands still, as under SIGSTOP; health and metrics go on, stale
  kError,      // `code` at once; after `after_chunks` tokens of a stream, an error event
  kClose,      // the connection ends after `after_chunks` tokens, or before any byte
  kSlow,       // nothing is sent for `first_byte_delay`
  kRefuseNew,  // the port is closed; connections that stand go on
};

enum class CloseWith : unsigned char { kReset, kFin };

struct Fault {
  FaultMode mode = FaultMode::kNone;
  int code = 500;
  uint32_t after_chunks = 0;
  CloseWith close_with = CloseWith::kReset;
  base::Duration first_byte_delay{};
  base::Duration lasts{};  // then the fault is over; zero: until the next
};

std::string_view FaultName(FaultMode mode);

// {"mode":"close","code":503,"after_chunks":3,"with":"fin","first_byte_delay_ms":100,"for_ms":9},
// of which only mode is needed. kInvalid names what is wrong; unknown keys are.
base::Result<Fault> ParseFault(std::string_view json);

}  // namespace fairway::modelsim
