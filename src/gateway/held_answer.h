#pragma once
// HeldAnswer: the beginning of a model server's answer, read but not sent on until it shows that
// the server means it. Engines send a head, and often an announcement, long before the first token;
// one that shuts down says so, or ends in order, where the content would have come. As long as
// nothing went out, another server can be asked.
//
//   a stream          up to the first event with content, or what decides otherwise
//   a JSON answer     whole
//   any other         its first bytes; whole if it is an error
//
// Never more than a limit. Usually it is one read, and nothing is copied. One a request, used again
// for each attempt; lives on the connection's Loop.

#include <string>
#include <string_view>

#include "gateway/options.h"
#include "http/client.h"
#include "http/sse.h"
#include "inference/usage.h"
#include "rt/task.h"

namespace fairway::gateway {

class HeldAnswer final {
 public:
  // Who hears of bytes that came.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnBytes() = 0;
  };

  // All of them outlive it.
  HeldAnswer(const Options& options, inference::UsageReader& reader, inference::AnswerFacts& facts,
             Listener& listener)
      : options_(options), reader_(reader), facts_(facts), listener_(listener) {}

  // Another attempt's answer.
  void Begin(const http::ResponseHead& head);
  bool event_stream() const { return form_ == Form::kEventStream; }

  // Reads what is to be held, and what it says into the facts. Fails as ReadBody does.
  rt::Task<base::Status> Read(http::ClientConnection& from);
  // All of it; good until the next read from the connection.
  const http::BodyPart& part() const { return part_; }
  // What of a unary answer's payload came; good as long.
  std::string_view payload() const { return payload_.empty() ? part_.raw : payload_; }

  // Facts of a stream's further parts.
  void ReadFacts(const http::BodyPart& part);

 private:
  enum class Form : unsigned char { kEventStream, kJson, kOther };

  bool Enough(const http::BodyPart& part);

  const Options& options_;
  inference::UsageReader& reader_;
  inference::AnswerFacts& facts_;
  Listener& listener_;
  http::SseScanner events_;
  http::BodyPart part_;
  std::string held_;     // bytes of several reads, as they came
  std::string payload_;  // of a held chunked answer
  Form form_ = Form::kOther;
  bool chunked_ = false;
  bool empty_ = false;
};

}  // namespace fairway::gateway
