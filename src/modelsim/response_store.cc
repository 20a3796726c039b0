#include "modelsim/response_store.h"

#include <utility>

namespace fairway::modelsim {
namespace {

size_t BytesOf(const ResponseStore::Entry& entry) {
  return entry.id.size() + entry.conversation.size() + entry.json.size();
}

}  // namespace

void ResponseStore::Keep(Entry entry) {
  const size_t bytes = BytesOf(entry);
  if (bytes > kMaxBytes) return;
  if (const auto old = by_id_.find(entry.id); old != by_id_.end()) Forget(old->second);
  while (entries_.size() == kMaxResponses || bytes_ + bytes > kMaxBytes) Forget(entries_.begin());
  bytes_ += bytes;
  entries_.push_back(std::move(entry));
  by_id_.emplace(entries_.back().id, std::prev(entries_.end()));
}

const ResponseStore::Entry* ResponseStore::Find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

void ResponseStore::Forget(std::list<Entry>::iterator entry) {
  bytes_ -= BytesOf(*entry);
  by_id_.erase(entry->id);
  entries_.erase(entry);
}

}  // namespace fairway::modelsim
