// Any bytes as what a client sends after its preface: whole or split, the session tells the same;
// and a server that answers and flushes stands it too.

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>

#include "base/check.h"
#include "http/h2/head_block.h"
#include "http/h2/session.h"

namespace {

using namespace std::chrono_literals;
using fairway::base::TimePoint;
using fairway::http::BufferPool;
using fairway::http::Field;
using fairway::http::H2Body;
using fairway::http::H2End;
using fairway::http::H2Error;
using fairway::http::H2HeadBlock;
using fairway::http::H2Session;
using fairway::http::H2SessionOwner;
using fairway::http::H2StreamPort;
using fairway::http::HeadLimits;
using fairway::http::InputBuffer;
using fairway::http::RequestHead;

// A client that answers nothing gets told everything; one that answers opens the windows, too.
enum class Answers { kNone, kAll };

class Server final : public H2SessionOwner {
 public:
  explicit Server(Answers answers) : answers_(answers) {}

  void Feed(std::string_view bytes) {
    if (failed_) return;
    const std::string own(bytes);  // gone after this: no view may stay
    failed_ = !session_.Feed(own, TimePoint{1s}).ok();
    if (answers_ == Answers::kNone) return;
    for (Port& port : ports_) port.Answer();
    InputBuffer out(pool_);
    session_.Flush(out, 1 << 20, TimePoint{1s});
  }

  // What was told, piece boundaries left out.
  std::string Told() const {
    std::string all = failed_ ? "failed\n" : "";
    for (const Port& port : ports_) all += port.told + std::to_string(port.data) + "\n";
    return all;
  }

 private:
  struct Port final : H2StreamPort {
    Port(Server& the_server, int32_t the_id) : server(the_server), id(the_id) {}
    void OnField(std::string_view name, std::string_view value) override {
      told += std::string(name) + "=" + std::string(value) + ";";
      block.Add(name, value, HeadLimits{.bytes = 4096});
    }
    void OnBlockEnd() override { told += "block "; }
    void OnData(std::string_view bytes) override {
      data += bytes.size();
      if (server.answers_ == Answers::kAll) server.session_.Consume(id, bytes.size());
    }
    void OnEnd() override { told += "end "; }
    void OnClosed(H2Error) override { closed = true; }
    Outgoing NextData(size_t most) override {
      return {.bytes = std::min<size_t>(most, 10), .then = Outgoing::Then::kEnd};
    }
    std::string_view TakeData(size_t bytes) override {
      return std::string_view("0123456789").substr(0, bytes);
    }
    std::span<const Field> Trailers() override { return {}; }
    void Answer() {
      if (closed || answered || told.find("block ") == std::string::npos) return;
      answered = true;
      RequestHead head;
      const auto refusal = block.ToRequest(HeadLimits{.bytes = 4096}, H2End::kLater, head);
      CHECK(refusal || head.target.starts_with('/') || head.target == "*");
      server.session_.Respond(id, refusal ? refusal.status : 200, {}, H2Body::kFollows);
    }

    Server& server;
    const int32_t id;
    H2HeadBlock block;
    std::string told;
    size_t data = 0;
    bool answered = false;
    bool closed = false;
  };

  H2StreamPort& OnOpen(int32_t id) override { return ports_.emplace_back(*this, id); }
  void OnBlockBegin() override {}
  void OnBlockEnd() override {}
  void OnGoaway(int32_t, H2Error) override {}
  void OnPingAck() override {}

  const Answers answers_;
  BufferPool pool_;
  std::deque<Port> ports_;
  H2Session session_{{}, *this};
  bool failed_ = false;
};

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

void FeedInPieces(Server& server, std::string_view bytes, size_t step) {
  server.Feed(kPreface);
  for (size_t at = 0; at < bytes.size(); at += step) server.Feed(bytes.substr(at, step));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t step = data[0] % 64 + size_t{1};
  Server whole(Answers::kNone);
  FeedInPieces(whole, bytes, bytes.size() + 1);
  Server pieces(Answers::kNone);
  FeedInPieces(pieces, bytes, step);
  CHECK(whole.Told() == pieces.Told());
  Server answering(Answers::kAll);
  FeedInPieces(answering, bytes, step);
  return 0;
}
