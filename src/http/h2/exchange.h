#pragma once
// One request of an HTTP/2 client and its answer, as handlers see it (http/exchange.h). Private to
// the server.
//
// Owned by its connection, and used again for later streams of it.

#include <functional>
#include <string>

#include "http/exchange.h"
#include "http/h2/head_block.h"
#include "http/h2/stream.h"
#include "http/server/open_connection.h"

namespace fairway::http {

class H2Exchange;

class H2ExchangeOwner {
 public:
  virtual ~H2ExchangeOwner() = default;
  // Its head is whole, or never will be: over() then.
  virtual void OnReady(H2Exchange& exchange) = 0;
};

class H2Exchange final : public Exchange, public H2Stream {
 public:
  H2Exchange(ServerShared& shared, H2Transport& transport, H2ExchangeOwner& owner);

  void Start(int32_t id);
  // Has the handler answer, and sees to it that there is an answer.
  rt::Task<void> Answer();
  // The connection has it in use.
  bool live() const { return live_; }
  void Retire();

  rt::Loop& loop() override { return shared_.loop; }
  const RequestHead& head() const override { return head_; }
  std::string_view peer() const override { return transport().stream().peer(); }
  base::TimePoint began() const override { return began_; }
  bool keep_alive() const override { return true; }
  rt::Task<base::Result<std::string_view>> Body(size_t limit) override;
  void ReleaseBody() override { DropBody(); }
  rt::Task<base::Status> Respond(int status, std::string_view content_type, std::string_view body,
                                 std::span<const Field> extra) override;
  rt::Task<base::Status> RespondError(const ErrorBody& error,
                                      std::span<const Field> extra) override;
  rt::Task<base::Status> Begin(int status, std::span<const Field> fields) override;
  rt::Task<base::Status> Send(std::string_view chunk) override;
  rt::Task<base::Status> End() override;
  bool takes_raw() const override { return false; }
  rt::Task<base::Status> SendRaw(std::span<const std::string_view> pieces) override;
  void EndRaw(RawEnd end) override;
  void OnPeerGone(std::move_only_function<void()> callback) override;
  bool peer_gone() const override { return gone_; }
  void Abort(base::Status reason) override;

 private:
  enum class State : unsigned char { kNone, kStreaming, kComplete };

  class GoneJob final : public rt::Job {
   public:
    explicit GoneJob(H2Exchange& exchange) : exchange_(exchange) {}
    void Run() override { exchange_.TellGone(); }

   private:
    H2Exchange& exchange_;
  };

  void OnField(std::string_view name, std::string_view value) override;
  void OnBlockEnd() override;
  void OnTimeout() override;
  void OnBroken() override;
  std::span<const Field> Trailers() override { return {}; }
  void TellGone();
  bool body_allowed(int status) const;
  void SendHead(int status, std::span<const Field> fields, H2Body body);

  ServerShared& shared_;
  H2ExchangeOwner& owner_;
  H2HeadBlock block_;
  RequestHead head_;
  base::TimePoint began_{};
  std::string error_;  // an error answer's body
  std::move_only_function<void()> on_gone_;
  GoneJob gone_job_{*this};
  State state_ = State::kNone;
  bool live_ = false;
  bool head_done_ = false;
  bool continued_ = false;
  bool bodiless_ = false;  // the answer's head was its end
  bool gone_ = false;
};

}  // namespace fairway::http
