#pragma once
// Resolver: name look-ups by the C library (hosts file, nsswitch, DNS) on one thread of their own,
// which starts with the first name. Answers are posted to the asking loop's Inbox. A look-up can
// block for many seconds; one that still runs when the Resolver ends is left to itself.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/status.h"
#include "rt/inbox.h"
#include "rt/loop.h"

namespace fairway::rt {

// True for "10.0.0.1", "::1": what needs no look-up.
bool IsLiteralAddress(std::string_view host);

// Blocks. Every address of the host as text, sorted, each once. kNotFound if there is none, else
// kUnavailable with the library's words.
base::Result<std::vector<std::string>> LookUp(const std::string& host);

class Resolver {
 public:
  static constexpr size_t kMaxQueued = 1024;

  explicit Resolver(std::shared_ptr<Inbox> answers);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // The loop's thread. kExhausted, by way of `done`, if kMaxQueued wait.
  void Resolve(std::string host, Loop::ResolveDone done);

 private:
  struct Shared;
  static void Serve(std::shared_ptr<Shared> shared);

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace fairway::rt
