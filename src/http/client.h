#pragma once
// One connection to a server, for one request at a time: send, read the head, read the body as it
// comes. It comes from a Pool (pool.h) and goes back there by itself when the answer is whole.
//
// Lives on its Loop. Tasks are awaited at once, one at a time.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "http/body.h"
#include "http/head_parser.h"
#include "net/network.h"
#include "net/raw_stream.h"
#include "rt/task.h"

namespace fairway::http {

// What one read of a body brought.
struct BodyPart {
  std::string_view raw;  // as it came, framing and all, up to the message's end; may be empty
  bool end = false;      // the message ends with these bytes
  BodyDecoder before;    // the decoder as it stood before them
  BodyDecoder after;     // and behind them

  // Visits the payload in `raw`, run by run. Costs nothing to who does not ask.
  template <class Visit>
  void ForEachPayload(Visit&& visit) const {
    BodyDecoder decoder = before;
    decoder.Feed(raw, visit);
  }
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  virtual rt::Loop& loop() = 0;
  // Whether a request went over it before. If it fails with bytes_received() == 0, the server most
  // likely closed it between two requests. Over HTTP/2 also: the server said that it did not
  // process this request.
  virtual bool reused() const = 0;
  // Whether the connection stood at some time. A failure before is a failure to connect.
  virtual bool connected() const = 0;
  // In answer to the current request.
  virtual uint64_t bytes_received() const = 0;
  virtual const net::Address& address() const = 0;

  // Connects if that is not done yet, then sends all pieces in order (at most 16): a whole request,
  // head and body, framed by content-length. The first piece holds the whole HTTP/1.1 head: where
  // the server speaks HTTP/2 it is translated. kUnavailable: refused,
  // unreachable, reset. kTimeout: PoolOptions::connect_timeout, write_timeout. `to` tells HEAD from
  // the rest, whose answers end differently.
  virtual rt::Task<base::Status> Send(std::span<const std::string_view> pieces, ResponseTo to) = 0;
  rt::Task<base::Status> Send(std::span<const std::string_view> pieces) {
    return Send(pieces, ResponseTo::kOther);
  }
  // The final head; 1xx are read over. Its views are good until the next ReadBody. kUnavailable:
  // closed or reset before it was whole. kInvalid: it is not HTTP/1.1. kTimeout: LimitWait.
  virtual rt::Task<base::Result<const ResponseHead*>> ReadHead() = 0;
  // The next bytes of the body; good until the next call here. After `end`, not to be called again.
  // kUnavailable: cut before its end. kInvalid: broken framing.
  virtual rt::Task<base::Result<BodyPart>> ReadBody() = 0;

  // After a 101 to ResponseTo::kUpgrade, once: the stream is the caller's as long as it holds the
  // connection, which is not kept afterwards.
  virtual net::RawStream TakeOver() = 0;

  // From now on a wait for bytes of the answer longer than this ends with kTimeout; zero: no limit
  // (as it is at first). Costs no timer a read.
  virtual void LimitWait(base::Duration limit) = 0;

  // Ends it now with a RST. A pending await here returns `reason`; later ones too. Idempotent.
  virtual void Abort(base::Status reason) = 0;
};

}  // namespace fairway::http
