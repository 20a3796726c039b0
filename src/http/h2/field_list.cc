#include "http/h2/field_list.h"

#include <utility>

#include "base/check.h"
#include "http/scan.h"

namespace fairway::http {
namespace {

uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // the library does not write
}

}  // namespace

void H2FieldList::Add(std::string_view name, std::string_view value) {
  CHECK(count_ < kMax);
  const std::string_view safe = Safe(value);
  pairs_[count_++] = {Bytes(name), Bytes(safe), name.size(), safe.size(), NGHTTP2_NV_FLAG_NONE};
}

void H2FieldList::Add(std::span<const Field> fields) {
  for (const Field& field : fields) {
    const bool te = EqualsIgnoreCase(field.name, "te") && EqualsIgnoreCase(field.value, "trailers");
    if (te || !IsHopByHop(field.name, {})) Add(field.name, field.value);
  }
}

std::string_view H2FieldList::Safe(std::string_view value) {
  const char* end = value.data() + value.size();
  if (FindControl(value.data(), end) == end) return value;
  auto safe = std::make_unique<std::string>(value);
  for (char& c : *safe) {
    if (IsControl(static_cast<unsigned char>(c))) c = '?';
  }
  mended_.push_back(std::move(safe));
  return *mended_.back();
}

}  // namespace fairway::http
