#pragma once
// One TLS connection without I/O of its own: it turns plaintext into records and back, and moves
// the records through a RecordTransport that whoever owns the bytes implements. Non-blocking like a
// socket. Allocates nothing a record but what OpenSSL does.
//
// Invariant: after kFailed every call answers kFailed, and failure() says why.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "crypto/tls_context.h"

namespace fairway::crypto {

class RecordTransport {
 public:
  enum class State : unsigned char { kOk, kWouldBlock, kEnd, kFailed };
  struct Received {
    State state = State::kOk;
    size_t bytes = 0;
  };
  virtual Received Receive(std::span<char> into) = 0;
  // Takes all of it (holding back what cannot go now), or fails for good.
  virtual bool Send(std::string_view records) = 0;

 protected:
  ~RecordTransport() = default;
};

class TlsSession {
 public:
  // The largest plaintext of one record: RFC 8446 section 5.1.
  static constexpr size_t kMaxRecordBytes = 16 * 1024;

  // The transport outlives the session.
  static TlsSession Server(const TlsServerContext& context, RecordTransport& transport);
  // `peer_name` is whom the server must prove to be: a host name (sent as SNI too) or an address.
  // kInvalid if it is neither.
  static base::Result<TlsSession> Client(const TlsClientContext& context,
                                         const std::string& peer_name, RecordTransport& transport);
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;
  ~TlsSession();

  enum class State : unsigned char {
    kOk,
    kWantRead,  // more records must come first
    kEnd,       // the peer said close_notify
    kFailed,
  };
  struct Moved {
    State state = State::kOk;
    size_t bytes = 0;
  };

  // kOk: it is done.
  State Handshake();
  // After the handshake. `into` must not be empty.
  Moved Read(std::span<char> into);
  // What Read would answer, leaving the plaintext where it is.
  State Peek();
  // Bytes were received that no Read has given yet; they may be less than a record.
  bool HasBuffered() const;
  // At most kMaxRecordBytes, as one record; it goes out whole.
  State Write(std::string_view plaintext);
  // Says close_notify; reading goes on.
  State Shutdown();

  // The protocol agreed on; empty if none. After the handshake.
  std::string_view alpn() const;
  const base::Status& failure() const { return failure_; }

 private:
  struct Handle;
  explicit TlsSession(std::unique_ptr<Handle> handle);
  State Judge(int result, const char* what);

  std::unique_ptr<Handle> handle_;
  base::Status failure_;
};

}  // namespace fairway::crypto
