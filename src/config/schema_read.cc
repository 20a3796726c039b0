// Schema, reading: documents into variables.
#include <utility>

#include "config/fields.h"
#include "config/schema.h"

namespace fairway::config {
namespace {

class Reader final : public Schema {
 public:
  explicit Reader(Node node) : node_(node), fields_(std::move(node)) {}

  void Text(const About& about, std::string& value) override { fields_.Read(about.name, value); }
  void Texts(const About& about, std::vector<std::string>& value) override {
    fields_.Read(about.name, value);
  }
  void Switch(const About& about, bool& value) override { fields_.Read(about.name, value); }
  void Count(const About& about, size_t& value, Within bounds) override {
    fields_.Read(about.name, value, bounds);
  }
  void Number(const About& about, double& value, Within bounds) override {
    fields_.Read(about.name, value, bounds);
  }
  void Bytes(const About& about, size_t& value) override {
    uint64_t bytes = value;
    fields_.ReadBytes(about.name, bytes);
    value = bytes;
  }
  void Time(const About& about, base::Duration& value) override { fields_.Read(about.name, value); }
  void Formed(const About& about, const Form& form) override {
    const Node node = fields_.Take(about.name);
    if (node.IsNull()) return;
    const base::Result<std::string> text = node.Text();
    if (!text.ok()) return fields_.Complain(text.status());
    if (const base::Status taken = form.take(*text); !taken.ok())
      fields_.Complain(node.Error(taken.message()));
  }
  void Map(const About& about, const Inside& inside) override {
    Reader reader(fields_.Take(about.name));
    inside(reader);
    if (const base::Status read = reader.fields_.Finish(); !read.ok()) fields_.Complain(read);
  }
  void Maps(const About& about, const List& list) override;

  void Refuse(std::string_view name, std::string_view why) override {
    if (const Node node = fields_.Take(name); !node.IsNull()) fields_.Complain(node.Error(why));
  }
  Node Here() const override { return node_; }
  void Complain(base::Status status) override { fields_.Complain(std::move(status)); }
  base::Status Finish() { return fields_.Finish(); }

 private:
  const Node node_;
  Fields fields_;
};

void Reader::Maps(const About& about, const List& list) {
  const Node node = fields_.Take(about.name);
  if (node.IsNull()) return;
  if (!node.IsList()) return fields_.Complain(node.Error("expected a list, got " + node.Shown()));
  CHECK(list.size == 0);
  for (const Node& item : node.Items()) {
    Reader reader(item);
    if (item.IsNull()) reader.Complain(item.Error("expected a map, got nothing"));
    list.append(reader);
    if (const base::Status read = reader.Finish(); !read.ok()) fields_.Complain(read);
  }
}

}  // namespace

base::Status ReadAs(const Node& node, const Schema::Inside& describe) {
  Reader reader(node);
  describe(reader);
  return reader.Finish();
}

}  // namespace fairway::config
