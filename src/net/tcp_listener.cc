#include "net/tcp_listener.h"

#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/socket_address.h"
#include "net/tcp_stream.h"

namespace fairway::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

base::Status ListenFailure(const Address& at, int error) {
  const bool taken = error == EADDRINUSE || error == EACCES;
  const bool foreign = error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
  const base::Code code = taken     ? base::Code::kUnavailable
                          : foreign ? base::Code::kInvalid
                                    : base::Code::kInternal;
  return {code, "listening on " + at.ToString() + ": " + std::strerror(error)};
}

void SetOption(int fd, int level, int option) {
  const int one = 1;
  ::setsockopt(fd, level, option, &one, sizeof(one));
}

}  // namespace

base::Result<std::unique_ptr<Listener>> TcpListener::Create(rt::EpollLoop& loop, uint64_t& pauses,
                                                            const Address& at, PortSharing sharing,
                                                            OnAccept on_accept) {
  SocketAddress address = TRY(ToSocketAddress(at));
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return ListenFailure(at, errno);
  SetOption(fd, SOL_SOCKET, SO_REUSEADDR);
  if (sharing == PortSharing::kSharedByWorkers) SetOption(fd, SOL_SOCKET, SO_REUSEPORT);
  if (address.family() == AF_INET6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  SetUpSocket(fd);
  const bool bound = ::bind(fd, address.get(), address.size) == 0 && ::listen(fd, kBacklog) == 0 &&
                     ::getsockname(fd, address.get(), &address.size) == 0;
  if (!bound) {
    const int error = errno;
    ::close(fd);
    return ListenFailure(at, error);
  }
  std::unique_ptr<TcpListener> listener(
      new TcpListener(loop, pauses, fd, FromSocketAddress(address), std::move(on_accept)));
  TRY_STATUS(loop.Watch(fd, EPOLLIN, *listener));
  return std::unique_ptr<Listener>(std::move(listener));
}

TcpListener::TcpListener(rt::EpollLoop& loop, uint64_t& pauses, int fd, Address local,
                         OnAccept on_accept)
    : loop_(loop),
      pauses_(pauses),
      fd_(fd),
      local_(std::move(local)),
      on_accept_(std::move(on_accept)),
      job_(*this),
      resume_([this] { AcceptSome(); }) {}

void TcpListener::Close() {
  if (fd_ < 0) return;
  ::close(fd_);
  fd_ = -1;
  job_.Unlink();
  resume_.Stop();
}

void TcpListener::OnEvents(uint32_t) {
  if (fd_ >= 0 && !job_.queued() && !resume_.armed()) loop_.Defer(job_);
}

void TcpListener::AcceptSome() {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    if (!AcceptOne()) return;
  }
  // More may wait, and their edge is used up.
  if (!job_.queued()) loop_.Yield(job_);
}

bool TcpListener::AcceptOne() {
  if (fd_ < 0) return false;  // closed by on_accept
  SocketAddress from;
  const int fd = ::accept4(fd_, from.get(), &from.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    on_accept_(std::make_unique<TcpStream>(loop_, fd, TcpStream::Stage::kOpen,
                                           FromSocketAddress(from).ToString()));
    return true;
  }
  switch (errno) {
    case EAGAIN:
      return false;
    case ECONNABORTED:  // that connection died on the way: the next one
    case EINTR:
    case EPROTO:
      return true;
    default:  // EMFILE, ENFILE, ENOBUFS, ENOMEM; whatever else must not make the loop spin either
      Pause();
      return false;
  }
}

void TcpListener::Pause() {
  ++pauses_;
  loop_.Start(resume_, kPause);
}

}  // namespace fairway::net
