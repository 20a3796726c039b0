#include "sched/candidates.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace fairway::sched {

void Candidates::Clear() {
  count_ = 0;
  size_ = 0;
  largest_slot_ = 0;
}

void Candidates::MakeRoom(size_t count) {
  if (count <= ids_.size()) return;
  const size_t room = std::max(count, ids_.size() * 2);
  ids_.resize(room);
  endpoints_.resize(room);
  for (std::vector<float>& column : columns_) column.resize(room);
  unknown_.resize(room);
  lora_.resize(room);
  dropped_by_.resize(room);
}

void Candidates::Add(const model::Endpoint& endpoint) {
  MakeRoom(count_ + 1);
  ids_[count_] = endpoint.id;
  endpoints_[count_] = &endpoint;
  largest_slot_ = std::max(largest_slot_, endpoint.id.slot);
  ++count_;
}

void Candidates::AddMembers(const model::EndpointSet& set, std::span<const uint32_t> members) {
  if (members.empty()) return;
  MakeRoom(count_ + members.size());
  // Each endpoint is several cache lines; the ids stand close together.
  const model::EndpointId* const from = set.ids().data();
  const model::Endpoint* const endpoints = set.endpoints().data();
  model::EndpointId* const ids = ids_.data() + count_;
  const model::Endpoint** const pointers = endpoints_.data() + count_;
  for (size_t i = 0; i < members.size(); ++i) {
    ids[i] = from[members[i]];
    pointers[i] = endpoints + members[i];
    largest_slot_ = std::max(largest_slot_, ids[i].slot);
  }
  count_ += members.size();
}

void Candidates::Seal() {
  size_ = count_;
  std::fill_n(columns_[kCachedBlocks].begin(), size_, 0.0f);
  std::fill_n(unknown_.begin(), size_, uint8_t{0});
  std::fill_n(lora_.begin(), size_, data::LoraState::kUntold);
  std::fill_n(dropped_by_.begin(), size_, kNotDropped);
}

std::span<uint32_t> Candidates::SlotScratch() {
  const size_t slots = count_ == 0 ? 0 : size_t{largest_slot_} + 1;
  if (slot_scratch_.size() < slots) slot_scratch_.resize(slots);
  return {slot_scratch_.data(), slots};
}

void Candidates::Keep(std::span<const uint8_t> marks, DroppedBy by) {
  CHECK(marks.size() == size_);
  order_.clear();
  for (uint32_t i = 0; i < size_; ++i) {
    if (marks[i] != 0) order_.push_back(i);
  }
  const size_t kept = order_.size();
  if (kept == size_) return;
  for (uint32_t i = 0; i < size_; ++i) {
    if (marks[i] == 0) {
      order_.push_back(i);
      dropped_by_[i] = by;
    }
  }
  const auto permute = [&]<class T>(std::vector<T>& column) {
    static_assert(std::is_trivially_copyable_v<T>);
    moved_.resize(size_ * sizeof(T));
    for (size_t i = 0; i < size_; ++i)
      std::memcpy(&moved_[i * sizeof(T)], &column[order_[i]], sizeof(T));
    std::memcpy(column.data(), moved_.data(), size_ * sizeof(T));
  };
  permute(ids_);
  permute(endpoints_);
  for (std::vector<float>& column : columns_) permute(column);
  permute(unknown_);
  permute(lora_);
  permute(dropped_by_);
  size_ = kept;
}

}  // namespace fairway::sched
