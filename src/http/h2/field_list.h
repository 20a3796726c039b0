#pragma once
// Header fields as nghttp2 takes them to send. Views only; made safe here once for all: a control
// byte in a value becomes '?', and fields that only HTTP/1 connections have are left out. Private
// to H2Session.

#include <nghttp2/nghttp2.h>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/fields.h"

namespace fairway::http {

class H2FieldList {
 public:
  void Add(std::string_view name, std::string_view value);
  void Add(std::span<const Field> fields);
  const nghttp2_nv* data() const { return pairs_.data(); }
  size_t size() const { return count_; }

 private:
  // Above what a Fields holds, for pseudo-header fields and those that are added on the way.
  static constexpr size_t kMax = Fields::kMax + 32;

  std::string_view Safe(std::string_view value);

  std::array<nghttp2_nv, kMax> pairs_;
  size_t count_ = 0;
  std::vector<std::unique_ptr<std::string>> mended_;
};

}  // namespace fairway::http
