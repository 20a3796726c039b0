#pragma once
// Collects the fields of one header block, pseudo-header fields and all, and makes of them the same
// heads that HTTP/1.1 gives (http/head.h), refusing what the session's own validation lets through.
// Owns the bytes; the heads' views point into it until Clear. Bounded by HeadLimits.
//
// RFC 9113 section 8.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/framing.h"
#include "http/head.h"
#include "http/head_parser.h"

namespace fairway::http {

enum class H2End : unsigned char { kHere, kLater };  // whether the message ends with its head

class H2HeadBlock {
 public:
  // Keeps the field, unless the block is over its limits: then only that is kept in mind.
  void Add(std::string_view name, std::string_view value, const HeadLimits& limits);
  void Clear();
  bool empty() const { return entries_.empty() && bytes_ == 0; }
  // As HTTP/1.1 counts: names, values and four bytes each; also of fields that were dropped.
  size_t bytes() const { return bytes_; }

  // An answer's head before the final one.
  bool interim() const { return Pseudo(":status").starts_with('1'); }

  // Status 0, or what to answer.
  Refusal ToRequest(const HeadLimits& limits, H2End end, RequestHead& head);
  // Status 0, or not an answer at all.
  Refusal ToResponse(ResponseTo request, H2End end, ResponseHead& head);
  // False if there are pseudo-header fields among them, or too many.
  bool ToTrailers(Fields& fields);

 private:
  struct Entry {
    uint32_t at;
    uint32_t name_size;
    uint32_t value_size;
  };
  std::string_view NameOf(const Entry& entry) const {
    return std::string_view(text_).substr(entry.at, entry.name_size);
  }
  std::string_view ValueOf(const Entry& entry) const {
    return std::string_view(text_).substr(entry.at + entry.name_size, entry.value_size);
  }
  std::string_view Pseudo(std::string_view name) const;
  void JoinCookies();
  void FillFields(Fields& fields) const;

  std::string text_;
  std::vector<Entry> entries_;
  size_t bytes_ = 0;
  bool over_ = false;
};

}  // namespace fairway::http
