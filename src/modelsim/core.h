#pragma once
// What the parts of one simulated server share: its engine, its names, what it remembers and what
// is wrong with it. Lives on its network's Loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "http/exchange.h"
#include "modelsim/api/request.h"
#include "modelsim/engine/engine_host.h"
#include "modelsim/fault_desk.h"
#include "modelsim/options.h"
#include "modelsim/response_store.h"
#include "modelsim/served.h"
#include "modelsim/state.h"

namespace fairway::modelsim {

// How a request for the model ended.
enum class Outcome : unsigned char { kFinished, kRefused, kCancelled };

// Whether the server is on its way out.
enum class Life : unsigned char {
  kServing,
  kDraining,  // told to stop: what runs goes on, what is new is refused as vLLM refuses it
  kDead,      // the engine has died
};

struct ServerCore {
  ServerCore(rt::Loop& on_loop, const Profile& profile, const ModelServerOptions& its_options,
             std::move_only_function<void()> faults_changed)
      : loop(on_loop),
        options(its_options),
        served(options.model, options.adapters),
        host(on_loop, profile, options.story),
        faults(on_loop, std::move(faults_changed)),
        rng(profile.seed) {}

  const Profile& profile() const { return host.engine().profile(); }
  double UnixSeconds() const { return base::Seconds(loop.WallNow().time_since_epoch()); }
  // Sixteen digits, as vLLM makes ids up; the request's own x-request-id if it has one.
  std::string IdOf(const http::RequestHead& head);
  ErrorShape error_shape() const {
    return options.engine == EngineKind::kSglang ? ErrorShape::kSglang : ErrorShape::kVllm;
  }

  rt::Loop& loop;
  const ModelServerOptions options;
  ServedModels served;
  EngineHost host;
  ServerState state;
  ResponseStore responses;
  FaultDesk faults;
  Life life = Life::kServing;
  base::Rng rng;
  uint64_t port = 0;  // keeps the ids of many servers apart
  ApiReader reader;
  ApiRequest scratch;  // of whoever reads a body
};

ApiError UnknownModel(std::string_view asked, std::string_view served);
ApiError QueueFull();
ApiError UnknownResponse(std::string_view id);
ApiError FaultAnswer(int code);
// What a request gets that cannot be taken in this life; nothing if it can.
std::optional<ApiError> Unwilling(Life life);

// Answers with the error.
rt::Task<Outcome> Refuse(ServerCore& core, http::Exchange& exchange, ApiError error);

// Ends the connection as the fault has it.
Outcome Cut(http::Exchange& exchange, CloseWith with);

// The faults that come before a request is even looked at. The outcome, if one of them hit.
rt::Task<std::optional<Outcome>> FailEarly(ServerCore& core, http::Exchange& exchange,
                                           uint64_t draw);

// Damages a metrics page, as bytes of it: nothing that parses it may be trusted to.
void Garble(base::Rng& rng, std::string& page);

// Waits while the server is slow, or until the client is gone.
rt::Task<void> HoldFirstByte(ServerCore& core, EngineCall& call, uint64_t draw);

// A body to be read, checked for its type and size; the error, or nothing and the body.
rt::Task<std::optional<ApiError>> TakeBody(ServerCore& core, http::Exchange& exchange,
                                           std::string_view& body);

// Tells the call when the client goes; takes the callback back before what it names is gone.
class PeerWatch {
 public:
  PeerWatch(http::Exchange& exchange, EngineCall& call) : exchange_(exchange) {
    exchange.OnPeerGone([&call] { call.MarkGone(); });
  }
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;
  ~PeerWatch() { exchange_.OnPeerGone({}); }

 private:
  http::Exchange& exchange_;
};

}  // namespace fairway::modelsim
