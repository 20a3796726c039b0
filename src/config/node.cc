#include "config/node.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

namespace fairway::config {
namespace {

using base::Code;
using base::Result;
using base::Status;

constexpr size_t kShownBytes = 48;

// Outside text as a message can bear it: short, and without control bytes.
std::string Printable(std::string_view text) {
  if (text.empty()) return "\"\"";
  std::string shown;
  for (const char c : text.substr(0, kShownBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kShownBytes) shown += "...";
  return shown;
}

std::optional<double> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const int radix = text.starts_with("0x") ? 16 : 10;
  if (radix == 16) text.remove_prefix(2);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc() || end != text.data() + text.size() ||
      (radix == 16 && text.starts_with('-')))
    return std::nullopt;
  return value;
}

std::string ShowNumber(double value) {
  std::array<char, 32> buffer;
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
  const auto [end, error] =
      whole
          ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<int64_t>(value))
          : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

// " from 0 to 1", " of at least 0", "".
std::string ShowBounds(Within bounds) {
  const bool low = std::isfinite(bounds.least);
  const bool high = std::isfinite(bounds.most);
  if (low && high) return " from " + ShowNumber(bounds.least) + " to " + ShowNumber(bounds.most);
  if (low) return " of at least " + ShowNumber(bounds.least);
  if (high) return " of at most " + ShowNumber(bounds.most);
  return "";
}

struct Unit {
  std::string_view name;
  double factor;
};

// A number and the unit that follows it; both are taken off the front of `text`.
std::optional<double> TakeMeasure(std::string_view& text, std::span<const Unit> units) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  size_t letters = 0;
  while (letters < text.size() && (text[letters] < '0' || text[letters] > '9')) ++letters;
  const std::string_view name = text.substr(0, letters);
  text.remove_prefix(letters);
  for (const Unit& unit : units) {
    if (unit.name == name) return value * unit.factor;
  }
  return std::nullopt;
}

constexpr std::array<Unit, 6> kTimeUnits{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 11> kByteUnits{{{"", 1},
                                           {"B", 1},
                                           {"Ki", 0x1p10},
                                           {"KiB", 0x1p10},
                                           {"Mi", 0x1p20},
                                           {"MiB", 0x1p20},
                                           {"Gi", 0x1p30},
                                           {"GiB", 0x1p30},
                                           {"k", 1e3},
                                           {"M", 1e6},
                                           {"G", 1e9}}};
constexpr double kLongest = 9e18;  // fits int64_t

}  // namespace

Node::Node(std::shared_ptr<const Tree> tree, uint32_t index)
    : tree_(std::move(tree)), index_(index) {
  CHECK(index_ < tree_->items.size());
}

const Tree::Item* Node::item() const {
  return tree_ == nullptr || absent_.has_value() ? nullptr : &tree_->items[index_];
}

Kind Node::kind() const { return item() == nullptr ? Kind::kNull : item()->kind; }

std::string Node::Where() const {
  if (tree_ == nullptr) return "(default)";
  return tree_->file + ":" + std::to_string(tree_->items[index_].line);
}

std::string Node::Path() const {
  if (tree_ == nullptr) return "";
  std::vector<std::string> steps;
  if (absent_.has_value()) steps.push_back(Printable(*absent_));
  for (uint32_t at = index_; at != 0; at = tree_->items[at].parent) {
    const Tree::Item& here = tree_->items[at];
    const bool in_list = tree_->items[here.parent].kind == Kind::kList;
    steps.push_back(in_list ? "[" + std::to_string(here.position) + "]" : Printable(here.key));
  }
  std::string path;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (!path.empty() && !step->starts_with('[')) path += '.';
    path += *step;
  }
  return path;
}

Status Node::Error(std::string_view what) const {
  std::string message = Where() + ": ";
  const std::string path = Path();
  if (!path.empty()) message += path + ": ";
  message += what;
  return {Code::kInvalid, std::move(message)};
}

std::string Node::Shown() const {
  switch (kind()) {
    case Kind::kNull:
      return "nothing";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kScalar:
      return (item()->quoting == Quoting::kQuoted ? "the text \"" : "\"") +
             (item()->text.empty() ? "" : Printable(item()->text)) + "\"";
  }
  return "";
}

Status Node::Expected(std::string_view what) const {
  return Error("expected " + std::string(what) + ", got " + Shown());
}

Result<std::string> Node::Text() const {
  if (!IsScalar()) return Expected("text");
  return item()->text;
}

Result<bool> Node::Bool() const {
  const bool plain = IsScalar() && item()->quoting == Quoting::kPlain;
  if (plain && item()->text == "true") return true;
  if (plain && item()->text == "false") return false;
  return Expected("true or false");
}

Result<double> Node::Number(Within bounds) const {
  if (IsScalar() && item()->quoting == Quoting::kPlain) {
    const std::optional<double> value = ParseNumber(item()->text);
    if (value.has_value() && *value >= bounds.least && *value <= bounds.most) return *value;
  }
  return Expected("a number" + ShowBounds(bounds));
}

Result<int64_t> Node::Integer(Within bounds) const {
  if (IsScalar() && item()->quoting == Quoting::kPlain) {
    const std::optional<int64_t> value = ParseInteger(item()->text);
    if (value.has_value() && static_cast<double>(*value) >= bounds.least &&
        static_cast<double>(*value) <= bounds.most)
      return *value;
  }
  return Expected("a whole number" + ShowBounds(bounds));
}

Result<base::Duration> Node::Duration() const {
  constexpr std::string_view kWanted = "a duration such as 250ms, 5s or 1h";
  if (!IsScalar()) return Expected(kWanted);
  std::string_view left = item()->text;
  if (left == "0") return base::Duration(0);
  double sum = 0;
  do {  // "1m30s" is two measures
    const std::optional<double> part = TakeMeasure(left, kTimeUnits);
    if (!part.has_value()) return Expected(kWanted);
    sum += *part;
  } while (!left.empty());
  if (sum > kLongest) return Expected(kWanted);
  return base::Duration(static_cast<int64_t>(std::llround(sum)));
}

Result<uint64_t> Node::Bytes() const {
  constexpr std::string_view kWanted = "a size such as 65536, 64KiB or 1GiB";
  if (!IsScalar()) return Expected(kWanted);
  std::string_view left = item()->text;
  const std::optional<double> value = TakeMeasure(left, kByteUnits);
  if (!value.has_value() || !left.empty() || *value > kLongest) return Expected(kWanted);
  return static_cast<uint64_t>(std::llround(*value));
}

std::vector<Node> Node::Items() const {
  std::vector<Node> nodes;
  if (item() == nullptr) return nodes;
  nodes.reserve(item()->children.size());
  for (const uint32_t child : item()->children) nodes.emplace_back(tree_, child);
  return nodes;
}

std::string_view Node::Key() const {
  if (absent_.has_value()) return *absent_;
  return item() == nullptr ? std::string_view() : item()->key;
}

Node Node::Get(std::string_view key) const {
  if (IsMap()) {
    for (const uint32_t child : item()->children) {
      if (tree_->items[child].key == key) return {tree_, child};
    }
  }
  Node absent;
  absent.tree_ = tree_;
  absent.index_ = index_;
  absent.absent_ = std::string(key);
  return absent;
}

}  // namespace fairway::config
