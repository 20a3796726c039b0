#include "json/reader.h"

#include "json/text.h"

namespace fairway::json {

base::Result<Value> Reader::Read(std::string_view text) {
  index_.Trim();
  TRY_STATUS(index_.Scan(text));
  Cursor at(index_);
  at.Skip();
  TRY_STATUS(at.Finish());
  return Value(this, 0);
}

Value::Value(const Reader* reader, uint32_t token)
    : reader_(reader), token_(token), kind_(Cursor(reader->index_, token).kind()) {}

Value Value::operator[](std::string_view key) const {
  Value found;
  if (kind_ != Kind::kObject) return found;
  Cursor at(reader_->index_, token_);
  std::string_view raw_key;
  for (at.EnterObject(); at.NextMember(raw_key); at.Skip()) {
    if (RawEquals(raw_key, key)) found = Value(reader_, at.token());
  }
  return found;
}

std::vector<Value> Value::Elements() const {
  std::vector<Value> elements;
  if (kind_ != Kind::kArray) return elements;
  Cursor at(reader_->index_, token_);
  for (at.EnterArray(); at.NextElement(); at.Skip()) elements.push_back({reader_, at.token()});
  return elements;
}

std::vector<Member> Value::Members() const {
  std::vector<Member> members;
  if (kind_ != Kind::kObject) return members;
  Cursor at(reader_->index_, token_);
  std::string_view raw_key;
  for (at.EnterObject(); at.NextMember(raw_key); at.Skip()) {
    Member& member = members.emplace_back();
    if (!Unescape(raw_key, member.key)) member.key = raw_key;
    member.value = Value(reader_, at.token());
  }
  return members;
}

std::string_view Value::Raw() const {
  return kind_ == Kind::kMissing ? std::string_view() : Cursor(reader_->index_, token_).Skip();
}

std::optional<bool> Value::Bool() const {
  if (kind_ != Kind::kBool) return std::nullopt;
  return Raw() == "true";
}

std::optional<int64_t> Value::Int() const {
  return kind_ == Kind::kNumber ? ToInt(Raw()) : std::nullopt;
}

std::optional<double> Value::Double() const {
  return kind_ == Kind::kNumber ? ToDouble(Raw()) : std::nullopt;
}

std::optional<std::string> Value::String() const {
  if (kind_ != Kind::kString) return std::nullopt;
  std::string decoded;
  if (!Unescape(Cursor(reader_->index_, token_).String(), decoded)) return std::nullopt;
  return decoded;
}

}  // namespace fairway::json
