#include "inference/multipart.h"

#include <string>

namespace fairway::inference {
namespace {

constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool StartsWithAnyCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of a parameter in `a; name=value; name="value"`; empty if it is not there. A quoted
// value with an escape in it is not one of ours.
std::string_view Parameter(std::string_view header, std::string_view name) {
  while (true) {
    const size_t semicolon = header.find(';');
    if (semicolon == std::string_view::npos) return {};
    header = Trimmed(header.substr(semicolon + 1));
    if (!StartsWithAnyCase(header, name) || header.size() == name.size() ||
        header[name.size()] != '=') {
      // A semicolon within a quoted value ends no parameter.
      const size_t quote = header.find('"');
      if (quote < header.find(';')) {
        const size_t close = header.find('"', quote + 1);
        if (close == std::string_view::npos) return {};
        header.remove_prefix(close);
      }
      continue;
    }
    header.remove_prefix(name.size() + 1);
    if (!header.starts_with('"')) return Trimmed(header.substr(0, header.find(';')));
    header.remove_prefix(1);
    return header.substr(0, header.find('"'));
  }
}

// The form field that a part's header names, if it is no file.
std::string_view FieldName(std::string_view part_head) {
  while (!part_head.empty()) {
    const size_t end = part_head.find("\r\n");
    const std::string_view line = part_head.substr(0, end);
    if (StartsWithAnyCase(line, "content-disposition:"))
      return Parameter(line, "filename").empty() ? Parameter(line, "name") : std::string_view();
    if (end == std::string_view::npos) break;
    part_head.remove_prefix(end + 2);
  }
  return {};
}

base::Status Broken(std::string_view what) {
  return {base::Code::kInvalid, "the multipart body " + std::string(what)};
}

}  // namespace

bool IsMultipart(std::string_view content_type) {
  return StartsWithAnyCase(content_type, "multipart/form-data");
}

base::Result<ParsedRequest> ParseMultipart(Api api, std::string_view content_type,
                                           std::string_view body) {
  const std::string_view boundary = Parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kMaxBoundary) return Broken("has no boundary");
  const std::string delimiter = "\r\n--" + std::string(boundary);
  ParsedRequest request{.api = api};
  request.model_form = ModelForm::kText;
  // The first delimiter may stand at the very beginning, without its line break.
  size_t at = body.starts_with(std::string_view(delimiter).substr(2)) ? delimiter.size() - 2
                                                                      : body.find(delimiter);
  if (at != 0 && at != delimiter.size() - 2 && at != std::string_view::npos) at += delimiter.size();
  for (size_t part = 0; part < kMaxParts; ++part) {
    if (at == std::string_view::npos) return Broken("has no end");
    if (body.substr(at).starts_with("--")) return request;
    const size_t head_end = body.find("\r\n\r\n", at);
    const size_t next = body.find(delimiter, at);
    if (next == std::string_view::npos) return Broken("has no end");
    if (head_end < next) {
      const std::string_view name = FieldName(body.substr(at, head_end - at));
      const size_t begin = head_end + 4;
      const std::string_view value =
          begin <= next ? body.substr(begin, next - begin) : std::string_view();
      if (name == "model") {
        if (request.has_model) return Broken("has more than one model field");
        request.has_model = true;
        request.model = value;
        request.model_range = {begin, value.size()};
      } else if (name == "stream") {
        request.stream = value == "true" || value == "True" || value == "1";
      }
    }
    at = next + delimiter.size();
  }
  return request;
}

}  // namespace fairway::inference
