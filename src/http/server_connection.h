#pragma once
// One client's connection: reads requests one after the other, has the handler answer each through
// the Exchange that this is, and decides after each whether the connection goes on. Private to the
// server.
//
// Lives in the coroutine that Serve() is; dies with it.

#include <array>
#include <memory>
#include <string>

#include "http/exchange.h"
#include "http/head_writer.h"
#include "http/inbound.h"
#include "http/server/open_connection.h"
#include "net/io.h"

namespace fairway::http {

class ServerConnection final : public Exchange, public OpenConnection {
 public:
  ServerConnection(ServerShared& shared, std::unique_ptr<net::Stream> stream);

  // Until the connection ends. One that turns out to speak HTTP/2 goes on as such.
  static rt::Task<void> Serve(std::unique_ptr<ServerConnection> connection);

  void StartDrain() override { in_.CloseIdle(); }
  void AbortNow(base::Status reason) override {
    Abort(std::move(reason));
    in_.Aborted();
  }

  rt::Loop& loop() override { return shared_.loop; }
  const RequestHead& head() const override { return head_; }
  std::string_view peer() const override { return stream_->peer(); }
  base::TimePoint began() const override { return in_.began(); }
  bool keep_alive() const override;
  rt::Task<base::Result<std::string_view>> Body(size_t limit) override;
  void ReleaseBody() override { in_.ReleaseBody(); }
  rt::Task<base::Status> Respond(int status, std::string_view content_type, std::string_view body,
                                 std::span<const Field> extra) override;
  rt::Task<base::Status> RespondError(const ErrorBody& error,
                                      std::span<const Field> extra) override;
  rt::Task<base::Status> Begin(int status, std::span<const Field> fields) override;
  rt::Task<base::Status> Send(std::string_view chunk) override;
  rt::Task<base::Status> End() override;
  bool takes_raw() const override { return true; }
  rt::Task<base::Status> SendRaw(std::span<const std::string_view> pieces) override;
  void EndRaw(RawEnd end) override;
  std::optional<net::RawStream> TakeOver() override;
  void OnPeerGone(std::move_only_function<void()> callback) override;
  bool peer_gone() const override { return in_.peer_gone(); }
  void Abort(base::Status reason) override { stream_->Abort(std::move(reason)); }

 private:
  // How far the answer is.
  enum class Answer : unsigned char {
    kNone,
    kStreaming,  // Begin was called
    kRaw,        // part of a raw answer is out
    kComplete,
    kClose,   // complete once the client sees FIN
    kBroken,  // cannot be completed any more
    kTaken,   // the handler took the stream over
  };
  static constexpr size_t kMaxPieces = 16;

  enum class Protocol : unsigned char { kHttp1, kHttp2 };

  // Until the connection ends, or turns out to speak HTTP/2.
  rt::Task<Protocol> ServeRequests();
  rt::Task<bool> FinishAnswer();
  rt::Task<void> RefuseHead(Inbound::Outcome outcome);
  void StartRequest();
  // The fields that every answer of our own has; no empty line yet.
  HeadWriter StartHead(int status, std::span<const Field> fields);
  void AddPiece(std::string_view piece) {
    if (!piece.empty()) pieces_[piece_count_++] = piece;
  }
  size_t LeftToWrite() const { return net::TotalBytes({pieces_.data(), piece_count_}); }
  void OnWriteTimeout();
  // Writes what AddPiece collected; the answer then stands at `then`.
  rt::Task<base::Status> Write(Answer then);

  ServerShared& shared_;
  std::unique_ptr<net::Stream> stream_;
  Inbound in_;
  Deadline write_deadline_;
  RequestHead head_;
  std::string out_;    // the answer's head
  std::string error_;  // an error answer's body
  std::array<char, 20> size_line_{};
  std::array<std::string_view, kMaxPieces + 4> pieces_;
  size_t piece_count_ = 0;
  size_t left_to_write_ = 0;  // when the write deadline was last set
  Answer answer_ = Answer::kNone;
  bool must_close_ = false;
  bool continued_ = false;  // 100 was sent
  bool chunked_ = false;
  bool body_allowed_ = true;
  bool head_held_ = false;
};

}  // namespace fairway::http
