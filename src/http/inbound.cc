#include "http/inbound.h"

#include <array>
#include <utility>

namespace fairway::http {
namespace {

constexpr std::array<char, InputBuffer::kPadding> kNoBody{};
// A read of at least so much is not copied, if it ends in a body: what is held until the body is
// released is then at most four times its size.
constexpr size_t kAdopted = BufferPool::kScratchBytes / 4;
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

Inbound::Inbound(net::Stream& stream, rt::Loop& loop, BufferPool& pool,
                 const ServerOptions& options)
    : stream_(stream),
      loop_(loop),
      pool_(pool),
      options_(options),
      deadline_(loop, [this] { WakeWith(Wake::kTimeout); }),
      input_(pool),
      ahead_(pool) {}

Inbound::~Inbound() {
  if (armed_) stream_.ForgetReadable();
}

void Inbound::Arm() {
  if (armed_) return;
  armed_ = true;
  stream_.WaitReadable(read_job_);
}

void Inbound::OnReadable() {
  armed_ = false;
  if (waiter_) {
    if (wake_ == Wake::kNone) wake_ = Wake::kReady;
    std::exchange(waiter_, nullptr).resume();
  } else {
    ReadAhead();
  }
}

// Only a waiting coroutine is woken, in a step of its own.
void Inbound::WakeWith(Wake wake) {
  if (!waiter_ || wake_ != Wake::kNone) return;
  wake_ = wake;
  if (!wake_job_.queued()) loop_.Defer(wake_job_);
}

void Inbound::OnWake() {
  if (waiter_) std::exchange(waiter_, nullptr).resume();
}

void Inbound::CloseIdle() {
  if (idle_) WakeWith(Wake::kClose);
}

void Inbound::Watch() {
  if (!gone_ && ahead_.size() < options_.pipelined_bytes) Arm();
}

void Inbound::ReadAhead() {
  const std::span<char> scratch = pool_.Scratch();
  const net::IoResult got = stream_.TryRead(scratch);
  switch (got.state) {
    case net::IoState::kOk:
      ahead_.Append({scratch.data(), got.bytes});
      return Watch();
    case net::IoState::kWouldBlock:
      return Arm();
    case net::IoState::kEnd:
    case net::IoState::kFailed:
      return Gone();
  }
}

void Inbound::Gone() {
  gone_ = true;
  TellGone();
}

void Inbound::TellGone() {
  if (on_gone_ == nullptr) return;
  auto callback = std::exchange(on_gone_, nullptr);
  callback();  // may end the connection
}

void Inbound::OnPeerGone(std::move_only_function<void()> callback) {
  on_gone_ = std::move(callback);
  if (gone_ && !gone_job_.queued()) loop_.Defer(gone_job_);
}

void Inbound::Aborted() {
  gone_ = true;
  if (on_gone_ != nullptr && !gone_job_.queued()) loop_.Defer(gone_job_);
}

// Whether the bytes so far are the preface of HTTP/2, or a piece of it.
bool Inbound::TakePreface() {
  const std::string_view bytes = input_.bytes();
  first_ = first_ && (bytes.starts_with(kHttp2Preface) || kHttp2Preface.starts_with(bytes));
  return first_;
}

// Takes in what was read. Of a long read only the head is copied for now.
void Inbound::TakeInput(std::string_view scratch) {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  size_t copied = scratch.size();
  if (input_.empty() && !first_ && scratch.size() >= kAdopted) {
    const size_t end = scratch.find(kHeadEnd);
    if (end != std::string_view::npos) copied = end + kHeadEnd.size();
  }
  input_.Append(scratch.substr(0, copied));
  rest_ = scratch.substr(copied);
}

// Keeps the rest of the read where it lies, if all of it is body.
bool Inbound::AdoptRest(const RequestHead& head) {
  if (verdict_.state != ParseState::kDone || verdict_.consumed != input_.size()) return false;
  if (head.framing != Framing::kLength || head.content_length < rest_.size()) return false;
  body_ = pool_.TakeScratch();
  body_at_ = static_cast<size_t>(rest_.data() - body_.data());
  body_bytes_ = rest_.size();
  rest_ = {};
  return true;
}

Inbound::Outcome Inbound::ParseHead(RequestHead& head) {
  if (first_ && TakePreface())
    return input_.size() >= kHttp2Preface.size() ? Outcome::kHttp2 : Outcome::kHead;
  verdict_ = ParseRequestHead(input_.bytes(), options_.head, progress_, head);
  if (!rest_.empty() && !AdoptRest(head)) {
    input_.Append(std::exchange(rest_, {}));  // may move what the head's views point at
    progress_ = {};
    verdict_ = ParseRequestHead(input_.bytes(), options_.head, progress_, head);
  }
  if (verdict_.state == ParseState::kError) return Outcome::kMalformed;
  head_bytes_ = verdict_.consumed;
  content_length_ = head.content_length;
  decoder_ = BodyDecoder(head.framing, head.content_length);
  message_bytes_ = head_bytes_;
  message_read_ = false;
  body_asked_ = false;
  if (head.framing == Framing::kNone) {
    BodyDone({kNoBody.data(), 0});
  } else if (head.framing == Framing::kLength && buffered_body().size() >= content_length_) {
    if (body_at_ == 0) message_bytes_ = head_bytes_ + content_length_;
    BodyDone(buffered_body().substr(0, content_length_));
  }
  return Outcome::kHead;
}

rt::Task<Inbound::Outcome> Inbound::ReadHead(RequestHead& head) {
  progress_ = {};
  began_ = loop_.Now();
  if (input_.empty()) deadline_.Set(options_.idle_timeout);
  for (;;) {
    if (!input_.empty()) {
      const Outcome outcome = ParseHead(head);
      if (outcome == Outcome::kMalformed || outcome == Outcome::kHttp2 ||
          verdict_.state == ParseState::kDone) {
        deadline_.Clear();
        co_return outcome;
      }
      deadline_.SetAt(began_ + options_.head_timeout);
    }
    if (gone_) co_return Outcome::kClosed;
    idle_ = input_.empty();
    const Wake wake = co_await Readable();
    const bool was_idle = std::exchange(idle_, false);
    if (wake == Wake::kTimeout && !was_idle) co_return Outcome::kTimeout;
    if (wake != Wake::kReady) co_return Outcome::kClosed;
    const std::span<char> scratch = pool_.Scratch();
    const net::IoResult got =
        stream_.TryRead(scratch.first(scratch.size() - InputBuffer::kPadding));
    if (got.state == net::IoState::kWouldBlock) continue;
    if (got.state != net::IoState::kOk) co_return Outcome::kClosed;
    if (was_idle) began_ = loop_.Now();
    TakeInput({scratch.data(), got.bytes});
  }
}

// From here on a read stays armed.
void Inbound::BodyDone(std::string_view view) {
  deadline_.Clear();
  message_read_ = true;
  body_view_ = view;
  Watch();
}

std::string Inbound::TakeOver() {
  if (std::exchange(armed_, false)) stream_.ForgetReadable();
  read_job_.Unlink();
  std::string behind(input_.bytes().substr(message_bytes_));
  behind += ahead_.bytes();
  ahead_.Clear();
  return behind;
}

void Inbound::Next() {
  ReleaseBody();
  body_view_ = {};
  on_gone_ = nullptr;
  input_.Consume(std::exchange(message_bytes_, 0));
  head_bytes_ = 0;
  if (input_.empty()) {
    input_.Swap(ahead_);
  } else {
    input_.Append(ahead_.bytes());
    ahead_.Clear();
  }
}

}  // namespace fairway::http
