// Schema, described: the reference of all fields.
#include <utility>

#include "config/schema.h"

namespace fairway::config {
namespace {

// Tables are written as their maps are met: a map's own rows, then the maps inside it.
class Reference final : public Schema {
 public:
  explicit Reference(std::string path) : path_(std::move(path)) {}

  void Text(const About& about, std::string& value) override { Row(about, "text", value); }
  void Texts(const About& about, std::vector<std::string>&) override {
    Row(about, "list of texts", "");
  }
  void Switch(const About& about, bool& value) override {
    Row(about, "true or false", value ? "true" : "false");
  }
  void Count(const About& about, size_t& value, Within bounds) override {
    Row(about, "whole number" + Shown(bounds), std::to_string(value));
  }
  void Number(const About& about, double& value, Within bounds) override {
    Row(about, "number" + Shown(bounds), Plain(value));
  }
  void Bytes(const About& about, size_t& value) override { Row(about, "bytes", ShowBytes(value)); }
  void Time(const About& about, base::Duration& value) override {
    Row(about, "time", ShowTime(value));
  }
  void Formed(const About& about, const Form& form) override { Row(about, form.name, form.shown); }
  void Map(const About& about, const Inside& inside) override {
    Reference deeper(Path(about));
    inside(deeper);
    Row(about, "map", "");
    below_ += deeper.Page("`" + deeper.path_ + "`");
    fields_.insert(fields_.end(), deeper.fields_.begin(), deeper.fields_.end());
  }
  void Maps(const About& about, const List& list) override {
    Reference deeper(Path(about) + "[]");
    list.append(deeper);
    Row(about, "list of maps", "");
    below_ += deeper.Page("`" + deeper.path_ + "`");
    fields_.insert(fields_.end(), deeper.fields_.begin(), deeper.fields_.end());
  }

  std::string Page(std::string_view title) const {
    std::string page = "\n## ";
    page += title;
    page += "\n\n| field | what | default | flag | meaning |\n|---|---|---|---|---|\n";
    return page + rows_ + below_;
  }
  std::vector<NamedField> TakeFields() { return std::move(fields_); }

 private:
  static std::string Shown(Within bounds) {
    return " " + Plain(bounds.least) + " to " + Plain(bounds.most);
  }
  static std::string Plain(double number) {
    std::string shown = std::to_string(number);
    shown.erase(shown.find_last_not_of('0') + 1);
    if (shown.ends_with('.')) shown.pop_back();
    return shown;
  }
  static std::string Code(std::string_view text) {
    return text.empty() ? std::string() : "`" + std::string(text) + "`";
  }
  std::string Path(const About& about) const {
    return (path_.empty() ? "" : path_ + ".") + std::string(about.name);
  }
  void Row(const About& about, std::string_view what, std::string_view value) {
    rows_ += "| " + Code(about.name) + " | " + std::string(what) + " | " + Code(value) + " | " +
             Code(about.flag) + " | " + std::string(about.doc) + " |\n";
    fields_.push_back({.path = Path(about), .flag = std::string(about.flag)});
  }

  const std::string path_;
  std::string rows_;
  std::string below_;
  std::vector<NamedField> fields_;
};

}  // namespace

std::string ReferenceOf(std::string_view title, const Schema::Inside& describe) {
  Reference reference("");
  describe(reference);
  return reference.Page(title);
}

std::vector<NamedField> FieldsOf(const Schema::Inside& describe) {
  Reference reference("");
  describe(reference);
  return reference.TakeFields();
}

}  // namespace fairway::config
