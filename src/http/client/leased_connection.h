#pragma once
// What a Lease holds, whichever protocol it speaks, and what all of one pool share. Private to the
// pool.

#include "http/buffer_pool.h"
#include "http/client.h"
#include "http/pool_options.h"

namespace fairway::http {

struct PoolShared {
  rt::Loop& loop;
  PoolOptions options;
  BufferPool buffers;
  PoolCounters counters;
};

class LeasedConnection : public ClientConnection {
 public:
  // The lease has ended.
  virtual void Return() = 0;
};

}  // namespace fairway::http
