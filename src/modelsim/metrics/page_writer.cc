#include "modelsim/metrics/page_writer.h"

#include <array>
#include <charconv>
#include <utility>

namespace fairway::modelsim {
namespace {

std::string Join(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "," + b;
}

}  // namespace

void AppendFloat(double value, std::string& out) {
  std::array<char, 40> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
  out.append(text);
  if (text.find_first_of(".en") == std::string_view::npos) out.append(".0");
}

void AppendLabelValue(std::string_view value, std::string& out) {
  for (const char c : value) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

PageWriter::PageWriter(Labels labels, Created created, double since, std::string& out)
    : parts_(std::move(labels)),
      labels_(Join(parts_.first, parts_.second)),
      created_(created),
      since_(since),
      out_(out) {}

void PageWriter::Family(std::string_view name, std::string_view type, std::string_view help) {
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out_.append(name).append(" ").append(type).append("\n");
}

void PageWriter::Gauge(std::string_view name, std::string_view help, double value) {
  Family(name, "gauge", help);
  Sample(name, labels_, value);
}

void PageWriter::Counter(std::string_view name, std::string_view help, double value) {
  Family(name, "counter", help);
  Sample(name, labels_, value);
  Since(name, help, labels_);
}

void PageWriter::Since(std::string_view name, std::string_view help, std::string_view labels) {
  if (created_ == Created::kHide) return;
  constexpr std::string_view kTotal = "_total";
  if (name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  const std::string created = std::string(name) + "_created";
  Family(created, "gauge", help);
  Sample(created, labels, since_);
}

void PageWriter::Sample(std::string_view name, std::string_view labels, double value) {
  out_.append(name);
  if (!labels.empty()) out_.append("{").append(labels).append("}");
  out_ += ' ';
  AppendFloat(value, out_);
  out_ += '\n';
}

void PageWriter::Distribution(std::string_view name, std::string_view help,
                              const Histogram& histogram) {
  Family(name, "histogram", help);
  DistributionSamples(name, parts_, histogram);
  if (created_ == Created::kHide) return;
  const std::string created = std::string(name) + "_created";
  Family(created, "gauge", help);
  Sample(created, labels_, since_);
}

void PageWriter::DistributionSamples(std::string_view name, const Labels& labels,
                                     const Histogram& histogram) {
  const std::string bucket = std::string(name) + "_bucket";
  uint64_t below = 0;
  for (size_t i = 0; i < histogram.counts().size(); ++i) {
    below += histogram.counts()[i];
    std::string le = "le=\"";
    if (i < histogram.bounds().size()) {
      AppendFloat(histogram.bounds()[i], le);
    } else {
      le += "+Inf";
    }
    le += '"';
    Sample(bucket, Join(Join(labels.first, le), labels.second), static_cast<double>(below));
  }
  const std::string all = Join(labels.first, labels.second);
  Sample(std::string(name) + "_count", all, static_cast<double>(histogram.count()));
  Sample(std::string(name) + "_sum", all, histogram.sum());
}

}  // namespace fairway::modelsim
