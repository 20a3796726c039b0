#pragma once
// One keep-alive connection of a load run: sends a request, reads its answer to the end,
// and tells its owner. Connects by itself, again if the server closed in between. Callbacks and no
// coroutine, since what it costs is paid by whatever is measured on the same machine.
//
// Invariant: a request that Send() took ends in exactly one OnAnswer or OnFailure, in a later step.

#include <array>
#include <memory>
#include <span>

#include "loadgen/report.h"
#include "loadgen/response_scanner.h"
#include "loadgen/workload.h"
#include "net/network.h"

namespace fairway::loadgen {

class Connection {
 public:
  // May Send() the next request from within OnAnswer and OnFailure, but not destroy the connection.
  class Owner {
   public:
    virtual void OnAnswer(Connection& connection) = 0;
    virtual void OnFailure(Connection& connection, Failure failure) = 0;
    // Events came, `gap` after those before them; not called for an answer's first ones.
    virtual void OnEvents(uint64_t events, base::Duration gap) = 0;
    virtual void OnReconnect() = 0;

   protected:
    ~Owner() = default;
  };

  // `buffer` is scratch for reading, shared by all connections.
  Connection(net::Network& network, net::Address target, std::string_view endpoint_field,
             std::span<char> buffer, Owner& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // What Send() sends: the owner fills it in while not busy().
  RequestBytes& request() { return request_; }
  // Not while busy(). `due` and `id` are for the owner.
  void Send(base::TimePoint due, RequestId id);
  // Ends a request under way as a failure.
  void Abandon(Failure failure);

  bool busy() const { return busy_; }
  base::TimePoint due() const { return due_; }
  RequestId id() const { return id_; }
  // When the first byte of the body came; for OnAnswer.
  base::TimePoint first_byte() const { return first_byte_; }
  // When an event stream's last events came.
  base::TimePoint last_event() const { return last_event_; }
  const ResponseScanner& answer() const { return scanner_; }

 private:
  class Readable final : public rt::Job {
   public:
    explicit Readable(Connection& connection) : connection_(connection) {}
    void Run() override { connection_.OnReadable(); }

   private:
    Connection& connection_;
  };
  class Writable final : public rt::Job {
   public:
    explicit Writable(Connection& connection) : connection_(connection) {}
    void Run() override { connection_.Write(); }

   private:
    Connection& connection_;
  };

  void Connect();
  void Close();
  void Write();
  bool WrittenWhole() const;
  std::array<std::string_view, 3> Unwritten() const;
  void EndRequest();
  void OnReadable();
  void Take(std::string_view bytes);
  void OnClosed();
  void AwaitReadable();

  net::Network& network_;
  const net::Address target_;
  const std::span<char> buffer_;
  Owner& owner_;
  ResponseScanner scanner_;
  RequestBytes request_;
  bool busy_ = false;
  size_t written_ = 0;
  base::TimePoint due_{};
  RequestId id_;
  base::TimePoint first_byte_{};
  base::TimePoint last_event_{};
  bool fresh_ = true;         // no answer has come over this stream
  bool established_ = false;  // bytes have gone out over it
  bool received_ = false;     // bytes of this answer have come
  bool reading_ = false;      // a wait for readability is on
  Readable readable_{*this};
  Writable writable_{*this};
  std::unique_ptr<net::Stream> stream_;  // last: forgets the jobs before they go
};

}  // namespace fairway::loadgen
