#pragma once
// Index: where the structure of a JSON text is, found in one SIMD pass (simdjson's first stage):
// every brace, bracket, colon and comma outside strings, and the first byte of every string and
// scalar. The pass also proves that the text is UTF-8, that strings are closed and hold no raw
// control byte. Grammar is the Cursor's business (json/cursor.h).
//
// One owner, reused from text to text. The text is not copied: it must outlive the reading of it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"

namespace fairway::json {

class Index {
 public:
  // Scratch up to this many bytes of text is kept from one Scan to the next (4 bytes a byte of
  // text); what a larger text needed goes back with Trim().
  static constexpr size_t kKeptTextBytes = size_t{1} << 20;

  Index();
  ~Index();
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;

  // kInvalid: empty, not UTF-8, an unclosed string, a control byte in a string. kExhausted: 4 GiB
  // or more, or no memory. The message is fit for whoever sent the text.
  base::Status Scan(std::string_view text);

  std::string_view text() const { return text_; }
  // Offsets into text(), ascending.
  std::span<const uint32_t> positions() const { return positions_; }

  // Gives back scratch beyond kKeptTextBytes; positions() is empty afterwards if it did.
  void Trim();

 private:
  struct Scanner;
  std::unique_ptr<Scanner> scanner_;
  std::string_view text_;
  std::span<const uint32_t> positions_;
};

}  // namespace fairway::json
