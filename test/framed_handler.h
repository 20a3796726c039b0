#pragma once
// Stands before a handler and hides the HTTP/1 wire from it, so that its answers take the way that
// they take to an HTTP/2 client: Begin, Send, End.

#include <utility>

#include "http/exchange.h"

namespace fairway::test {

class FramedHandler final : public http::Handler {
 public:
  explicit FramedHandler(http::Handler& inner) : inner_(inner) {}

  rt::Task<void> Handle(http::Exchange& exchange) override {
    FramedExchange framed(exchange);
    co_await inner_.Handle(framed);
  }

 private:
  class FramedExchange final : public http::Exchange {
   public:
    explicit FramedExchange(http::Exchange& inner) : inner_(inner) {}
    rt::Loop& loop() override { return inner_.loop(); }
    const http::RequestHead& head() const override { return inner_.head(); }
    std::string_view peer() const override { return inner_.peer(); }
    base::TimePoint began() const override { return inner_.began(); }
    bool keep_alive() const override { return inner_.keep_alive(); }
    rt::Task<base::Result<std::string_view>> Body(size_t limit) override {
      return inner_.Body(limit);
    }
    void ReleaseBody() override { inner_.ReleaseBody(); }
    rt::Task<base::Status> Respond(int status, std::string_view content_type, std::string_view body,
                                   std::span<const http::Field> extra) override {
      return inner_.Respond(status, content_type, body, extra);
    }
    rt::Task<base::Status> RespondError(const http::ErrorBody& error,
                                        std::span<const http::Field> extra) override {
      return inner_.RespondError(error, extra);
    }
    rt::Task<base::Status> Begin(int status, std::span<const http::Field> fields) override {
      return inner_.Begin(status, fields);
    }
    rt::Task<base::Status> Send(std::string_view chunk) override { return inner_.Send(chunk); }
    rt::Task<base::Status> End() override { return inner_.End(); }
    bool takes_raw() const override { return false; }
    rt::Task<base::Status> SendRaw(std::span<const std::string_view> pieces) override {
      return inner_.SendRaw(pieces);
    }
    void EndRaw(http::RawEnd end) override { inner_.EndRaw(end); }
    void OnPeerGone(std::move_only_function<void()> callback) override {
      inner_.OnPeerGone(std::move(callback));
    }
    bool peer_gone() const override { return inner_.peer_gone(); }
    void Abort(base::Status reason) override { inner_.Abort(std::move(reason)); }

   private:
    http::Exchange& inner_;
  };

  http::Handler& inner_;
};

}  // namespace fairway::test
