// Schema, printing: variables into a document.
#include <array>
#include <charconv>

#include "config/print_node.h"
#include "config/schema.h"

namespace fairway::config {
namespace {

std::string ShowNumber(double value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

class Printer final : public Schema {
 public:
  Printer(std::string& out, std::string lead) : out_(out), lead_(std::move(lead)) {}

  void Text(const About& about, std::string& value) override { Line(about, QuotedYaml(value)); }
  void Texts(const About& about, std::vector<std::string>& value) override {
    std::string items;
    for (const std::string& item : value) items += (items.empty() ? "" : ", ") + QuotedYaml(item);
    Line(about, "[" + items + "]");
  }
  void Switch(const About& about, bool& value) override { Line(about, value ? "true" : "false"); }
  void Count(const About& about, size_t& value, Within) override {
    Line(about, std::to_string(value));
  }
  void Number(const About& about, double& value, Within) override {
    Line(about, ShowNumber(value));
  }
  void Bytes(const About& about, size_t& value) override { Line(about, ShowBytes(value)); }
  void Time(const About& about, base::Duration& value) override { Line(about, ShowTime(value)); }
  void Formed(const About& about, const Form& form) override {
    Line(about, QuotedYaml(form.shown));
  }
  void Map(const About& about, const Inside& inside) override {
    Line(about, "");
    Printer printer(out_, Deeper());
    inside(printer);
  }
  void Maps(const About& about, const List& list) override {
    if (list.size == 0) return Line(about, "[]");
    Line(about, "");
    for (size_t i = 0; i < list.size; ++i) {
      Printer printer(out_, Deeper());
      printer.lead_.replace(printer.lead_.size() - 2, 2, "- ");
      list.describe(i, printer);
    }
  }

 private:
  // Of a map within this one: what stands before the first of its lines says it is an item.
  std::string Deeper() const { return std::string(lead_.size() + 2, ' '); }

  void Line(const About& about, std::string_view value) {
    (out_ += lead_) += about.name;
    out_ += ':';
    if (!value.empty()) (out_ += ' ') += value;
    out_ += '\n';
    lead_.assign(lead_.size(), ' ');
  }

  std::string& out_;
  std::string lead_;
};

}  // namespace

std::string PrintAs(const Schema::Inside& describe, size_t indent) {
  std::string text;
  Printer printer(text, std::string(indent, ' '));
  describe(printer);
  return text;
}

std::string ShowTime(base::Duration time) {
  const int64_t ns = time.count();
  if (ns % 1'000'000'000 == 0) return std::to_string(ns / 1'000'000'000) + "s";
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
  return std::to_string(ns) + "ns";
}

std::string ShowBytes(size_t bytes) {
  if (bytes > 0 && bytes % (size_t{1} << 20) == 0) return std::to_string(bytes >> 20) + "MiB";
  if (bytes > 0 && bytes % (size_t{1} << 10) == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes);
}

}  // namespace fairway::config
