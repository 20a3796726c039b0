#pragma once
// TcpListener: accepts what has come, at most kAcceptsATurn a turn, and hands it on as TcpStreams.
// Out of descriptors or memory it pauses for kPause, so that the loop does not spin on what it
// cannot take.

#include "net/network.h"
#include "rt/epoll_loop.h"

namespace fairway::net {

class TcpListener final : public Listener, private rt::FdWatcher {
 public:
  static constexpr int kAcceptsATurn = 64;
  static constexpr rt::Duration kPause = std::chrono::milliseconds(100);

  // `pauses` counts and outlives the listener.
  static base::Result<std::unique_ptr<Listener>> Create(rt::EpollLoop& loop, uint64_t& pauses,
                                                        const Address& at, PortSharing sharing,
                                                        OnAccept on_accept);
  ~TcpListener() override { Close(); }

  const Address& local() const override { return local_; }
  void Close() override;

 private:
  class AcceptJob final : public rt::Job {
   public:
    explicit AcceptJob(TcpListener& listener) : listener_(listener) {}
    void Run() override { listener_.AcceptSome(); }

   private:
    TcpListener& listener_;
  };

  TcpListener(rt::EpollLoop& loop, uint64_t& pauses, int fd, Address local, OnAccept on_accept);
  void OnEvents(uint32_t events) override;
  void AcceptSome();
  // True if there may be more to accept at once.
  bool AcceptOne();
  void Pause();

  rt::EpollLoop& loop_;
  uint64_t& pauses_;
  int fd_;
  const Address local_;
  OnAccept on_accept_;
  AcceptJob job_;
  rt::Timer resume_;
};

}  // namespace fairway::net
