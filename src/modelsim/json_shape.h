#pragma once
// For tests: the shape of a JSON text is its keys, nesting and kinds of values, in order, without
// the values: {"id":"x","n":[1,2]} is {id:s,n:[0,0]}. Two answers of one shape look the same to a
// client.

#include <cctype>
#include <string>
#include <string_view>

namespace fairway::modelsim {

inline std::string JsonShape(std::string_view json) {
  std::string shape;
  for (size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (c == '"') {
      size_t end = i + 1;
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
      const bool key = end + 1 < json.size() && json[end + 1] == ':';
      shape += key ? json.substr(i + 1, end - i - 1) : "s";
      i = end + 1;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '-') {
      while (i < json.size() && (std::isalnum(static_cast<unsigned char>(json[i])) ||
                                 json[i] == '-' || json[i] == '+' || json[i] == '.')) {
        ++i;
      }
      shape += '0';
    } else {
      if (!std::isspace(static_cast<unsigned char>(c))) shape += c;
      ++i;
    }
  }
  return shape;
}

}  // namespace fairway::modelsim
