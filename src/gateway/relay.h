#pragma once
// Relay: how one answer's bytes reach the client, in one of two ways. Raw: the server's HTTP/1
// bytes as they came, chunk framing and all, behind a head of ours; nothing is copied. Framed: the
// payload alone, through the exchange's own framing, for a client that does not read HTTP/1.1
// chunks (HTTP/2, HTTP/1.0), or from a server that sends none (HTTP/2), and for an answer in which
// the model's name is put back.
//
// One a request; Begin starts over for another server's answer as long as nothing was sent. Lives
// on the exchange's Loop; tasks are awaited at once, one at a time, and fail once the client is
// gone.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "director/life.h"
#include "gateway/heads.h"
#include "http/client.h"
#include "http/exchange.h"
#include "inference/model_mapper.h"
#include "rt/task.h"

namespace fairway::gateway {

class Relay final {
 public:
  // What the gateway adds to a head. Views are good during Begin only.
  struct Labels {
    std::string_view request_id;
    std::string_view endpoint;  // empty: not shown
    std::string_view server_timing;
    std::span<const http::Field> more = {};
    const inference::ModelRewrite* rewrite = nullptr;  // that the request was sent under
  };

  // The exchange outlives it.
  explicit Relay(http::Exchange& exchange) : exchange_(exchange) {}

  // Chooses the way and makes the head; sends nothing.
  void Begin(const http::ResponseHead& head, const Labels& labels);

  // The next bytes, behind the head if they are the first. The part with `end` ends the answer.
  rt::Task<base::Status> Send(const http::BodyPart& part);

  // Ends an event stream that the server left unfinished with an error event, where its framing
  // has a place for one; else cuts the answer, so that the client sees that something is missing.
  rt::Task<void> EndWithError(const director::Rejection& why);
  // Cuts the answer.
  void Cut();

  uint64_t bytes_out() const { return bytes_out_; }

 private:
  enum class Way : unsigned char { kRaw, kFramed };

  rt::Task<base::Status> SendRaw(const http::BodyPart& part);
  rt::Task<base::Status> SendFramed(const http::BodyPart& part);
  rt::Task<base::Status> BeginFramed();
  void KeepFields(const http::ResponseHead& head, const ClientHead& with);
  void ChooseWay(const http::ResponseHead& head, const inference::ModelRewrite* rewrite);
  std::string_view PayloadOf(const http::BodyPart& part);

  http::Exchange& exchange_;
  Way way_ = Way::kRaw;
  bool head_pending_ = false;
  bool until_close_ = false;  // raw: the answer ends by closing
  int status_ = 0;
  std::string head_;                 // raw: the head; framed: the bytes of fields_
  std::vector<http::Field> fields_;  // framed, until they are sent
  std::string_view content_type_;    // framed, of fields_
  std::string payload_;              // framed: a part's runs, joined
  std::optional<inference::ModelMapper> mapper_;
  http::BodyDecoder sent_;  // where the server's framing stands as the client saw it
  uint64_t bytes_out_ = 0;
};

}  // namespace fairway::gateway
