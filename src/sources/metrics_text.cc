#include "sources/metrics_text.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/check.h"

namespace fairway::sources {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

void SkipBlanks(std::string_view& text) {
  size_t i = 0;
  while (i < text.size() && IsBlank(text[i])) ++i;
  text.remove_prefix(i);
}

// Takes one line off the front of `rest`, without its end ("\n" or "\r\n").
std::string_view TakeLine(std::string_view& rest) {
  const void* newline = std::memchr(rest.data(), '\n', rest.size());
  size_t length = rest.size();
  size_t taken = rest.size();
  if (newline != nullptr) {
    length = static_cast<size_t>(static_cast<const char*>(newline) - rest.data());
    taken = length + 1;
  }
  std::string_view line = rest.substr(0, length);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(taken);
  return line;
}

// "1", "+Inf", "-1.5e-9", "NaN" off the front of `text`, up to a blank or the end.
bool TakeNumber(std::string_view& text, double& value) {
  const bool plus = text.starts_with('+');
  if (plus) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ptr == text.data()) return false;
  // Out of range: from_chars leaves the value alone. Too large and too small are both bad input
  // here.
  if (parsed.ec != std::errc()) return false;
  if (parsed.ptr != end && !IsBlank(*parsed.ptr)) return false;
  text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
  return true;
}

// What stands after the labels: value, then perhaps a timestamp, then perhaps an exemplar.
bool ReadValue(std::string_view text, double& value) {
  SkipBlanks(text);
  if (!TakeNumber(text, value)) return false;
  SkipBlanks(text);
  if (text.empty() || text.front() == '#') return true;
  double timestamp = 0;
  if (!TakeNumber(text, timestamp)) return false;
  SkipBlanks(text);
  return text.empty() || text.front() == '#';
}

// `text` begins after '{'. Takes everything up to and with the matching '}'.
bool TakeLabels(std::string_view& text, std::string_view& labels) {
  size_t i = 0;
  bool quoted = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted && c == '\\') {
      ++i;
    } else if (!quoted && c == '}') {
      break;
    }
  }
  if (i >= text.size()) return false;
  labels = text.substr(0, i);
  text.remove_prefix(i + 1);
  LabelReader check(labels);
  Label label;
  while (check.Next(label)) {
  }
  return !check.failed();
}

bool ReadSample(std::string_view line, size_t name_length, Sample& sample) {
  line.remove_prefix(name_length);
  SkipBlanks(line);
  sample.labels = {};
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    if (!TakeLabels(line, sample.labels)) return false;
  }
  return ReadValue(line, sample.value);
}

}  // namespace

WantedFamilies::WantedFamilies(std::span<const std::string_view> names) {
  CHECK(!names.empty() && names.size() <= kMax);
  std::ranges::copy(names, names_.begin());
  common_ = names[0].size();
  for (const std::string_view name : names) {
    CHECK(!name.empty());
    const auto [mine, theirs] = std::ranges::mismatch(name, names[0]);
    common_ = std::min(common_, static_cast<size_t>(mine - name.begin()));
  }
  // Every name keeps at least one byte to tell it by.
  for (const std::string_view name : names) common_ = std::min(common_, name.size() - 1);
  first_.fill(kNone);
  next_.fill(kNone);
  for (size_t i = names.size(); i-- > 0;) {
    uint8_t& head = first_[static_cast<unsigned char>(names[i][common_])];
    next_[i] = head;
    head = static_cast<uint8_t>(i);
  }
}

std::optional<size_t> WantedFamilies::Match(std::string_view line) const {
  if (line.size() <= common_) return std::nullopt;
  uint8_t i = first_[static_cast<unsigned char>(line[common_])];
  for (; i != kNone; i = next_[i]) {
    const std::string_view name = names_[i];
    if (line.size() <= name.size()) continue;
    const char after = line[name.size()];
    if (after != '{' && !IsBlank(after)) continue;
    if (std::memcmp(line.data(), name.data(), name.size()) == 0) return i;
  }
  return std::nullopt;
}

bool MetricsTextReader::Next(Sample& sample) {
  while (!rest_.empty()) {
    const std::string_view line = TakeLine(rest_);
    if (line == "# EOF") {
      rest_ = {};
      return false;
    }
    const auto family = wanted_.Match(line);
    if (!family) continue;
    sample.family = *family;
    if (ReadSample(line, wanted_.NameLength(*family), sample)) return true;
    ++bad_lines_;
  }
  return false;
}

bool LabelReader::Fail() {
  failed_ = true;
  rest_ = {};
  return false;
}

bool LabelReader::Next(Label& label) {
  SkipBlanks(rest_);
  if (rest_.empty()) return false;
  const size_t equals = rest_.find('=');
  if (equals == rest_.npos) return Fail();
  label.name = rest_.substr(0, equals);
  while (!label.name.empty() && IsBlank(label.name.back())) label.name.remove_suffix(1);
  const size_t odd = label.name.find_first_of("\"{}, \t\\");
  if (label.name.empty() || odd != label.name.npos) return Fail();

  rest_.remove_prefix(equals + 1);
  SkipBlanks(rest_);
  if (!rest_.starts_with('"')) return Fail();
  rest_.remove_prefix(1);
  label.escaped = false;
  size_t end = 0;
  for (; end < rest_.size() && rest_[end] != '"'; ++end) {
    if (rest_[end] == '\\') {
      label.escaped = true;
      ++end;
    }
  }
  if (end >= rest_.size()) return Fail();
  label.value = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);

  SkipBlanks(rest_);
  if (rest_.empty()) return true;
  if (rest_.front() != ',') return Fail();
  rest_.remove_prefix(1);  // a comma after the last label is allowed
  return true;
}

std::optional<Label> FindLabel(std::string_view labels, std::string_view name) {
  LabelReader reader(labels);
  Label label;
  while (reader.Next(label)) {
    if (label.name == name) return label;
  }
  return std::nullopt;
}

std::string_view Unescape(const Label& label, std::string& scratch) {
  if (!label.escaped) return label.value;
  scratch.clear();
  for (size_t i = 0; i < label.value.size(); ++i) {
    char c = label.value[i];
    if (c == '\\' && i + 1 < label.value.size()) {
      c = label.value[++i];
      if (c == 'n') {
        c = '\n';
      } else if (c != '\\' && c != '"') {
        scratch += '\\';  // an escape that does not exist stands for itself
      }
    }
    scratch += c;
  }
  return scratch;
}

}  // namespace fairway::sources
