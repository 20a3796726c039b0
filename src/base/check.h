#pragma once
// CHECK(condition) is for our own bugs: always on, prints where and what, aborts. What the outside
// world can cause is a Status instead (base/status.h).

#include <string_view>

namespace fairway::base {

[[noreturn]] void CheckFailed(const char* file, int line, std::string_view what);

}  // namespace fairway::base

#define CHECK(condition)                                                         \
  do {                                                                           \
    if (!(condition)) [[unlikely]]                                               \
      ::fairway::base::CheckFailed(__FILE__, __LINE__, "CHECK(" #condition ")"); \
  } while (false)

#ifdef NDEBUG
#define DCHECK(condition) ((void)0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
