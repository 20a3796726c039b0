#include "http/fields.h"

#include "http/scan.h"

namespace fairway::http {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (EqualsIgnoreCase(Trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

bool Fields::Add(std::string_view name, std::string_view value) {
  if (fields_.size() == kMax) return false;
  if (fields_.capacity() == 0) fields_.reserve(16);
  fields_.push_back({name, value});
  return true;
}

void Fields::Shrink() {
  if (fields_.capacity() <= 32) return;
  fields_.clear();
  fields_.shrink_to_fit();
}

std::optional<std::string_view> Fields::Find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool Fields::ListHas(std::string_view name, std::string_view token) const {
  for (const Field& field : fields_) {
    if (EqualsIgnoreCase(field.name, name) && HasToken(field.value, token)) return true;
  }
  return false;
}

bool IsHopByHop(std::string_view name, std::string_view connection) {
  static constexpr std::string_view kOwn[] = {"connection",
                                              "keep-alive",
                                              "proxy-connection",
                                              "proxy-authenticate",
                                              "proxy-authorization",
                                              "te",
                                              "transfer-encoding",
                                              "trailer",
                                              "upgrade"};
  for (const std::string_view own : kOwn) {
    if (own.size() == name.size() && EqualsIgnoreCase(own, name)) return true;
  }
  return !connection.empty() && HasToken(connection, name);
}

}  // namespace fairway::http
