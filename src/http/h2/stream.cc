#include "http/h2/stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Status;

constexpr size_t kUpFront = 1024 * 1024;  // of a body's memory on its length's word alone

}  // namespace

H2Stream::H2Stream(H2Transport& transport)
    : transport_(transport),
      readable_(transport.loop()),
      writable_(transport.loop()),
      read_deadline_(transport.loop(),
                     [this] {
                       OnTimeout();
                       in_late_ = true;
                       readable_.Set();
                     }),
      write_deadline_(transport.loop(),
                      [this] {
                        OnTimeout();
                        Fail({Code::kTimeout, "the peer does not read"}, H2Error::kCancel);
                      }),
      in_(transport.pool()) {}

void H2Stream::StartStream(int32_t id) {
  id_ = id;
  readable_.Reset();
  writable_.Reset();
  unconsumed_ = 0;
  out_ = {};
  out_then_ = Then::kMore;
  failure_ = Status();
  in_began_ = in_late_ = in_end_ = collect_ = out_ended_ = closed_ = false;
}

void H2Stream::EndStream() {
  DropBody();
  read_deadline_.Clear();
  write_deadline_.Clear();
  if (!closed_) session().Forget(id_);
  closed_ = true;
}

void H2Stream::Wake() {
  readable_.Set();
  writable_.Set();
}

void H2Stream::Fail(Status reason, H2Error error) {
  if (over()) return;
  failure_ = std::move(reason);
  session().Reset(id_, error);
  Wake();
  transport_.Pump();
}

void H2Stream::Lose(const Status& reason) {
  if (over()) return;
  failure_ = reason;
  Wake();
  OnBroken();
}

void H2Stream::OnData(std::string_view bytes) {
  in_began_ = true;
  // Doubles: the buffer itself grows to the byte.
  if (in_.size() + bytes.size() + InputBuffer::kPadding > in_.capacity())
    (void)in_.Space(std::max(bytes.size(), in_.size()));
  in_.Append(bytes);
  if (collect_) {
    session().Consume(id_, bytes.size());
  } else {
    unconsumed_ += bytes.size();
  }
  readable_.Set();
}

void H2Stream::OnEnd() {
  in_end_ = true;
  readable_.Set();
}

void H2Stream::OnClosed(H2Error error) {
  closed_ = true;
  const bool whole = in_end_ && out_ended_;
  if (failure_.ok() && !whole)
    failure_ = Status(Code::kUnavailable, "the peer reset the stream (error " +
                                              std::to_string(static_cast<uint32_t>(error)) + ")");
  Wake();
  if (!whole) OnBroken();
}

rt::Task<Status> H2Stream::AwaitRead(base::Duration limit) {
  if (!failure_.ok()) co_return failure_;
  if (limit > base::Duration::zero()) read_deadline_.Set(limit);
  co_await readable_.Wait();
  read_deadline_.Clear();
  if (std::exchange(in_late_, false)) co_return Status(Code::kTimeout, "the peer is silent");
  co_return Status();
}

rt::Task<Status> H2Stream::AwaitMore(size_t than, base::Duration limit) {
  while (in_.size() <= than && !in_end_) {
    Status told = co_await AwaitRead(limit);
    if (!told.ok()) co_return told;
  }
  co_return Status();
}

void H2Stream::Credit(size_t bytes) {
  const size_t credit = std::min(bytes, unconsumed_);
  unconsumed_ -= credit;
  if (credit == 0) return;
  session().Consume(id_, credit);
  transport_.Pump();
}

void H2Stream::CollectBody(size_t expected) {
  if (expected > in_.size())
    (void)in_.Space(std::min(expected, kUpFront) - std::min(in_.size(), kUpFront));
  collect_ = true;
  session().Consume(id_, std::exchange(unconsumed_, 0));
}

void H2Stream::DropBody() {
  in_.Clear();
  session().Consume(id_, std::exchange(unconsumed_, 0));
}

rt::Task<Status> H2Stream::Write(std::string_view bytes, Then then, base::Duration limit) {
  if (!failure_.ok()) co_return failure_;
  CHECK(!pending());
  out_ = bytes;
  out_then_ = then;
  write_limit_ = limit;
  session().Resume(id_);
  transport_.Pump();
  while (pending()) {
    if (!failure_.ok()) {
      out_ = {};
      co_return failure_;
    }
    write_deadline_.Set(limit);
    co_await writable_.Wait();
    write_deadline_.Clear();
  }
  co_return Status();
}

H2StreamPort::Outgoing H2Stream::NextData(size_t most) {
  if (!failure_.ok()) return {};
  Outgoing next{.bytes = std::min(most, out_.size()), .then = Then::kMore};
  if (next.bytes == out_.size() && out_then_ != Then::kMore) {
    next.then = out_then_;
    out_ended_ = true;
    writable_.Set();
  }
  return next;
}

std::string_view H2Stream::TakeData(size_t bytes) {
  const std::string_view taken = out_.substr(0, bytes);
  out_.remove_prefix(bytes);
  if (out_.empty()) {
    writable_.Set();
  } else if (write_deadline_.set()) {
    write_deadline_.Set(write_limit_);
  }
  return taken;
}

}  // namespace fairway::http
