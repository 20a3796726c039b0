#pragma once
// What /v1/responses remembers, so that a conversation can go on by naming its last response. It
// lives in this server alone, as vLLM's does. Bounded: the oldest is forgotten.

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fairway::modelsim {

class ResponseStore {
 public:
  static constexpr size_t kMaxResponses = 1024;
  static constexpr size_t kMaxBytes = size_t{64} << 20;

  struct Entry {
    std::string id;
    std::string conversation;  // prompt and answer
    std::string json;          // the response
  };

  void Keep(Entry entry);
  // Null if it is unknown or forgotten. Good until the next Keep.
  const Entry* Find(std::string_view id) const;
  size_t size() const { return by_id_.size(); }

 private:
  void Forget(std::list<Entry>::iterator entry);

  std::list<Entry> entries_;  // oldest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_id_;
  size_t bytes_ = 0;
};

}  // namespace fairway::modelsim
