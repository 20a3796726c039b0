#pragma once
// What the connections of one server share, whichever protocol they speak. Private to the server.

#include <utility>

#include "base/status.h"
#include "http/buffer_pool.h"
#include "http/date.h"
#include "http/exchange.h"
#include "http/server_options.h"

namespace fairway::http {

class OpenConnection;

struct ServerShared {
  rt::Loop& loop;
  Handler& handler;
  ServerOptions options;
  BufferPool buffers;
  DateText date;
  ServerCounters counters;
  bool draining = false;
  OpenConnection* first = nullptr;  // all open ones, doubly linked
};

// A connection of the server: in its list, and counted as open, while it lives.
class OpenConnection {
 public:
  explicit OpenConnection(ServerShared& shared) : shared_(shared), next_(shared.first) {
    if (next_ != nullptr) next_->previous_ = this;
    shared_.first = this;
    ++shared_.counters.open;
  }
  OpenConnection(const OpenConnection&) = delete;
  OpenConnection& operator=(const OpenConnection&) = delete;
  virtual ~OpenConnection() {
    (previous_ != nullptr ? previous_->next_ : shared_.first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    --shared_.counters.open;
  }

  // Takes no further request; closes once the running ones are answered.
  virtual void StartDrain() = 0;
  // Ends it now. Neither call destroys it.
  virtual void AbortNow(base::Status reason) = 0;
  OpenConnection* next() const { return next_; }

 protected:
  ServerShared& shared() const { return shared_; }

 private:
  ServerShared& shared_;
  OpenConnection* next_;
  OpenConnection* previous_ = nullptr;
};

}  // namespace fairway::http
