#pragma once
// One request over HTTP/2 to a server, and its answer, as a ClientConnection (http/client.h). The
// caller writes its request as HTTP/1.1 has it; the head is translated here. Private to the pool.
//
// Owned by its connection, and used again for later streams of it.

#include <array>

#include "http/client/leased_connection.h"
#include "http/h2/head_block.h"
#include "http/h2/stream.h"

namespace fairway::http {

class H2ClientStream;

class H2ClientStreamOwner {
 public:
  virtual ~H2ClientStreamOwner() = default;
  virtual const net::Address& address() const = 0;
  virtual void OnReturned(H2ClientStream& stream) = 0;
  // The connection's stream numbers are used up.
  virtual void OnExhausted() = 0;
};

class H2ClientStream final : public LeasedConnection, public H2Stream {
 public:
  enum class Use : unsigned char { kFirst, kAgain };  // of the connection

  H2ClientStream(PoolShared& shared, H2Transport& transport, H2ClientStreamOwner& owner);

  void Lend(Use use);
  bool lent() const { return lent_; }
  void Return() override;

  rt::Loop& loop() override { return shared_.loop; }
  bool reused() const override { return use_ == Use::kAgain || unprocessed_; }
  bool connected() const override { return transport().connected(); }
  uint64_t bytes_received() const override { return bytes_received_; }
  const net::Address& address() const override { return owner_.address(); }
  rt::Task<base::Status> Send(std::span<const std::string_view> pieces, ResponseTo to) override;
  rt::Task<base::Result<const ResponseHead*>> ReadHead() override;
  rt::Task<base::Result<BodyPart>> ReadBody() override;
  net::RawStream TakeOver() override;  // never: HTTP/2 has no 101
  void LimitWait(base::Duration limit) override { wait_limit_ = limit; }
  void Abort(base::Status reason) override;

  // Behind the body; empty if there were none. Good until the lease ends.
  const Fields& trailers() const { return trailers_; }

 private:
  enum class Phase : unsigned char { kFresh, kHead, kBody, kTrailers };

  base::Status Open(const RequestHead& request, H2Body body);
  rt::Task<base::Status> SendBody(std::span<const std::string_view> pieces);
  base::Status TakeHead();

  void OnField(std::string_view name, std::string_view value) override;
  void OnBlockEnd() override;
  void OnData(std::string_view bytes) override;
  void OnClosed(H2Error error) override;
  void OnTimeout() override {}
  void OnBroken() override {}
  std::span<const Field> Trailers() override { return {}; }

  PoolShared& shared_;
  H2ClientStreamOwner& owner_;
  H2HeadBlock block_;
  H2HeadBlock trailer_block_;
  ResponseHead head_;
  Fields trailers_;
  InputBuffer part_;  // the piece of the body that the caller reads
  std::array<std::string_view, 16> pieces_;
  base::Duration wait_limit_{};
  uint64_t bytes_received_ = 0;
  int interim_heads_ = 0;
  ResponseTo to_ = ResponseTo::kOther;
  Use use_ = Use::kFirst;
  Phase phase_ = Phase::kFresh;
  bool lent_ = false;
  bool unprocessed_ = false;  // the server said so (GOAWAY, REFUSED_STREAM)
};

}  // namespace fairway::http
