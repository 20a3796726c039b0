#pragma once
// How often an awaiter whose operation is done at once may go on without returning to the loop. A
// loop refills it for every job it runs; an awaiter that gets none waits for the next turn instead.
// So one busy stream cannot keep the others of its loop waiting.

namespace fairway::rt {

inline constexpr int kInlineBudget = 64;

inline thread_local int inline_budget_left = kInlineBudget;

inline bool TakeInlineBudget() {
  if (inline_budget_left == 0) return false;
  --inline_budget_left;
  return true;
}

// For loops only.
inline void RefillInlineBudget() { inline_budget_left = kInlineBudget; }

}  // namespace fairway::rt
