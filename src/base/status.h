#pragma once
// What an operation that the outside world can make fail returns: a Status, or a Result<T> that
// holds the value. A bug of ours is a CHECK, never a Status. Values; they may cross threads.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace fairway::base {

enum class Code : unsigned char {
  kOk,
  kInvalid,      // the input is wrong and will stay wrong
  kNotFound,     // the thing named does not exist
  kUnavailable,  // it may work later or elsewhere
  kExhausted,    // a limit of ours is reached
  kTimeout,      // a deadline passed
  kCancelled,    // whoever asked no longer wants it
  kInternal,     // the operating system or a library failed in a way nobody expects
};

std::string_view CodeName(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  // The same failure, told from further out: "reading x.yaml: line 3: ...".
  Status Within(std::string_view context) const;
  // "invalid: line 3: ...", for logs.
  std::string ToString() const;

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

// Either a T or a failed Status.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    CHECK(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

inline const Status& StatusOf(const Status& status) { return status; }
template <class T>
const Status& StatusOf(const Result<T>& result) {
  return result.status();
}

}  // namespace fairway::base

// Evaluates to the value of a Result, or returns its failure from the enclosing function.
// TRY_CO does the same inside a coroutine.
#define TRY(expression)                               \
  __extension__({                                     \
    auto try_result = (expression);                   \
    if (!try_result.ok()) return try_result.status(); \
    *std::move(try_result);                           \
  })
#define TRY_CO(expression)                               \
  __extension__({                                        \
    auto try_result = (expression);                      \
    if (!try_result.ok()) co_return try_result.status(); \
    *std::move(try_result);                              \
  })

// Returns a failed Status from the enclosing function.
#define TRY_STATUS(expression)                               \
  do {                                                       \
    if (auto try_status = (expression); !try_status.ok())    \
      return ::fairway::base::Status(std::move(try_status)); \
  } while (false)
