#pragma once
// Loops over columns of floats, four at a time, then the rest one by one. The body is written once,
// as a generic lambda that works on a Lanes or on a float; both do the same IEEE operations element
// by element, so the result has the same bits wherever the split falls. (At -O2 g++ 12 vectorises
// no loop whose length it does not know.)
//
// Four, not eight chosen at run time where the processor has AVX2: these loops are a fifth of a
// decision over 1,000 endpoints (the rest gathers figures), and nothing of one over eight.
//
//   OverLanes(out.size(), [&](auto at) {
//     at.Store(out, Least(at.Load(in), at.Fill(1.0f)) * at.Fill(scale));
//   });

#include <cstddef>
#include <cstring>
#include <span>

namespace fairway::sched {

using Lanes [[gnu::vector_size(16)]] = float;  // SSE2, part of every x86-64; NEON on arm64
inline constexpr size_t kLanes = sizeof(Lanes) / sizeof(float);

// a < b ? a : b, and a > b ? a : b: with a NaN in `a` they give `b`.
template <class T>
T Least(T a, T b) {
  return a < b ? a : b;
}
template <class T>
T Most(T a, T b) {
  return a > b ? a : b;
}

// Where in the columns a step of the loop is, and how wide it is.
template <class T>
struct At {
  using Width = T;
  size_t index;

  T Load(std::span<const float> column) const {
    T value;
    std::memcpy(&value, column.data() + index, sizeof(T));
    return value;
  }
  void Store(std::span<float> column, T value) const {
    std::memcpy(column.data() + index, &value, sizeof(T));
  }
  static T Fill(float value) { return T{} + value; }
};

template <class Body>
inline void OverLanes(size_t count, Body&& body) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) body(At<Lanes>{i});
  for (; i < count; ++i) body(At<float>{i});
}

struct Range {
  float least;
  float most;
};
// Of a column without NaN that is not empty.
inline Range RangeOf(std::span<const float> column) {
  Range range{column[0], column[0]};
  size_t i = 0;
  if (column.size() >= kLanes) {
    Lanes least = At<Lanes>{0}.Load(column);
    Lanes most = least;
    for (i = kLanes; i + kLanes <= column.size(); i += kLanes) {
      const Lanes here = At<Lanes>{i}.Load(column);
      least = Least(here, least);
      most = Most(here, most);
    }
    for (size_t lane = 0; lane < kLanes; ++lane) {
      range.least = Least(least[lane], range.least);
      range.most = Most(most[lane], range.most);
    }
  }
  for (; i < column.size(); ++i) {
    range.least = Least(column[i], range.least);
    range.most = Most(column[i], range.most);
  }
  return range;
}

}  // namespace fairway::sched
