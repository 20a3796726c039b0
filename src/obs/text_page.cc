#include "obs/text_page.h"

#include <charconv>
#include <cmath>

namespace fairway::obs {
namespace {

enum class Quoting : unsigned char { kHelp, kLabel };

void AppendEscaped(std::string& out, std::string_view text, Quoting quoting) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoting == Quoting::kLabel) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += "=\"";
  AppendEscaped(out, value, Quoting::kLabel);
  out += "\",";
}

}  // namespace

void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out.append(text, end);
}

void TextPage::Head(std::string_view name, std::string_view help, std::string_view type) {
  out_ += "# HELP ";
  out_ += name;
  out_ += ' ';
  AppendEscaped(out_, help, Quoting::kHelp);
  out_ += "\n# TYPE ";
  out_ += name;
  out_ += ' ';
  out_ += type;
  out_ += '\n';
}

void TextPage::Name(const Series& series) {
  out_ += series.name;
  out_ += series.suffix;
  if (!series.labels.empty() || !series.extra_label.empty()) {
    out_ += '{';
    for (size_t i = 0; i < series.labels.size(); ++i) {
      AppendLabel(out_, series.labels[i], series.values[i]);
    }
    if (!series.extra_label.empty()) AppendLabel(out_, series.extra_label, series.extra_value);
    out_.back() = '}';  // over the last comma
  }
  out_ += ' ';
}

void TextPage::Sample(const Series& series, double value) {
  Name(series);
  AppendDouble(out_, value);
  out_ += '\n';
}

void TextPage::Sample(const Series& series, int64_t value) {
  Name(series);
  char text[24];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  out_.append(text, end);
  out_ += '\n';
}

}  // namespace fairway::obs
