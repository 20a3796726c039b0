#pragma once
// HTTP/2 (RFC 9113) as a machine without I/O, either side of a connection: bytes in by Feed, bytes
// out by Flush, what happens in between told to the owner and to each stream's port. nghttp2 does
// frames, HPACK and windows; it never sees a clock or a socket. Windows open only as Consume says.
//
// Invariant: callbacks to owner and ports come from within Feed and Flush; they may call anything
// here but those two. A port is not called again after OnClosed or Forget.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "http/fields.h"
#include "http/h2/closed_streams.h"
#include "http/h2/flood_guard.h"
#include "http/input_buffer.h"

struct nghttp2_session;

namespace fairway::http {

enum class H2Role : unsigned char { kServer, kClient };

// RFC 9113 section 7.
enum class H2Error : uint32_t {
  kNone = 0,
  kProtocol = 1,
  kInternal = 2,
  kStreamClosed = 5,
  kRefusedStream = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11,
};

// One stream as its session sees it.
class H2StreamPort {
 public:
  virtual ~H2StreamPort() = default;

  // A field of a head or of trailers, and the end of such a block.
  virtual void OnField(std::string_view name, std::string_view value) = 0;
  virtual void OnBlockEnd() = 0;
  // A piece of the body. It fills the window until it is consumed.
  virtual void OnData(std::string_view bytes) = 0;
  // Nothing more comes from the peer.
  virtual void OnEnd() = 0;
  // The stream is over, both ways.
  virtual void OnClosed(H2Error error) = 0;

  struct Outgoing {
    size_t bytes = 0;
    enum class Then : unsigned char { kMore, kWait, kEnd, kTrailers } then = Then::kWait;
  };
  // How much of the body can go out now, at most `most` bytes; kWait with 0 bytes: none until
  // Resume.
  virtual Outgoing NextData(size_t most) = 0;
  // Those bytes: they are copied at once.
  virtual std::string_view TakeData(size_t bytes) = 0;
  // The fields behind the body, when NextData said kTrailers.
  virtual std::span<const Field> Trailers() = 0;
};

// Who owns the session.
class H2SessionOwner {
 public:
  virtual ~H2SessionOwner() = default;
  // The client opens a stream.
  virtual H2StreamPort& OnOpen(int32_t id) = 0;
  // A block of header fields begins, or has come whole or been refused.
  virtual void OnBlockBegin() = 0;
  virtual void OnBlockEnd() = 0;
  // The peer takes no stream above this one any more.
  virtual void OnGoaway(int32_t last_stream, H2Error error) = 0;
  virtual void OnPingAck() = 0;
};

struct H2SessionOptions {
  H2Role role = H2Role::kServer;
  H2Limits limits;
  size_t head_bytes = 64 * 1024;  // told to the peer as SETTINGS_MAX_HEADER_LIST_SIZE
};

enum class H2Body : unsigned char { kNone, kFollows };

class H2Session final {
 public:
  H2Session(const H2SessionOptions& options, H2SessionOwner& owner);
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;
  ~H2Session();

  // kInvalid, kExhausted (a flood): feed no more; Flush what tells the peer, then close.
  base::Status Feed(std::string_view bytes, base::TimePoint now);
  // Moves frames behind `out` until it holds `limit` bytes, at most one frame above.
  void Flush(InputBuffer& out, size_t limit, base::TimePoint now);
  // The connection has nothing more to do: close once all is sent.
  bool finished() const;
  bool flooded() const { return guard_.flooded(); }

  // Client: opens a stream. `fields` holds the pseudo-header fields, in front. Negative if there
  // can be no more streams on this connection.
  int32_t Request(std::span<const Field> fields, H2Body body, H2StreamPort& port);
  // Server. Names are lowered, control bytes made '?', fields of HTTP/1 connections left out.
  void Respond(int32_t id, int status, std::span<const Field> fields, H2Body body);
  void SendContinue(int32_t id);
  // There is something new for NextData.
  void Resume(int32_t id);
  void Reset(int32_t id, H2Error error);
  // The reader took so many bytes: the peer may send as many more.
  void Consume(int32_t id, size_t bytes);
  // The port is going; what still comes for it is dropped.
  void Forget(int32_t id);

  // Says that no new streams will be taken, before it is enforced (RFC 9113 section 6.8).
  void SayShutdown();
  // Enforces it: streams that came go on.
  void Goaway();
  // Ends everything.
  void Terminate(H2Error error);
  void Ping();
  // Streams of the peer (server), or as many as it allows us (client).
  uint32_t peer_max_streams() const;

 private:
  friend struct H2Callbacks;
  H2StreamPort* PortOf(int32_t id) const;
  H2Error ViolationOf(uint8_t type, int32_t id) const;

  nghttp2_session* session_ = nullptr;
  H2SessionOwner& owner_;
  H2FloodGuard guard_;
  H2ClosedStreams closed_;  // server: those that the client opened
  int32_t reset_by_peer_ = 0;
  H2Error violation_ = H2Error::kNone;  // that the library does not see
  base::TimePoint now_{};
  InputBuffer* out_ = nullptr;  // during Flush
  size_t out_limit_ = 0;
  bool failed_ = false;
};

}  // namespace fairway::http
