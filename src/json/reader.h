#pragma once
// Reader: random access to a small JSON document (a models page, a profile, a test's answer).
// Read() proves the whole document well-formed, so that walking it afterwards cannot fail: what is
// not there is kMissing, and reading a value as what it is not gives nullopt.
//
//   json::Reader reader;
//   const json::Value root = TRY(reader.Read(text));
//   for (const json::Value& model : root["data"].Elements()) Use(model["id"].String());
//
// For the request path use a Cursor. One owner; not for two threads.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "json/cursor.h"
#include "json/index.h"

namespace fairway::json {

class Reader;
struct Member;

// Good until its Reader's next Read() and while the text lives. A value; cheap to copy.
class Value {
 public:
  Value() = default;  // kMissing

  Kind kind() const { return kind_; }
  explicit operator bool() const { return kind_ != Kind::kMissing; }

  // A member of an object; kMissing if this is none or has none of that name. Of two with one name
  // the last, as Python has it.
  Value operator[](std::string_view key) const;
  // Empty if this is no array, no object.
  std::vector<Value> Elements() const;
  std::vector<Member> Members() const;

  std::optional<bool> Bool() const;
  // Whole numbers only, written as such.
  std::optional<int64_t> Int() const;
  std::optional<double> Double() const;
  // Escapes decoded. nullopt too if an escape is malformed.
  std::optional<std::string> String() const;
  // As it stands in the text, quotes and brackets included.
  std::string_view Raw() const;

 private:
  friend class Reader;
  Value(const Reader* reader, uint32_t token);
  const Reader* reader_ = nullptr;
  uint32_t token_ = 0;
  Kind kind_ = Kind::kMissing;
};

struct Member {
  std::string key;  // escapes decoded, unless one is malformed: then as it came
  Value value;
};

class Reader {
 public:
  // The root. kInvalid: not JSON, with the byte; kExhausted: nested deeper than Cursor::kMaxDepth.
  base::Result<Value> Read(std::string_view text);

 private:
  friend class Value;
  Index index_;
};

}  // namespace fairway::json
