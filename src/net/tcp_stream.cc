#include "net/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/socket_address.h"

namespace fairway::net {
namespace {

constexpr size_t kMaxPieces = 16;
constexpr uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

base::Status FromErrno(const std::string& what, int error) {
  return {base::Code::kUnavailable, what + ": " + std::strerror(error)};
}

// Connecting to a local port of the ephemeral range where nobody listens may draw that very port as
// the source, and TCP then connects the socket to itself.
bool IsItsOwnPeer(int fd) {
  SocketAddress local;
  SocketAddress remote;
  return ::getsockname(fd, local.get(), &local.size) == 0 &&
         ::getpeername(fd, remote.get(), &remote.size) == 0 && local.size == remote.size &&
         std::memcmp(&local.storage, &remote.storage, local.size) == 0;
}

ssize_t Send(int fd, std::span<const std::string_view> pieces, size_t& asked) {
  if (pieces.size() == 1) {
    asked = pieces[0].size();
    return ::send(fd, pieces[0].data(), asked, MSG_NOSIGNAL);
  }
  std::array<iovec, kMaxPieces> parts;
  const size_t count = std::min(pieces.size(), kMaxPieces);
  asked = 0;
  for (size_t i = 0; i < count; ++i) {
    parts[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
    asked += pieces[i].size();
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

void SetUpSocket(int fd) {
  const auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);   // seconds of silence before the first probe
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);  // between probes
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);     // unanswered ones
}

TcpStream::TcpStream(rt::EpollLoop& loop, int fd, Stage stage, std::string peer)
    : loop_(loop),
      fd_(fd),
      connecting_(stage == Stage::kConnecting),
      writable_(stage == Stage::kOpen),
      peer_(std::move(peer)) {
  if (base::Status watched = loop_.Watch(fd_, kEvents, *this); !watched.ok()) Fail(watched);
}

TcpStream::TcpStream(rt::EpollLoop& loop, base::Status failure, std::string peer)
    : loop_(loop), failure_(std::move(failure)), peer_(std::move(peer)) {}

TcpStream::~TcpStream() {
  if (fd_ >= 0) ::close(fd_);
}

IoResult TcpStream::TryRead(std::span<char> into) {
  CHECK(!into.empty());
  if (fd_ < 0) return {IoState::kFailed, 0};
  if (!readable_ || connecting_) return {IoState::kWouldBlock, 0};
  ssize_t count = 0;
  do {
    count = ::recv(fd_, into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count == 0) return {IoState::kEnd, 0};
  if (count < 0) {
    if (errno != EAGAIN) return FailedMove("reading", errno);
    readable_ = false;
    return {IoState::kWouldBlock, 0};
  }
  const size_t bytes = static_cast<size_t>(count);
  if (bytes < into.size() && !peer_ended_) readable_ = false;
  return {IoState::kOk, bytes};
}

IoResult TcpStream::TryWrite(std::span<const std::string_view> pieces) {
  CHECK(!pieces.empty());
  if (fd_ < 0) return {IoState::kFailed, 0};
  if (!writable_ || connecting_) return {IoState::kWouldBlock, 0};
  size_t asked = 0;
  ssize_t count = 0;
  do {
    count = Send(fd_, pieces, asked);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    if (errno != EAGAIN) return FailedMove("writing", errno);
    writable_ = false;
    return {IoState::kWouldBlock, 0};
  }
  const size_t bytes = static_cast<size_t>(count);
  if (bytes < asked) writable_ = false;  // the socket's buffer is full: room will be an edge
  return {IoState::kOk, bytes};
}

void TcpStream::WaitReadable(rt::Job& waiter) {
  reader_.Set(waiter);
  if (fd_ < 0 || (readable_ && !connecting_)) reader_.WakeNextTurn(loop_);
}

void TcpStream::WaitWritable(rt::Job& waiter) {
  writer_.Set(waiter);
  if (fd_ < 0 || (writable_ && !connecting_)) writer_.WakeNextTurn(loop_);
}

void TcpStream::ShutdownWrite() {
  if (connecting_) {
    shutdown_pending_ = true;
  } else if (fd_ >= 0) {
    ::shutdown(fd_, SHUT_WR);
  }
}

void TcpStream::Abort(base::Status reason) {
  CHECK(!reason.ok());
  if (fd_ < 0) return;
  const linger reset{1, 0};  // close() then sends RST
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  Fail(std::move(reason));
}

void TcpStream::OnEvents(uint32_t events) {
  if (fd_ < 0) return;
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((events & EPOLLRDHUP) != 0 || broken) peer_ended_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 || broken) readable_ = true;
  if ((events & EPOLLOUT) != 0 || broken) writable_ = true;
  if (connecting_) {
    if (!writable_) return;
    FinishConnecting();
    if (fd_ < 0) return;
  }
  if (readable_) reader_.Wake(loop_);
  if (writable_) writer_.Wake(loop_);
}

void TcpStream::FinishConnecting() {
  connecting_ = false;
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0 && IsItsOwnPeer(fd_)) error = ECONNREFUSED;
  if (error != 0) return Fail(FromErrno("connecting to " + peer_, error));
  if (shutdown_pending_) ::shutdown(fd_, SHUT_WR);
}

void TcpStream::Fail(base::Status reason) {
  failure_ = std::move(reason);
  ::close(fd_);
  fd_ = -1;
  reader_.Wake(loop_);
  writer_.Wake(loop_);
}

IoResult TcpStream::FailedMove(const char* what, int error) {
  Fail(FromErrno(std::string(what) + " " + peer_, error));
  return {IoState::kFailed, 0};
}

}  // namespace fairway::net
