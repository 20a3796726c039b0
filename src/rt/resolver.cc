#include "rt/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace fairway::rt {

bool IsLiteralAddress(std::string_view host) {
  const std::string text(host);
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

base::Result<std::vector<std::string>> LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    const bool absent = error == EAI_NONAME || error == EAI_NODATA;
    return base::Status(absent ? base::Code::kNotFound : base::Code::kUnavailable,
                        "looking up " + host + ": " + ::gai_strerror(error));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof(text), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(found);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.empty()) {
    return base::Status(base::Code::kNotFound, "looking up " + host + ": no address");
  }
  return addresses;
}

struct Resolver::Shared {
  struct Question {
    std::string host;
    Loop::ResolveDone done;
  };
  std::shared_ptr<Inbox> answers;
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<Question> questions;
  bool stopping = false;
  bool busy = false;
};

Resolver::Resolver(std::shared_ptr<Inbox> answers) : shared_(std::make_shared<Shared>()) {
  shared_->answers = std::move(answers);
}

Resolver::~Resolver() {
  bool busy = false;
  std::deque<Shared::Question> dropped;  // destroyed here, on the loop's thread
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
    busy = shared_->busy;
    dropped.swap(shared_->questions);
  }
  shared_->ready.notify_all();
  if (!thread_.joinable()) return;
  if (busy) {
    thread_.detach();  // it owns its part of what is shared
  } else {
    thread_.join();
  }
}

void Resolver::Resolve(std::string host, Loop::ResolveDone done) {
  const auto answer = [&](base::Result<std::vector<std::string>> result) {
    shared_->answers->Post([done = std::move(done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  };
  if (IsLiteralAddress(host)) return answer(std::vector<std::string>{std::move(host)});
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->questions.size() >= kMaxQueued) {
      return answer(base::Status(base::Code::kExhausted, "too many look-ups are waiting"));
    }
    shared_->questions.push_back({std::move(host), std::move(done)});
  }
  shared_->ready.notify_one();
  if (!thread_.joinable()) thread_ = std::thread(&Resolver::Serve, shared_);
}

void Resolver::Serve(std::shared_ptr<Shared> shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->ready.wait(lock, [&] { return shared->stopping || !shared->questions.empty(); });
    if (shared->stopping) return;
    Shared::Question question = std::move(shared->questions.front());
    shared->questions.pop_front();
    shared->busy = true;
    lock.unlock();
    auto result = LookUp(question.host);
    shared->answers->Post([done = std::move(question.done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
    lock.lock();
    shared->busy = false;
  }
}

}  // namespace fairway::rt
