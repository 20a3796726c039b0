#pragma once
// Learned: state that plugins gather while running (a prefix index, sessions), kept by type and
// name so that it outlives a reload of the configuration. Invariant: one object for each (type,
// name), made once. Used while plugins are built, not on the request path; any thread.
//
// A type that holds something of endpoints has a Forget(model::EndpointId), and is told of every
// one that left or lost what it had.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "model/endpoint.h"

namespace fairway::data {

class Learned {
 public:
  // The object under (T, name); `make` returns the std::shared_ptr<T> to keep if there is none yet.
  template <class T, class Make>
  std::shared_ptr<T> FindOrMake(std::string_view name, Make&& make) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<void>& kept = kept_[{std::type_index(typeid(T)), std::string(name)}];
    if (kept == nullptr) {
      std::shared_ptr<T> made = std::forward<Make>(make)();
      if constexpr (requires(model::EndpointId id) { made->Forget(id); })
        forgetful_.push_back([held = made.get()](model::EndpointId id) { held->Forget(id); });
      kept = std::move(made);
    }
    return std::static_pointer_cast<T>(kept);
  }

  // The endpoint is gone, or started anew with nothing cached.
  void Forget(model::EndpointId id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& forget : forgetful_) forget(id);
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
  std::vector<std::function<void(model::EndpointId)>> forgetful_;  // of kept_, in the order made
};

}  // namespace fairway::data
