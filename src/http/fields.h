#pragma once
// The header fields of one message: views into bytes that somebody else keeps, in the order they
// came. Names compare without regard to ASCII case. Bounded; the storage is reused from message to
// message.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fairway::http {

struct Field {
  std::string_view name;
  std::string_view value;
};

// ASCII only, as field names and tokens are.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Whether a comma-separated list ("keep-alive, Upgrade") holds the token, without regard to case.
bool HasToken(std::string_view list, std::string_view token);

class Fields {
 public:
  static constexpr size_t kMax = 128;

  // False, and nothing added, at kMax.
  bool Add(std::string_view name, std::string_view value);
  void Clear() { fields_.clear(); }
  // Gives memory back that a message with unusually many fields took.
  void Shrink();

  // The value of the first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Whether any field of that name lists the token.
  bool ListHas(std::string_view name, std::string_view token) const;

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  const Field& operator[](size_t i) const { return fields_[i]; }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  // NOLINTNEXTLINE(google-explicit-constructor): a Fields is a list of fields wherever one is
  // asked.
  operator std::span<const Field>() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// Whether a proxy must not pass this field on: the connection's own fields (RFC 9110
// section 7.6.1), and those that the message's `connection` field names. `connection` is that
// field's value, or empty.
bool IsHopByHop(std::string_view name, std::string_view connection);

}  // namespace fairway::http
