#pragma once
// Writes Prometheus text, family after family, as Python's client library does: numbers are floats
// ("3.0"), labels are sorted, and each counter and histogram has a gauge that says since when it
// counts, if that is wanted.

#include <string>
#include <string_view>

#include "modelsim/engine/histogram.h"

namespace fairway::modelsim {

void AppendFloat(double value, std::string& out);
void AppendLabelValue(std::string_view value, std::string& out);

class PageWriter {
 public:
  enum class Created : unsigned char { kHide, kShow };

  // `labels` go with every sample: {first}le="..."{second}, so that le stands in its order.
  struct Labels {
    std::string first;   // `engine="0"`
    std::string second;  // `model_name="tiny"`
  };

  PageWriter(Labels labels, Created created, double since, std::string& out);

  const std::string& labels() const { return labels_; }

  void Family(std::string_view name, std::string_view type, std::string_view help);
  void Gauge(std::string_view name, std::string_view help, double value);
  // The name as it stands on the page, with _total.
  void Counter(std::string_view name, std::string_view help, double value);
  void Distribution(std::string_view name, std::string_view help, const Histogram& histogram);

  // One sample with these labels; the family was declared.
  void Sample(std::string_view name, std::string_view labels, double value);
  // A counter's since-when, under the same labels.
  void Since(std::string_view name, std::string_view help, std::string_view labels);
  void DistributionSamples(std::string_view name, const Labels& labels, const Histogram& histogram);

 private:
  const Labels parts_;
  const std::string labels_;
  const Created created_;
  const double since_;
  std::string& out_;
};

}  // namespace fairway::modelsim
