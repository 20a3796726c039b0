#include "config/fields.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace fairway::config {
namespace {

constexpr size_t kMaxComplaints = 16;
constexpr size_t kLongestWord = 64;  // longer ones are not spelling mistakes

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Levenshtein distance, letter case aside: blocksize and blockSize are the same word misspelt.
size_t Edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (Lower(a[i - 1]) == Lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string_view best;
  if (word.size() > kLongestWord) return best;
  size_t fewest = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const size_t edits = Edits(word, candidate);
    if (edits < fewest && edits < candidate.size()) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

Fields::Fields(Node node) : node_(std::move(node)) {
  if (!node_.IsMap() && !node_.IsNull())
    Complain(node_.Error("expected a map, got " + node_.Shown()));
}

Node Fields::Take(std::string_view key) {
  known_.emplace_back(key);
  return node_.Get(key);
}

template <class T>
std::optional<T> Fields::Keep(base::Result<T> read) {
  if (read.ok()) return *std::move(read);
  Complain(read.status());
  return std::nullopt;
}

void Fields::Read(std::string_view key, bool& out) {
  const Node node = Take(key);
  if (!node.IsNull()) out = Keep(node.Bool()).value_or(out);
}

void Fields::Read(std::string_view key, std::string& out) {
  const Node node = Take(key);
  if (!node.IsNull()) out = Keep(node.Text()).value_or(out);
}

void Fields::Read(std::string_view key, std::vector<std::string>& out) {
  const Node node = Take(key);
  if (node.IsNull()) return;
  if (!node.IsList()) return Complain(node.Error("expected a list, got " + node.Shown()));
  out.clear();
  for (const Node& item : node.Items()) {
    auto text = Keep(item.Text());
    if (text.has_value()) out.push_back(*std::move(text));
  }
}

void Fields::Read(std::string_view key, double& out, Within bounds) {
  const Node node = Take(key);
  if (!node.IsNull()) out = Keep(node.Number(bounds)).value_or(out);
}

void Fields::Read(std::string_view key, float& out, Within bounds) {
  bounds.least = std::max<double>(bounds.least, std::numeric_limits<float>::lowest());
  bounds.most = std::min<double>(bounds.most, std::numeric_limits<float>::max());
  const Node node = Take(key);
  if (!node.IsNull()) out = static_cast<float>(Keep(node.Number(bounds)).value_or(out));
}

void Fields::Read(std::string_view key, base::Duration& out) {
  const Node node = Take(key);
  if (!node.IsNull()) out = Keep(node.Duration()).value_or(out);
}

void Fields::ReadBytes(std::string_view key, uint64_t& out) {
  const Node node = Take(key);
  if (!node.IsNull()) out = Keep(node.Bytes()).value_or(out);
}

std::optional<int64_t> Fields::ReadInteger(std::string_view key, Within bounds, int64_t least,
                                           uint64_t most) {
  const Node node = Take(key);
  if (node.IsNull()) return std::nullopt;
  bounds.least = std::max(bounds.least, static_cast<double>(least));
  bounds.most = std::min(bounds.most, static_cast<double>(most));
  return Keep(node.Integer(bounds));
}

void Fields::Require(std::string_view key) {
  const Node node = node_.Get(key);
  if (node.IsNull()) Complain(node.Error("missing"));
}

void Fields::Complain(base::Status status) { complaints_.push_back(status.message()); }

base::Status Fields::Finish() {
  if (node_.IsMap()) {
    for (const Node& field : node_.Items()) {
      if (std::find(known_.begin(), known_.end(), field.Key()) != known_.end()) continue;
      const std::string_view meant = Nearest(field.Key(), known_);
      Complain(field.Error(meant.empty()
                               ? "unknown field"
                               : "unknown field; did you mean \"" + std::string(meant) + "\"?"));
    }
  }
  if (complaints_.empty()) return {};
  std::string all;
  for (size_t i = 0; i < std::min(complaints_.size(), kMaxComplaints); ++i) {
    if (i > 0) all += '\n';
    all += complaints_[i];
  }
  if (complaints_.size() > kMaxComplaints)
    all += "\nand " + std::to_string(complaints_.size() - kMaxComplaints) + " more";
  return {base::Code::kInvalid, std::move(all)};
}

}  // namespace fairway::config
