#include "config/print_node.h"

namespace fairway::config {
namespace {

// Whether the text may stand without quotes: what everybody writes so.
bool IsPlainWord(std::string_view text) {
  if (text.empty() || text.front() == '-' || text == "true" || text == "false" || text == "null")
    return false;
  bool letter = false;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    letter = letter || is_letter;
    if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '/' && c != '.')
      return false;
  }
  return letter && (text.front() < '0' || text.front() > '9') && text.front() != '.';
}

std::string Scalar(const Node& node) {
  if (node.IsNull()) return "null";
  const std::string text = *node.Text();
  // What reads as a number or a truth value without quotes keeps none.
  if (node.Number().ok() || node.Bool().ok() || IsPlainWord(text)) return text;
  return QuotedYaml(text);
}

void Print(const Node& node, const std::string& indent, std::string& out) {
  bool first = true;
  for (const Node& item : node.Items()) {
    // A map's first line stands behind its list's dash.
    if (!first || out.empty() || out.back() == '\n') out += indent;
    first = false;
    const bool in_list = node.IsList();
    if (in_list) {
      out += "- ";
    } else {
      const std::string key(item.Key());
      out += (IsPlainWord(key) ? key : QuotedYaml(key)) + ":";
    }
    const bool empty = item.Items().empty();
    if (item.IsScalar() || item.IsNull() || empty) {
      if (!in_list) out += ' ';
      out += item.IsList() ? "[]" : item.IsMap() ? "{}" : Scalar(item);
      out += '\n';
    } else if (in_list) {
      Print(item, indent + "  ", out);
    } else {
      out += '\n';
      // A list may stand no deeper than its key, where that is the whole document's.
      Print(item, item.IsList() && indent.empty() ? indent : indent + "  ", out);
    }
  }
}

}  // namespace

std::string PrintNode(const Node& node) {
  std::string out;
  Print(node, "", out);
  return out;
}

std::string QuotedYaml(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (quoted += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      ((quoted += "\\x") += kHex[byte >> 4]) += kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace fairway::config
