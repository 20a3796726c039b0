#pragma once
// Writes the Prometheus text format 0.0.4, one line a call. Knows the format and nothing of where
// the figures come from.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairway::obs {

class TextPage {
 public:
  explicit TextPage(std::string& out) : out_(out) {}

  // `type` is "counter", "gauge" or "histogram".
  void Head(std::string_view name, std::string_view help, std::string_view type);
  // `suffix` joins the name ("_bucket"); `extra` is one more label, last, left out when its name is
  // empty. names and values have equal lengths.
  struct Series {
    std::string_view name = {};
    std::string_view suffix = {};
    std::span<const std::string> labels = {};
    std::span<const std::string> values = {};
    std::string_view extra_label = {};
    std::string_view extra_value = {};
  };
  void Sample(const Series& series, double value);
  void Sample(const Series& series, int64_t value);

 private:
  void Name(const Series& series);
  std::string& out_;
};

// The shortest text that reads back as the same double; "+Inf", "-Inf", "NaN".
void AppendDouble(std::string& out, double value);

}  // namespace fairway::obs
