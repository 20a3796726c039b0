#include "sources/scrape_pace.h"

namespace fairway::sources {

using std::chrono::milliseconds;
using std::chrono::seconds;

ScrapePace::ScrapePace(const PaceOptions& options, ScrapeBudget& budget)
    : options_(options), budget_(budget), cost_(options.cost_of_exchange) {
  Want(options.fastest);
}

void ScrapePace::Want(base::Duration interval) {
  wanted_ = interval;
  const double share = base::Seconds(cost_) / base::Seconds(wanted_);
  budget_.Move(share_, share);
  share_ = share;
}

void ScrapePace::Succeeded(size_t page_bytes, Activity activity) {
  failing_ = false;
  const double mebibytes = static_cast<double>(page_bytes) / (1024.0 * 1024.0);
  cost_ = options_.cost_of_exchange +
          std::chrono::duration_cast<base::Duration>(options_.cost_of_mebibyte * mebibytes);
  Want(activity == Activity::kBusy ? options_.fastest : std::min(wanted_ * 2, options_.slowest));
}

void ScrapePace::Failed() {
  failing_ = true;
  Want(std::min(std::max(wanted_ * 2, options_.after_failure), options_.slowest));
}

base::Duration ScrapePace::Stretched(base::Duration wanted) const {
  return std::chrono::duration_cast<base::Duration>(wanted * budget_.Stretch());
}

base::Duration ScrapePace::IntervalIfBusy() const {
  return failing_ ? Interval() : Stretched(options_.fastest);
}

base::Duration ScrapePace::Timeout() const {
  return std::clamp<base::Duration>(Interval() * 2, milliseconds(500), seconds(2));
}

base::Duration ScrapePace::StaleAfter() const {
  return std::max<base::Duration>(Interval() * 3, seconds(2));
}

}  // namespace fairway::sources
