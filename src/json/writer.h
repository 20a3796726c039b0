#pragma once
// Writer: appends JSON to a string, left to right, commas by itself. Nothing is kept but the
// nesting; unbalanced or misplaced calls are our bug and hit a CHECK. Compact output, no blanks.
//
//   json::Writer to(line);
//   to.BeginObject().Member("status", 200).Member("path", path).Key("t").BeginArray().Value(0.5);
//   to.EndArray().EndObject();

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/check.h"

namespace fairway::json {

class Writer {
 public:
  static constexpr uint32_t kMaxDepth = 63;

  // Appends to `out`, which must outlive it.
  explicit Writer(std::string& out) : out_(out) {}

  Writer& BeginObject() { return Begin('{'); }
  Writer& EndObject() { return End('}'); }
  Writer& BeginArray() { return Begin('['); }
  Writer& EndArray() { return End(']'); }
  Writer& Key(std::string_view key);

  // A bool, an integer, a double (the shortest text that reads back the same; null if not finite),
  // a string (escaped; what is not UTF-8 becomes U+FFFD), nullptr (null), or an optional of these.
  template <class T>
  Writer& Value(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return Raw(value ? "true" : "false");
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
      return Raw("null");
    } else if constexpr (std::signed_integral<T>) {
      return Signed(value);
    } else if constexpr (std::unsigned_integral<T>) {
      return Unsigned(value);
    } else if constexpr (std::floating_point<T>) {
      return Number(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return String(value);
    } else {
      return value.has_value() ? Value(*value) : Raw("null");
    }
  }

  template <class T>
  Writer& Member(std::string_view key, const T& value) {
    return Key(key).Value(value);
  }

  // Text that is one JSON value already.
  Writer& Raw(std::string_view json);

  // Whether everything begun is ended.
  bool complete() const { return depth_ == 0; }

 private:
  Writer& Begin(char bracket);
  Writer& End(char bracket);
  Writer& Signed(int64_t value);
  Writer& Unsigned(uint64_t value);
  Writer& Number(double value);
  Writer& String(std::string_view value);
  // The comma, if this is not the first value here.
  void Separate();

  std::string& out_;
  uint64_t filled_ = 0;  // bit d: the container at depth d holds a value already
  uint32_t depth_ = 0;
  bool after_key_ = false;
};

}  // namespace fairway::json
