#pragma once
// Learned: state that plugins gather while running (a prefix index, sessions), kept by type and
// name so that it outlives a reload of the configuration. Invariant: one object for each (type,
// name), made once. Used while plugins are built, not on the request path; any thread.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>

namespace fairway::data {

class Learned {
 public:
  // The object under (T, name); `make` returns the std::shared_ptr<T> to keep if there is none yet.
  template <class T, class Make>
  std::shared_ptr<T> FindOrMake(std::string_view name, Make&& make) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<void>& kept = kept_[{std::type_index(typeid(T)), std::string(name)}];
    if (kept == nullptr) kept = std::shared_ptr<T>(std::forward<Make>(make)());
    return std::static_pointer_cast<T>(kept);
  }

  // Null when nobody made it.
  template <class T>
  std::shared_ptr<T> Find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find({std::type_index(typeid(T)), std::string(name)});
    return found == kept_.end() ? nullptr : std::static_pointer_cast<T>(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::type_index, std::string>, std::shared_ptr<void>> kept_;
};

}  // namespace fairway::data
