#include "config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace fairway::config {
namespace {

using base::Code;
using base::Result;
using base::Status;

// What the limits bound, over all documents of one text.
struct Budget {
  const Limits& limits;
  size_t items = 0;
  size_t text_bytes = 0;
};

// Turns the events of one document into a Tree. It cannot stop yaml-cpp, so after the first
// complaint it lets the remaining events pass; the input's own length bounds them.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& file, Budget& budget)
      : tree_(std::make_shared<Tree>()), budget_(budget) {
    tree_->file = file;
  }

  const Status& failure() const { return failure_; }
  // Where the last quoted scalar begins, if nothing but ends came after it.
  const std::optional<YAML::Mark>& last_quoted() const { return last_quoted_; }
  bool empty() const { return tree_->items.empty() || tree_->items[0].kind == Kind::kNull; }
  Node Root() const { return {tree_, 0}; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Leaf(mark, anchor, Kind::kNull, Quoting::kPlain, "");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Kind::kList);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, Kind::kMap);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapEnd() override { Close(); }

 private:
  struct Key {
    std::string text;
    int line;
    int column;
  };
  struct Container {
    uint32_t index;
    YAML::anchor_t anchor;
    std::optional<Key> key;      // of a map: read, its value not yet
    std::set<std::string> keys;  // of a map: all read so far
  };
  // A finished subtree: items [first, end), in the order they were appended.
  struct Subtree {
    uint32_t first;
    uint32_t end;
  };

  void Fail(const YAML::Mark& mark, std::string_view what) {
    if (failure_.ok())
      failure_ = Status(Code::kInvalid, tree_->file + ":" + std::to_string(mark.line + 1) + ": " +
                                            std::string(what));
  }
  bool AwaitsKey() const {
    return !open_.empty() && tree_->items[open_.back().index].kind == Kind::kMap &&
           !open_.back().key.has_value();
  }
  bool Spend(const YAML::Mark& mark, size_t text_bytes);
  std::optional<uint32_t> Place(const YAML::Mark& mark, Kind kind);
  void TakeKey(const YAML::Mark& mark, const std::string& text);
  void Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind, Quoting quoting,
            const std::string& text);
  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Kind kind);
  void Close();

  std::shared_ptr<Tree> tree_;
  Budget& budget_;
  Status failure_;
  std::optional<YAML::Mark> last_quoted_;
  std::vector<Container> open_;
  std::map<YAML::anchor_t, Subtree> anchors_;
};

bool Builder::Spend(const YAML::Mark& mark, size_t text_bytes) {
  budget_.text_bytes += text_bytes;
  if (++budget_.items > budget_.limits.items) {
    Fail(mark, "more than " + std::to_string(budget_.limits.items) + " values, aliases expanded");
  } else if (budget_.text_bytes > budget_.limits.text_bytes) {
    Fail(mark, "more than " + std::to_string(budget_.limits.text_bytes) +
                   " bytes of text, aliases expanded");
  }
  return failure_.ok();
}

// Appends an item where the document stands now: under the pending key, or at the end of the list.
std::optional<uint32_t> Builder::Place(const YAML::Mark& mark, Kind kind) {
  if (!Spend(mark, 0)) return std::nullopt;
  const auto index = static_cast<uint32_t>(tree_->items.size());
  Tree::Item item;
  item.kind = kind;
  item.line = mark.line + 1;
  item.column = mark.column + 1;
  if (!open_.empty()) {
    Container& container = open_.back();
    Tree::Item& parent = tree_->items[container.index];
    item.parent = container.index;
    item.position = static_cast<uint32_t>(parent.children.size());
    if (container.key.has_value()) {  // a field is found by its key's line
      item.key = std::move(container.key->text);
      item.line = container.key->line;
      item.column = container.key->column;
      container.key.reset();
    }
    parent.children.push_back(index);
  }
  tree_->items.push_back(std::move(item));
  return index;
}

void Builder::TakeKey(const YAML::Mark& mark, const std::string& text) {
  if (!Spend(mark, text.size())) return;
  if (text == "<<") return Fail(mark, "merge keys (<<) are not supported");
  Container& container = open_.back();
  if (!container.keys.insert(text).second) {
    // Named through a node, which cuts it to a length a message can bear.
    container.key = Key{text, mark.line + 1, mark.column + 1};
    const std::optional<uint32_t> placed = Place(mark, Kind::kNull);
    if (placed.has_value()) failure_ = Node(tree_, *placed).Error("this key is here twice");
    return;
  }
  container.key = Key{text, mark.line + 1, mark.column + 1};
}

void Builder::Leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Kind kind, Quoting quoting,
                   const std::string& text) {
  if (!failure_.ok()) return;
  last_quoted_.reset();
  if (quoting == Quoting::kQuoted) last_quoted_ = mark;
  if (AwaitsKey()) {
    if (kind == Kind::kNull) return Fail(mark, "a key must be text");
    return TakeKey(mark, text);
  }
  if (!Spend(mark, text.size())) return;
  const std::optional<uint32_t> index = Place(mark, kind);
  if (!index.has_value()) return;
  tree_->items[*index].quoting = quoting;
  tree_->items[*index].text = text;
  if (anchor != YAML::NullAnchor) anchors_[anchor] = {*index, *index + 1};
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  constexpr std::string_view kCore = "tag:yaml.org,2002:";
  if (tag == "?" || tag.empty()) return Leaf(mark, anchor, Kind::kScalar, Quoting::kPlain, value);
  if (tag == "!") return Leaf(mark, anchor, Kind::kScalar, Quoting::kQuoted, value);
  if (tag.starts_with(kCore)) {
    const std::string_view type = std::string_view(tag).substr(kCore.size());
    if (type == "str") return Leaf(mark, anchor, Kind::kScalar, Quoting::kQuoted, value);
    if (type == "null") return Leaf(mark, anchor, Kind::kNull, Quoting::kPlain, "");
    if (type == "int" || type == "float" || type == "bool")
      return Leaf(mark, anchor, Kind::kScalar, Quoting::kPlain, value);
  }
  Fail(mark, "this tag is not supported");
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (!failure_.ok()) return;
  last_quoted_.reset();
  if (AwaitsKey()) return Fail(mark, "an alias cannot be a key");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return Fail(mark, "this alias names nothing that ends before it");
  const Subtree from = found->second;
  const std::optional<uint32_t> top = Place(mark, tree_->items[from.first].kind);
  if (!top.has_value()) return;
  const uint32_t shift = *top - from.first;
  const auto moved_children = [&](const Tree::Item& item) {
    std::vector<uint32_t> children = item.children;
    for (uint32_t& child : children) child += shift;
    return children;
  };
  const Tree::Item& source = tree_->items[from.first];
  if (!Spend(mark, source.text.size())) return;
  tree_->items[*top].quoting = source.quoting;
  tree_->items[*top].text = source.text;
  tree_->items[*top].children = moved_children(source);
  for (uint32_t i = from.first + 1; i < from.end; ++i) {
    if (!Spend(mark, tree_->items[i].text.size() + tree_->items[i].key.size())) return;
    Tree::Item copy = tree_->items[i];
    copy.parent += shift;
    copy.children = moved_children(copy);
    tree_->items.push_back(std::move(copy));
  }
}

void Builder::Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                   Kind kind) {
  if (!failure_.ok()) return;
  if (AwaitsKey()) return Fail(mark, "a key must be text");
  if (tag != "?" && tag != "!" && !tag.empty() &&
      tag != (kind == Kind::kMap ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq"))
    return Fail(mark, "this tag is not supported");
  if (open_.size() >= budget_.limits.depth)
    return Fail(mark, "nested deeper than " + std::to_string(budget_.limits.depth));
  const std::optional<uint32_t> index = Place(mark, kind);
  if (index.has_value()) open_.push_back({*index, anchor, {}, {}});
}

void Builder::Close() {
  if (!failure_.ok()) return;
  const Container closed = std::move(open_.back());
  open_.pop_back();
  if (closed.anchor != YAML::NullAnchor)
    anchors_[closed.anchor] = {closed.index, static_cast<uint32_t>(tree_->items.size())};
}

// Whether the quoted scalar that begins at the mark ends within the text. yaml-cpp takes the end of
// the input for its closing quote, and a file cut short would pass.
bool QuoteEnds(std::string_view text, const YAML::Mark& mark) {
  for (int line = 0; line < mark.line; ++line) text.remove_prefix(text.find('\n') + 1);
  text.remove_prefix(std::min(text.size(), static_cast<size_t>(mark.column)));
  size_t opening = text.find_first_not_of(" \t\r\n");
  while (opening < text.size() && (text[opening] == '&' || text[opening] == '!'))
    opening = text.find_first_not_of(" \t\r\n", text.find_first_of(" \t\r\n", opening));
  if (opening >= text.size() || (text[opening] != '"' && text[opening] != '\''))
    return true;  // a block scalar, which ends with the input
  const char quote = text[opening];
  for (size_t i = opening + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return true;
      ++i;
    }
  }
  return false;
}

Result<std::vector<Node>> ParseDocuments(std::string_view text, const std::string& file,
                                         const Limits& limits) {
  std::istringstream in{std::string(text)};
  std::vector<Node> documents;
  std::optional<YAML::Mark> last_quoted;
  Budget budget{limits};
  YAML::Parser parser(in);
  for (size_t count = 0;; ++count) {
    Builder builder(file, budget);
    if (!parser.HandleNextDocument(builder)) break;
    last_quoted = builder.last_quoted();
    if (!builder.failure().ok()) return builder.failure();
    if (count == limits.documents)
      return Status(Code::kExhausted,
                    file + ": more than " + std::to_string(limits.documents) + " documents");
    if (!builder.empty()) documents.push_back(builder.Root());
  }
  if (last_quoted.has_value() && !QuoteEnds(text, *last_quoted))
    return Status(Code::kInvalid, file + ":" + std::to_string(last_quoted->line + 1) +
                                      ": this quoted text never ends");
  return documents;
}

}  // namespace

Result<std::vector<Node>> ParseYaml(std::string_view text, std::string file, const Limits& limits) {
  if (text.size() > limits.bytes)
    return Status(Code::kExhausted,
                  file + ": larger than " + std::to_string(limits.bytes) + " bytes");
  try {
    return ParseDocuments(text, file, limits);
  } catch (const YAML::Exception& failure) {
    return Status(Code::kInvalid,
                  file + ":" + std::to_string(failure.mark.line + 1) + ": " + failure.msg);
  } catch (const std::exception& failure) {  // the library's own limits, reported its own way
    return Status(Code::kInvalid, file + ": " + failure.what());
  }
}

Result<Node> ParseYamlDocument(std::string_view text, std::string file, const Limits& limits) {
  std::string name = file;
  const std::vector<Node> documents = TRY(ParseYaml(text, std::move(file), limits));
  if (documents.empty()) return Node();
  if (documents.size() > 1)
    return Status(Code::kInvalid, documents[1].Where() + ": expected a single document");
  return documents[0];
}

}  // namespace fairway::config
