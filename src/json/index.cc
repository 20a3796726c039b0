#include "json/index.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace fairway::json {
namespace {

using simdjson::error_code;
using simdjson::internal::dom_parser_implementation;

constexpr size_t kLeastTextBytes = size_t{16} << 10;
constexpr size_t kMostTextBytes = simdjson::SIMDJSON_MAXSIZE_BYTES - 64;

base::Status StatusOf(error_code error) {
  using base::Code;
  switch (error) {
    case simdjson::SUCCESS:
      return {};
    case simdjson::EMPTY:
      return {Code::kInvalid, "empty, expected JSON"};
    case simdjson::UTF8_ERROR:
      return {Code::kInvalid, "not valid UTF-8"};
    case simdjson::UNCLOSED_STRING:
      return {Code::kInvalid, "a string is not closed"};
    case simdjson::UNESCAPED_CHARS:
      return {Code::kInvalid, "a string holds an unescaped control character"};
    case simdjson::CAPACITY:
      return {Code::kExhausted, "larger than the JSON scanner can index"};
    case simdjson::MEMALLOC:
      return {Code::kExhausted, "no memory for the JSON scanner"};
    default:
      return {Code::kInvalid, std::string("not JSON: ") + simdjson::error_message(error)};
  }
}

}  // namespace

struct Index::Scanner {
  std::unique_ptr<dom_parser_implementation> stage;

  // Makes room for a text of that many bytes; powers of two, so that growth is rare.
  error_code Reserve(size_t bytes) {
    const size_t wanted = std::max(kLeastTextBytes, std::min(std::bit_ceil(bytes), kMostTextBytes));
    if (stage == nullptr) {
      return simdjson::get_active_implementation()->create_dom_parser_implementation(
          wanted, kNoNesting, stage);
    }
    return stage->capacity() < bytes ? stage->set_capacity(wanted) : simdjson::SUCCESS;
  }

  // simdjson's second stage would need nesting scratch; we run only the first.
  static constexpr size_t kNoNesting = 1;
};

Index::Index() : scanner_(std::make_unique<Scanner>()) {}
Index::~Index() = default;
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;

base::Status Index::Scan(std::string_view text) {
  text_ = text;
  positions_ = {};
  if (text.empty()) return StatusOf(simdjson::EMPTY);
  if (text.size() > kMostTextBytes) return StatusOf(simdjson::CAPACITY);
  if (const error_code error = scanner_->Reserve(text.size()); error != simdjson::SUCCESS) {
    return StatusOf(error);
  }
  dom_parser_implementation& stage = *scanner_->stage;
  const error_code error = stage.stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                        simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return StatusOf(error);
  positions_ = {stage.structural_indexes.get(), stage.n_structural_indexes};
  return {};
}

void Index::Trim() {
  if (scanner_->stage == nullptr || scanner_->stage->capacity() <= kKeptTextBytes) return;
  scanner_->stage.reset();
  positions_ = {};
}

}  // namespace fairway::json
