#pragma once
// Cursor: one strict pass over an indexed JSON text, value by value, without a tree and without
// allocating. Every call checks the grammar of what it moves over, skipped values included, so that
// a text walked to Finish() is well-formed JSON; only the escapes inside strings stay unread until
// json/text.h decodes them. The first error sticks: later calls do nothing and answer false or
// empty.
//
//   Cursor at(index);
//   for (at.EnterObject(); at.NextMember(key);) key == "n" ? Use(at.Scalar()) : at.Skip();
//   TRY_STATUS(at.Finish());

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "json/index.h"

namespace fairway::json {

enum class Kind : unsigned char { kMissing, kNull, kBool, kNumber, kString, kObject, kArray };

class Cursor {
 public:
  static constexpr uint32_t kMaxDepth = 64;

  // At the root value.
  explicit Cursor(const Index& index) : text_(index.text()), positions_(index.positions()) {}
  // At the value that starts at `token`, an index into positions(); for json/reader.h.
  Cursor(const Index& index, uint32_t token) : Cursor(index) { at_ = token; }

  // Of the value here; kMissing if there is none or the cursor has failed.
  Kind kind() const { return kKinds[static_cast<unsigned char>(Peek())]; }

  // Steps into the object here; false (a failure) if it is none. Then NextMember() stops at each
  // value in turn; the caller must move over that value before it asks for the next. False at the
  // end, which it steps over, or on failure. The key is raw: without quotes, escapes as they came.
  bool EnterObject() { return Enter('{'); }
  bool NextMember(std::string_view& raw_key) {
    // After '{' comes the first member, with no comma before it.
    if (Peek() == ',' && Previous() != '{')
      ++at_;
    else if (Peek() != '"' || Previous() != '{')
      return EndMembers();
    raw_key = String();
    if (Peek() != ':') [[unlikely]]
      return FailAt("expected ':'");
    ++at_;
    return true;
  }

  // The same for arrays.
  bool EnterArray() { return Enter('['); }
  bool NextElement() {
    const char next = Peek();
    if (next == ',' && Previous() != '[') {
      ++at_;
      return Peek() != ']' || FailAt("expected a value");
    }
    // After '[' comes the first element, with no comma before it.
    return (next != ']' && next != '\0' && Previous() == '[') || EndElements();
  }

  // Moves over a string; its raw bytes without the quotes.
  std::string_view String() {
    if (Peek() == '"') [[likely]] {
      const size_t begin = positions_[at_] + 1;
      const size_t end = TokenEnd() - 1;
      if (end >= begin && text_[end] == '"') [[likely]] {
        ++at_;
        return text_.substr(begin, end - begin);
      }
    }
    Fail("expected a string");
    return {};
  }
  // Moves over a number, true, false or null; its text.
  std::string_view Scalar();
  // Moves over any value; its text, quotes and brackets included.
  std::string_view Skip();

  // OK if the root value was walked over well and nothing follows it. kInvalid: "byte 17: ...".
  // kExhausted: nested deeper than kMaxDepth.
  base::Status Finish();

  bool failed() const { return error_ != nullptr; }
  // Which token the cursor is at; an index into Index::positions().
  uint32_t token() const { return at_; }
  // Where in the text.
  size_t offset() const { return at_ < positions_.size() ? positions_[at_] : text_.size(); }
  // Fails the cursor from outside, with a literal.
  [[gnu::cold]] void Fail(const char* error);

 private:
  static constexpr std::array<Kind, 256> kKinds = [] {
    std::array<Kind, 256> kinds{};
    kinds['{'] = Kind::kObject;
    kinds['['] = Kind::kArray;
    kinds['"'] = Kind::kString;
    kinds['t'] = kinds['f'] = Kind::kBool;
    kinds['n'] = Kind::kNull;
    kinds['-'] = Kind::kNumber;
    for (unsigned char digit = '0'; digit <= '9'; ++digit) kinds[digit] = Kind::kNumber;
    return kinds;
  }();
  static bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  char Peek() const { return at_ < positions_.size() ? text_[positions_[at_]] : '\0'; }
  char Previous() const { return text_[positions_[at_ - 1]]; }
  bool Enter(char bracket);
  // Where members or elements end: at the bracket, or at an error.
  bool EndMembers();
  bool EndElements();
  bool FailAt(const char* error) {
    Fail(error);
    return false;
  }
  // The end of the token here, blanks after it left out.
  size_t TokenEnd() const {
    size_t end = at_ + 1 < positions_.size() ? positions_[at_ + 1] : text_.size();
    while (IsBlank(text_[end - 1])) --end;  // stops at the token's own first byte at the latest
    return end;
  }

  std::string_view text_;
  std::span<const uint32_t> positions_;
  uint32_t at_ = 0;
  uint32_t depth_ = 0;
  const char* error_ = nullptr;
  size_t error_offset_ = 0;
};

}  // namespace fairway::json
