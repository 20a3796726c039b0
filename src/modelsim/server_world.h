#pragma once
// For tests: a model server and its clients in a simulated network.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "http/fetch.h"
#include "json/reader.h"
#include "modelsim/server.h"
#include "net/io.h"
#include "net/sim_network.h"
#include "rt/gate.h"
#include "rt/sim_loop.h"

namespace fairway::modelsim {

// A client that sends bytes and keeps what comes.
class RawClient {
 public:
  RawClient(net::Network& network, const net::Address& to, std::string bytes)
      : gate_(network.loop()), stream_(network.Connect(to)) {
    rt::Spawn(Talk(std::move(bytes)), gate_);
  }
  ~RawClient() { CHECK(gate_.running() == 0); }  // it reads until the end

  const std::string& received() const { return received_; }
  bool ended() const { return gate_.running() == 0; }
  bool saw_fin() const { return saw_fin_; }
  void Reset() { stream_->Abort({base::Code::kCancelled, "enough"}); }
  void Finish() { stream_->ShutdownWrite(); }

 private:
  rt::Task<void> Talk(std::string bytes) {
    if (!(co_await net::Connected(*stream_)).ok()) co_return;
    if (!(co_await net::Write(*stream_, bytes)).ok()) co_return;
    char buffer[4096];
    while (true) {
      const net::IoResult got = co_await net::Read(*stream_, buffer);
      saw_fin_ = got.state == net::IoState::kEnd;
      if (got.state != net::IoState::kOk) co_return;
      received_.append(buffer, got.bytes);
    }
  }

  rt::Gate gate_;
  std::unique_ptr<net::Stream> stream_;
  std::string received_;
  bool saw_fin_ = false;
};

inline std::string PostText(std::string_view path, std::string_view body,
                            std::string_view fields = "") {
  std::string text = "POST " + std::string(path) + " HTTP/1.1\r\nhost: sim\r\n";
  text += "content-type: application/json\r\n" + std::string(fields);
  return text + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// A test's fixture inherits it, and calls End() when it tears down.
class ServerWorld {
 public:
  static constexpr std::string_view kChat = "/v1/chat/completions";

  void Begin(const Profile& profile, ModelServerOptions options = {}) {
    options.model = "tiny";
    server_ = std::make_unique<ModelServer>(server_network_, profile, std::move(options));
    const base::Status listening = server_->Listen({"10.0.0.1", 8000});
    CHECK(listening.ok());
  }

  // Everything that the server held is free again.
  void End() {
    client_.reset();
    if (server_ == nullptr) return;
    bool stopped = false;
    rt::Gate gate(loop_);
    rt::Spawn(StopInto(*server_, stopped), gate);
    CHECK(loop_.RunUntil([&] { return stopped; }, std::chrono::seconds(5)));
    CHECK(server_->engine().running() + server_->engine().waiting() == 0);
    CHECK(server_->engine().kv().free_blocks() == server_->engine().kv().blocks());
    server_.reset();
  }

  // A small engine with steps of 10 ms.
  static Profile Stepping() {
    Profile profile;
    profile.max_num_seqs = 2;
    profile.max_num_queued_reqs = 2;
    profile.num_gpu_blocks = 256;
    profile.max_model_len = 2048;
    profile.prefill_tokens_per_s = 0;
    profile.step_base = std::chrono::milliseconds(10);
    return profile;
  }

  static std::string ChatBody(std::string_view more = "", std::string_view text = "Hello") {
    return "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"" +
           std::string(text) + "\"}]" + std::string(more) + "}";
  }

  // Asks and runs the world until the answer is there.
  http::FetchedResponse Fetch(std::string_view method, std::string_view path,
                              std::string_view body = "", std::vector<http::Field> fields = {}) {
    if (client_ == nullptr) client_ = std::make_unique<http::Pool>(client_network_);
    if (method == "POST") fields.push_back({"content-type", "application/json"});
    std::optional<base::Result<http::FetchedResponse>> answer;
    rt::Gate gate(loop_);
    http::FetchLimits limits;
    limits.timeout = std::chrono::minutes(10);
    rt::Spawn(FetchInto(*client_, server_->local(), {method, path, fields, body}, limits, answer),
              gate);
    CHECK(loop_.RunUntil([&] { return gate.running() == 0; }, std::chrono::minutes(11)));
    if (!answer->ok()) {
      http::FetchedResponse failed;
      failed.body = answer->status().ToString();
      return failed;
    }
    return **std::move(answer);
  }
  http::FetchedResponse Post(std::string_view path, std::string_view body,
                             std::vector<http::Field> fields = {}) {
    return Fetch("POST", path, body, std::move(fields));
  }

  std::unique_ptr<RawClient> Raw(std::string bytes) {
    return std::make_unique<RawClient>(client_network_, server_->local(), std::move(bytes));
  }

  static json::Value Parse(json::Reader& reader, const std::string& text) {
    auto root = reader.Read(text);
    return root.ok() ? *root : json::Value();  // of which everything is missing
  }

  rt::SimLoop loop_;
  const base::TimePoint began_ = loop_.Now();
  net::SimWorld world_{loop_};
  net::SimNetwork server_network_{world_, "10.0.0.1"};
  net::SimNetwork client_network_{world_, "10.0.0.9"};
  std::unique_ptr<http::Pool> client_;
  std::unique_ptr<ModelServer> server_;

 private:
  static rt::Task<void> FetchInto(http::Pool& pool, net::Address to, http::FetchRequest request,
                                  http::FetchLimits limits,
                                  std::optional<base::Result<http::FetchedResponse>>& answer) {
    answer = co_await http::Fetch(pool, std::move(to), request, limits);
  }
  static rt::Task<void> StopInto(ModelServer& server, bool& stopped) {
    co_await server.Stop();
    stopped = true;
  }
};

}  // namespace fairway::modelsim
