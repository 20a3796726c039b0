#pragma once
// A simulated model server on one port: vLLM's HTTP API in front of a batch engine that is not
// there. Lives on its network's Loop; sockets or simulated streams are all the same to it.
//
//   GET  /health /ping /version /v1/models /metrics /load      as vLLM answers them
//   POST /v1/chat/completions /v1/completions                  unary and SSE
//   GET  /sim/state                                            what it has seen, for tests
//   POST /sim/fault                                            modelsim/fault.h

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"
#include "modelsim/adapters.h"
#include "modelsim/api_request.h"
#include "modelsim/engine_host.h"
#include "modelsim/fault.h"
#include "modelsim/served.h"
#include "modelsim/state.h"
#include "net/network.h"

namespace fairway::modelsim {

struct ModelServerOptions {
  std::string model = "llama-3.1-8b";
  // LoRA adapters, served under their own names. With some, Profile::max_loras 0 means: all at
  // once.
  std::vector<std::string> adapters = {};
  std::shared_ptr<const Story> story = {};  // shared by many servers; null: one of its own
  size_t max_body_bytes = 32 * 1024 * 1024;
  size_t connections = 10'000;
  base::Duration idle_timeout = std::chrono::seconds(5);  // of keep-alive; uvicorn's own default
};

class ModelServer final : public http::Handler {
 public:
  // The network outlives it.
  ModelServer(net::Network& network, const Profile& profile, ModelServerOptions options);
  // Stop() was awaited, or no request is in it.
  ~ModelServer() override;

  // kUnavailable if the address is taken.
  base::Status Listen(const net::Address& at);
  // With the real port; Listen succeeded before.
  const net::Address& local() const { return at_; }

  // Replaces the fault in effect. Fails only where a closed port cannot be opened again.
  base::Status SetFault(const Fault& fault);

  const Engine& engine() const { return host_.engine(); }
  const ServerState& state() const { return state_; }

  // Aborts every connection; done when no request is being answered.
  rt::Task<void> Stop();

  rt::Task<void> Handle(http::Exchange& exchange) override;

 private:
  struct Call;
  enum class Outcome : unsigned char { kFinished, kRefused, kCancelled };

  // server.cc: everything but completions.
  rt::Task<base::Status> Get(http::Exchange& exchange, std::string_view path);
  rt::Task<base::Status> TakeFault(http::Exchange& exchange);
  std::string MetricsPage();
  base::Status OpenPort();
  double UnixSeconds() const;

  // generate.cc: completions.
  rt::Task<Outcome> Generate(http::Exchange& exchange, Api api);
  rt::Task<Outcome> Refuse(http::Exchange& exchange, ApiError error);
  std::optional<ApiError> Prepare(const http::RequestHead& head, std::string_view body, Call& call);
  std::optional<ApiError> Measure(Call& call, Submission& submission) const;
  rt::Task<Outcome> AnswerUnary(http::Exchange& exchange, Call& call);
  rt::Task<Outcome> AnswerStream(http::Exchange& exchange, Call& call);
  rt::Task<void> HoldFirstByte(Call& call);
  Outcome Cut(http::Exchange& exchange) const;

  net::Network& network_;
  const ModelServerOptions options_;
  ServedModels served_;
  EngineHost host_;
  ServerState state_;
  AdapterLog adapters_;
  ApiReader reader_;
  ApiRequest request_;  // scratch of Prepare
  Fault fault_;
  rt::Timer fault_over_;
  net::Address at_;
  http::Server server_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace fairway::modelsim
