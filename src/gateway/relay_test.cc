#include "gateway/relay.h"

#include <gtest/gtest.h>

#include "rt/gate.h"
#include "rt/sim_loop.h"

namespace fairway::gateway {
namespace {

// Keeps what a handler does to it, in words.
class RecordingExchange final : public http::Exchange {
 public:
  enum class Wire : unsigned char { kRaw, kFramed };
  RecordingExchange(rt::Loop& loop, Wire wire) : loop_(loop), wire_(wire) {}

  rt::Loop& loop() override { return loop_; }
  const http::RequestHead& head() const override { return head_; }
  std::string_view peer() const override { return "client"; }
  base::TimePoint began() const override { return {}; }
  bool keep_alive() const override { return true; }
  rt::Task<base::Result<std::string_view>> Body(size_t) override { co_return std::string_view(); }
  void ReleaseBody() override {}
  rt::Task<base::Status> Respond(int status, std::string_view type, std::string_view body,
                                 std::span<const http::Field> extra) override {
    said += "respond " + std::to_string(status) + " " + std::string(type) + Text(extra) + "\n";
    said += body;
    co_return base::Status();
  }
  rt::Task<base::Status> RespondError(const http::ErrorBody&,
                                      std::span<const http::Field>) override {
    co_return base::Status();
  }
  rt::Task<base::Status> Begin(int status, std::span<const http::Field> fields) override {
    said += "begin " + std::to_string(status) + Text(fields) + "\n";
    co_return base::Status();
  }
  rt::Task<base::Status> Send(std::string_view chunk) override {
    said += "[" + std::string(chunk) + "]";
    co_return base::Status();
  }
  rt::Task<base::Status> End() override {
    said += " end";
    co_return base::Status();
  }
  bool takes_raw() const override { return wire_ == Wire::kRaw; }
  rt::Task<base::Status> SendRaw(std::span<const std::string_view> pieces) override {
    for (const std::string_view piece : pieces) said += piece;
    co_return base::Status();
  }
  void EndRaw(http::RawEnd end) override {
    said += end == http::RawEnd::kComplete ? " end"
            : end == http::RawEnd::kClose  ? " close"
                                           : " cut";
  }
  void OnPeerGone(std::move_only_function<void()>) override {}
  bool peer_gone() const override { return false; }
  void Abort(base::Status) override { said += " abort"; }

  http::RequestHead head_;
  std::string said;

 private:
  static std::string Text(std::span<const http::Field> fields) {
    std::string text;
    for (const http::Field& field : fields)
      text += " " + std::string(field.name) + "=" + std::string(field.value);
    return text;
  }
  rt::Loop& loop_;
  const Wire wire_;
};

http::ResponseHead ChunkedStream() {
  http::ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  head.framing = http::Framing::kChunked;
  head.fields.Add("content-type", "text/event-stream");
  head.fields.Add("transfer-encoding", "chunked");
  head.fields.Add("date", "yesterday");
  return head;
}

class RelayTest : public testing::Test {
 protected:
  // What a relay does with a chunked answer that comes in these reads.
  std::string Relayed(RecordingExchange& exchange, std::vector<std::string> reads) {
    Relay relay(exchange);
    {
      const http::ResponseHead head = ChunkedStream();
      relay.Begin(head, {.request_id = "id", .endpoint = {}, .server_timing = "t"});
    }
    auto run = [&]() -> rt::Task<void> {
      http::BodyDecoder decoder(http::Framing::kChunked, 0);
      for (const std::string& read : reads) {
        http::BodyPart part{.raw = read, .end = false, .before = decoder, .after = {}};
        decoder.Feed(read);
        part.after = decoder;
        part.end = decoder.state() == http::BodyDecoder::State::kEnd;
        EXPECT_TRUE((co_await relay.Send(part)).ok());
      }
      if (decoder.state() == http::BodyDecoder::State::kEnd) co_return;
      const director::Rejection why{.reason = director::Reason::kUpstreamReset, .message = "gone"};
      co_await relay.EndWithError(why);
    };
    rt::Gate gate(loop_);
    rt::Spawn(run(), gate);
    EXPECT_TRUE(loop_.RunUntil([&] { return gate.running() == 0; }, std::chrono::seconds(1)));
    return exchange.said;
  }
  rt::SimLoop loop_;
  RecordingExchange raw_{loop_, RecordingExchange::Wire::kRaw};
  RecordingExchange framed_{loop_, RecordingExchange::Wire::kFramed};
};

constexpr std::string_view kError =
    R"(data: {"error":{"message":"gone","type":"server_error","param":null,)"
    R"("code":"upstream-reset"}})"
    "\n\n";

TEST_F(RelayTest, RawPassesTheServersBytesBehindOurHead) {
  EXPECT_EQ(Relayed(raw_, {"3\r\nab", "c\r\n", "0\r\n\r\n"}),
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
            "date: yesterday\r\nx-request-id: id\r\nserver-timing: t\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\n end");
}

TEST_F(RelayTest, RawPassesTrailersOn) {
  const std::string ending = "0\r\nx-sum: 1\r\nx-other: 2\r\n\r\n";
  EXPECT_TRUE(Relayed(raw_, {"3\r\nabc\r\n", ending.substr(0, 9), ending.substr(9)})
                  .ends_with("3\r\nabc\r\n" + ending + " end"));
}

TEST_F(RelayTest, FramedPassesThePayloadAlone) {
  EXPECT_EQ(Relayed(framed_, {"3\r\nab", "c\r\n2\r\nde\r\n", "0\r\n\r\n"}),
            "begin 200 x-request-id=id server-timing=t content-type=text/event-stream\n"
            "[ab][cde] end");
}

TEST_F(RelayTest, FramedAnswersAtOnceWhatCameAtOnce) {
  EXPECT_EQ(Relayed(framed_, {"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"}),
            "respond 200 text/event-stream x-request-id=id server-timing=t\nabcd");
}

TEST_F(RelayTest, AClientOfHttp10GetsNoChunks) {
  raw_.head_.minor_version = 0;
  EXPECT_EQ(Relayed(raw_, {"3\r\nabc\r\n", "0\r\n\r\n"}),
            "begin 200 x-request-id=id server-timing=t content-type=text/event-stream\n[abc] end");
}

TEST_F(RelayTest, ABrokenStreamEndsWithAnErrorEvent) {
  EXPECT_TRUE(Relayed(raw_, {"3\r\nabc\r\n"})
                  .ends_with("\r\n" + std::string(kError) + "\r\n0\r\n\r\n end"));
  EXPECT_TRUE(Relayed(framed_, {"3\r\nabc\r\n"}).ends_with("[" + std::string(kError) + "] end"));
}

TEST_F(RelayTest, AStreamBrokenWithinAChunkIsCut) {
  EXPECT_TRUE(Relayed(raw_, {"3\r\nab"}).ends_with("ab cut"));
}

}  // namespace
}  // namespace fairway::gateway
