#pragma once
// The ClientConnection over HTTP/1.1: a stream, the answer being read, and its place in the pool.
// Private to the pool.
//
// Holds a read buffer only while bytes in it are not used up: waiting for a token costs no memory.

#include <array>
#include <memory>

#include "http/buffer_pool.h"
#include "http/client.h"
#include "http/client/leased_connection.h"
#include "http/deadline.h"
#include "net/io.h"

namespace fairway::http {

class PooledConnection;

// The connections to one address, idle ones in the order they came back.
struct PoolHost {
  net::Address address;
  PooledConnection* newest = nullptr;
  size_t idle = 0;
  size_t open = 0;
  uint64_t generation = 0;  // a connection of an older one is not kept
};

// Whom a connection tells about itself.
class PoolOwner {
 public:
  virtual ~PoolOwner() = default;
  virtual void OnReleased(PooledConnection& connection) = 0;
  // The server closed it, or sent something unasked, while idle.
  virtual void OnLost(PooledConnection& connection) = 0;
};

class PooledConnection final : public LeasedConnection {
 public:
  PooledConnection(PoolOwner& owner, PoolShared& shared, PoolHost& host,
                   std::unique_ptr<net::Stream> stream);

  // For the pool.
  PoolHost& host() const { return host_; }
  void Return() override { owner_.OnReleased(*this); }
  bool reusable() const;
  void StartLease();
  void StartIdle();
  void EndIdle();
  // RST if an answer is under way, FIN if not.
  void Close();
  base::TimePoint idle_since() const { return idle_since_; }

  rt::Loop& loop() override { return shared_.loop; }
  bool reused() const override { return leases_ > 1; }
  bool connected() const override { return connected_; }
  uint64_t bytes_received() const override { return bytes_received_; }
  const net::Address& address() const override { return host_.address; }
  rt::Task<base::Status> Send(std::span<const std::string_view> pieces, ResponseTo to) override;
  rt::Task<base::Result<const ResponseHead*>> ReadHead() override;
  rt::Task<base::Result<BodyPart>> ReadBody() override;
  net::RawStream TakeOver() override;
  void LimitWait(base::Duration limit) override;
  void Abort(base::Status reason) override;

  // The pool's lists: of this host, and of all idle ones.
  PooledConnection* older_here = nullptr;
  PooledConnection* newer_here = nullptr;
  PooledConnection* older = nullptr;
  PooledConnection* newer = nullptr;

 private:
  static constexpr size_t kMaxPieces = 16;
  enum class Phase : unsigned char { kFresh, kSending, kHead, kBody, kEnd, kUpgraded };

  class IdleJob final : public rt::Job {
   public:
    explicit IdleJob(PooledConnection& connection) : connection_(connection) {}
    void Run() override { connection_.owner_.OnLost(connection_); }

   private:
    PooledConnection& connection_;
  };

  std::string_view unread() const { return {block_.data() + begin_, end_ - begin_}; }
  rt::Task<base::Status> Connect();
  rt::Task<base::Result<size_t>> Read();
  void MakeRoom();
  net::IoResult TryRead();
  base::Status TakeHead();
  BodyPart TakeBody();
  void StartWait();
  size_t LeftToWrite() const { return net::TotalBytes({pieces_.data(), piece_count_}); }
  void OnDeadline();

  PoolOwner& owner_;
  PoolShared& shared_;
  PoolHost& host_;
  std::unique_ptr<net::Stream> stream_;
  Deadline deadline_;
  IdleJob idle_job_{*this};
  const uint64_t generation_;
  base::TimePoint idle_since_{};
  base::Duration wait_limit_{};
  std::array<std::string_view, kMaxPieces> pieces_;
  size_t piece_count_ = 0;
  size_t left_to_write_ = 0;  // when the write deadline was last set
  ResponseHead head_;
  HeadProgress progress_;
  BodyDecoder decoder_;
  Buffer block_;  // what came of the answer and is not used up: [begin_, end_)
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t bytes_received_ = 0;
  uint64_t leases_ = 0;
  int interim_heads_ = 0;
  ResponseTo to_ = ResponseTo::kOther;
  Phase phase_ = Phase::kFresh;
  bool connected_ = false;
  bool aborted_ = false;
  bool filled_ = false;  // the last read filled its buffer: more is likely there
};

}  // namespace fairway::http
