#pragma once
// Reads a page in the Prometheus text format (0.0.4, or OpenMetrics 1.0) for a few families only,
// in place and without allocation. A line of another family costs a look at its first bytes and a
// search for its end, so a 72 KB page of vLLM takes a few microseconds.
//
// Invariant: whatever the bytes, Next ends, reads nothing outside the page, and a line that is not
// well formed is skipped and counted, and the rest of the page still read.
// Not looked at: lines of families nobody asked for, HELP and TYPE, timestamps, exemplars.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fairway::sources {

// The families that are wanted. Made once; readers refer to it. Values; any thread may read it.
class WantedFamilies {
 public:
  static constexpr size_t kMax = 64;
  // The texts must outlive this (string literals do). A family is known by its index here.
  explicit WantedFamilies(std::span<const std::string_view> names);

  // The index of the family that `line` begins with, or none. A name ends at '{', blank or tab.
  std::optional<size_t> Match(std::string_view line) const;
  size_t NameLength(size_t family) const { return names_[family].size(); }

 private:
  static constexpr uint8_t kNone = 0xff;
  std::array<std::string_view, kMax> names_;
  size_t common_ = 0;                 // bytes that all names share at their front
  std::array<uint8_t, 256> first_{};  // by the byte after those: the first name with it, or kNone
  std::array<uint8_t, kMax> next_{};  // the next name with the same byte
};

struct Sample {
  size_t family = 0;        // index into the wanted names
  std::string_view labels;  // what stands between the braces, well formed; empty if none
  double value = 0;         // may be NaN or infinite
};

class MetricsTextReader {
 public:
  // The page must stay until the last sample is used.
  MetricsTextReader(std::string_view page, const WantedFamilies& wanted)
      : rest_(page), wanted_(wanted) {}

  // The next sample of a wanted family; false at the end of the page (or at OpenMetrics' "# EOF").
  bool Next(Sample& sample);

  // Lines of wanted families that were not well formed.
  size_t bad_lines() const { return bad_lines_; }

 private:
  std::string_view rest_;
  const WantedFamilies& wanted_;
  size_t bad_lines_ = 0;
};

// One label of a Sample. The value is as it stands on the page: if `escaped`, Unescape it.
struct Label {
  std::string_view name;
  std::string_view value;
  bool escaped = false;
};

// Walks the labels of a Sample.
class LabelReader {
 public:
  explicit LabelReader(std::string_view labels) : rest_(labels) {}
  // False at the end, or where the text is not well formed (failed() tells).
  bool Next(Label& label);
  bool failed() const { return failed_; }

 private:
  bool Fail();
  std::string_view rest_;
  bool failed_ = false;
};

// The label of that name, if it is there.
std::optional<Label> FindLabel(std::string_view labels, std::string_view name);

// The value itself: \\ and \" and \n resolved into `scratch` where there are any, else the view as
// it is.
std::string_view Unescape(const Label& label, std::string& scratch);

}  // namespace fairway::sources
