#include "json/cursor.h"

#include <string>

#include "json/text.h"

namespace fairway::json {
namespace {

constexpr char kTooDeep[] = "nested deeper than 64 levels";

// Most scalars are plain whole numbers; token ids come by the ten thousand.
bool IsDigits(std::string_view token) {
  if (token[0] == '0') return token.size() == 1;
  bool digits = true;
  for (const char c : token) digits &= c >= '0' && c <= '9';
  return digits;
}

}  // namespace

void Cursor::Fail(const char* error) {
  if (failed()) return;
  error_ = error;
  error_offset_ = offset();
  at_ = static_cast<uint32_t>(positions_.size());
}

bool Cursor::Enter(char bracket) {
  if (Peek() != bracket) {
    Fail(bracket == '{' ? "expected an object" : "expected an array");
    return false;
  }
  if (depth_ == kMaxDepth) {
    Fail(kTooDeep);
    return false;
  }
  ++depth_;
  ++at_;
  return true;
}

bool Cursor::EndMembers() {
  if (Peek() == '}') {
    ++at_;
    --depth_;
  } else {
    Fail(!failed() && Previous() == '{' ? "expected a member's name" : "expected ',' or '}'");
  }
  return false;
}

bool Cursor::EndElements() {
  if (Peek() == ']') {
    ++at_;
    --depth_;
  } else {
    Fail("expected ',' or ']'");
  }
  return false;
}

std::string_view Cursor::Scalar() {
  const Kind here = kind();
  if (here != Kind::kNumber && here != Kind::kBool && here != Kind::kNull) {
    Fail("expected a value");
    return {};
  }
  const size_t begin = offset();
  const std::string_view token = text_.substr(begin, TokenEnd() - begin);
  if (!IsDigits(token) && !IsScalar(token)) {
    Fail("malformed number or literal");
    return {};
  }
  ++at_;
  return token;
}

std::string_view Cursor::Skip() {
  const size_t begin = offset();
  switch (kind()) {
    case Kind::kString: {
      const std::string_view inside = String();
      return failed() ? std::string_view() : text_.substr(begin, inside.size() + 2);
    }
    case Kind::kObject: {
      std::string_view key;
      for (EnterObject(); NextMember(key);) Skip();
      break;
    }
    case Kind::kArray:
      for (EnterArray(); NextElement();) Skip();
      break;
    default:
      return Scalar();
  }
  if (failed()) return {};
  const size_t last = positions_[at_ - 1];  // the closing bracket
  return text_.substr(begin, last + 1 - begin);
}

base::Status Cursor::Finish() {
  if (!failed() && at_ < positions_.size()) Fail("expected the end, found more");
  if (!failed()) return {};
  const auto code = error_ == kTooDeep ? base::Code::kExhausted : base::Code::kInvalid;
  return {code, "byte " + std::to_string(error_offset_) + ": " + error_};
}

}  // namespace fairway::json
