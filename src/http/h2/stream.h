#pragma once
// One HTTP/2 stream's bodies, either side: what came and is not read yet, and the one piece that is
// being sent, each with a time limit. Windows make the back-pressure: the peer's window opens as
// bytes are taken here, and a piece is sent as the peer's window lets it.
//
// Used again for other streams of its connection. One coroutine reads, one writes (the same or
// another).

#include <string>
#include <string_view>

#include "base/status.h"
#include "http/deadline.h"
#include "http/h2/transport.h"
#include "http/input_buffer.h"
#include "rt/event.h"
#include "rt/task.h"

namespace fairway::http {

class H2Stream : public H2StreamPort {
 public:
  explicit H2Stream(H2Transport& transport);

  int32_t id() const { return id_; }
  // Neither side can send any more.
  bool over() const { return closed_ || !failure_.ok(); }

  // Fails what is awaited now and later. Tells the peer with `error`, if the stream still stands.
  void Fail(base::Status reason, H2Error error);
  // The same when the connection is lost.
  void Lose(const base::Status& reason);

 protected:
  using Then = Outgoing::Then;

  void StartStream(int32_t id);
  // A stream of ours gets its number only when the request is made.
  void SetId(int32_t id) { id_ = id; }
  void FailUnopened(base::Status reason) {
    if (failure_.ok()) failure_ = std::move(reason);
  }
  // The stream is done with; what the peer still sends is dropped.
  void EndStream();

  // Bytes of the body that came and were not taken.
  std::string_view received() const { return in_.bytes(); }
  bool received_all() const { return in_end_; }
  bool began_body() const { return in_began_; }
  // Waits until more than `than` bytes are there, or the end. kTimeout leaves the stream as it is.
  rt::Task<base::Status> AwaitMore(size_t than, base::Duration limit);
  // Waits for the next thing that comes, in head, body or end. Fails with the stream.
  rt::Task<base::Status> AwaitRead(base::Duration limit);
  void SignalRead() { readable_.Set(); }
  // Moves all that came into `part`, which is empty. Credit opens the window for it again.
  void TakePart(InputBuffer& part) { part.Swap(in_); }
  void Credit(size_t bytes);
  // From now on the window opens by itself: somebody collects the body and looks at its size.
  void CollectBody(size_t expected);
  void DropBody();

  // Waits until all of it is on its way. The head was given to the session before.
  rt::Task<base::Status> Write(std::string_view bytes, Then then, base::Duration limit);
  // The head was all there is to send.
  void SetSentEnd() { out_ended_ = true; }
  const base::Status& stream_failure() const { return failure_; }

  H2Transport& transport() const { return transport_; }
  H2Session& session() const { return transport_.session(); }

  // A wait was too long.
  virtual void OnTimeout() = 0;
  // The peer broke the stream off, or the connection is lost.
  virtual void OnBroken() = 0;

  void OnData(std::string_view bytes) override;
  void OnEnd() override;
  void OnClosed(H2Error error) override;
  Outgoing NextData(size_t most) override;
  std::string_view TakeData(size_t bytes) override;

 private:
  bool pending() const { return !out_.empty() || (out_then_ != Then::kMore && !out_ended_); }
  void Wake();

  H2Transport& transport_;
  int32_t id_ = 0;
  rt::Event readable_;
  rt::Event writable_;
  Deadline read_deadline_;
  Deadline write_deadline_;
  base::Duration write_limit_{};
  InputBuffer in_;
  size_t unconsumed_ = 0;  // of the window
  std::string_view out_;
  Then out_then_ = Then::kMore;
  base::Status failure_;
  bool in_began_ = false;
  bool in_late_ = false;  // the last wait was too long
  bool in_end_ = false;
  bool collect_ = false;
  bool out_ended_ = false;
  bool closed_ = true;
};

}  // namespace fairway::http
