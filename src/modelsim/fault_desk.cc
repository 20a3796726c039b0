#include "modelsim/fault_desk.h"

#include <algorithm>
#include <utility>

#include "json/writer.h"
#include "modelsim/engine/prompt.h"

namespace fairway::modelsim {

FaultDesk::FaultDesk(rt::Loop& loop, std::move_only_function<void()> changed)
    : loop_(loop), changed_(std::move(changed)), timer_([this] { Refresh(); }) {}

base::Status FaultDesk::Add(const Fault& fault) {
  if (fault.mode == FaultMode::kNone) return {};
  if (entries_.size() == kMaxFaults) {
    return {base::Code::kExhausted, "a server has at most 64 faults; clear them"};
  }
  Entry entry{.fault = fault, .number = ++numbers_, .begins = loop_.Now() + fault.from};
  const bool lasting = fault.lasts.count() == 0;
  entry.ends = lasting ? base::TimePoint::max() : entry.begins + fault.lasts;
  entries_.push_back(entry);
  Refresh();
  return {};
}

void FaultDesk::Clear() {
  entries_.clear();
  timer_.Stop();
  changed_();
}

void FaultDesk::Refresh() {
  const base::TimePoint now = loop_.Now();
  const size_t before = entries_.size();
  std::erase_if(entries_, [now](const Entry& entry) { return entry.ends <= now; });
  bool changed = entries_.size() != before;
  base::TimePoint next = base::TimePoint::max();
  for (Entry& entry : entries_) {
    const bool active = entry.begins <= now;
    changed |= std::exchange(entry.active, active) != active;
    next = std::min(next, active ? entry.ends : entry.begins);
  }
  if (next == base::TimePoint::max()) {
    timer_.Stop();
  } else {
    loop_.Start(timer_, next - now);
  }
  if (changed) changed_();
}

const Fault* FaultDesk::Active(FaultMode mode) const {
  for (const Entry& entry : entries_) {
    if (entry.active && entry.fault.mode == mode) return &entry.fault;
  }
  return nullptr;
}

const Fault* FaultDesk::Hits(FaultMode mode, uint64_t draw) const {
  constexpr double kRange = 1 << 30;
  for (const Entry& entry : entries_) {
    if (!entry.active || entry.fault.mode != mode) continue;
    const uint64_t mixed = BlockHash(draw + entry.number, {}) >> 34;
    if (static_cast<double>(mixed) < entry.fault.probability * kRange) return &entry.fault;
  }
  return nullptr;
}

std::string FaultDesk::Json() const {
  std::string out;
  json::Writer to(out);
  to.BeginArray();
  for (const Entry& entry : entries_) {
    const Fault& fault = entry.fault;
    to.BeginObject().Member("mode", FaultName(fault.mode)).Member("active", entry.active);
    to.Member("probability", fault.probability).Member("code", fault.code);
    to.Member("after_chunks", fault.after_chunks);
    to.Member("with", fault.close_with == CloseWith::kFin ? "fin" : "reset");
    to.Member("delay_s", base::Seconds(fault.delay));
    to.Member("begins_in_s", base::Seconds(std::max(entry.begins - loop_.Now(), {})));
    to.Key("ends_in_s");
    entry.ends == base::TimePoint::max() ? to.Value(nullptr)
                                         : to.Value(base::Seconds(entry.ends - loop_.Now()));
    to.EndObject();
  }
  to.EndArray();
  return out;
}

std::string_view FaultDesk::ActiveName() const {
  const auto found = std::ranges::find(entries_, true, &Entry::active);
  return found == entries_.end() ? "none" : FaultName(found->fault.mode);
}

}  // namespace fairway::modelsim
