#pragma once
// An HTTP/2 client for tests, on this module's own session: many requests at once over one
// connection, windows held shut at will, frames of any kind. For tests only.

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/h2/transport.h"
#include "http/testing/world.h"

namespace fairway::http {

class H2TestClient final : private H2TransportOwner {
 public:
  // One request, and what came of its answer.
  class Call final : public H2StreamPort {
   public:
    std::string_view Find(std::string_view name) const;
    // More of the request's body.
    void Write(std::string_view bytes, Outgoing::Then then = Outgoing::Then::kMore);
    void Reset(H2Error error = H2Error::kCancel);
    // Opens the window for what came while it was held.
    void Release();

    int32_t id = 0;
    int status = 0;
    int interim = 0;  // heads of 1xx
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    bool hold = false;   // does not open the window
    bool ended = false;  // the answer came whole
    bool closed = false;
    H2Error error = H2Error::kNone;

   private:
    friend class H2TestClient;
    void OnField(std::string_view name, std::string_view value) override;
    void OnBlockEnd() override;
    void OnData(std::string_view bytes) override;
    void OnEnd() override { ended = true; }
    void OnClosed(H2Error why) override;
    Outgoing NextData(size_t most) override;
    std::string_view TakeData(size_t bytes) override;
    std::span<const Field> Trailers() override { return trailers; }

    H2TestClient* client = nullptr;
    std::string out;
    std::string taken;
    Outgoing::Then then = Outgoing::Then::kWait;
    size_t held = 0;
    std::vector<Field> trailers;
  };

  H2TestClient(TestWorld& world, const net::Address& to, H2Limits limits = {});
  ~H2TestClient();

  Call& Get(std::string_view path) { return Start("GET", path, {}, H2Body::kNone); }
  Call& Post(std::string_view path, std::string_view body, std::vector<Field> fields = {});
  // The body follows by Call::Write.
  Call& Start(std::string_view method, std::string_view path, std::vector<Field> fields,
              H2Body body);
  // Any fields, also wrong ones.
  Call& Send(std::vector<Field> fields, H2Body body);

  bool AwaitAnswer(const Call& call) {
    return world_.RunUntil([&call] { return call.ended || call.closed; });
  }
  H2Session& session() { return transport_.session(); }
  void Pump() { transport_.Pump(); }
  void Cut();
  bool ended() const { return ended_; }
  bool AwaitEnd() {
    return world_.RunUntil([this] { return ended(); });
  }
  // GOAWAYs that came.
  std::vector<std::pair<int32_t, H2Error>> goaways;

 private:
  H2StreamPort& OnOpen(int32_t id) override;
  void OnBlockBegin() override {}
  void OnBlockEnd() override {}
  void OnGoaway(int32_t last, H2Error error) override { goaways.emplace_back(last, error); }
  void OnPingAck() override {}
  void OnFed() override {}
  void OnStalled() override {}
  void OnClosing() override {}
  void OnEnded() override { ended_ = true; }

  TestWorld& world_;
  BufferPool buffers_;
  H2Transport transport_;
  std::deque<Call> calls_;
  bool ended_ = false;
};

}  // namespace fairway::http
