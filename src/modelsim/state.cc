#include "modelsim/state.h"

#include <algorithm>

#include "json/writer.h"
#include "modelsim/engine/engine.h"

namespace fairway::modelsim {

void ServerState::Remember(const http::RequestHead& head) {
  last_target.assign(head.target.substr(0, kMaxValueBytes));
  last_fields.resize(std::min(head.fields.size(), kMaxFields));
  for (size_t i = 0; i < last_fields.size(); ++i) {
    last_fields[i].first.assign(head.fields[i].name.substr(0, kMaxValueBytes));
    last_fields[i].second.assign(head.fields[i].value.substr(0, kMaxValueBytes));
  }
}

std::string StateJson(const ServerState& state, const Engine& engine, std::string_view model,
                      std::string_view fault) {
  std::string out;
  json::Writer to(out);
  to.BeginObject().Member("model", model).Member("fault", fault);
  to.Member("received", state.received).Member("finished", state.finished);
  to.Member("refused", state.refused).Member("cancelled", state.cancelled);
  to.Member("scrapes", state.scrapes);
  to.Member("waiting", engine.waiting()).Member("running", engine.running());
  to.Member("free_blocks", engine.kv().free_blocks()).Member("blocks", engine.kv().blocks());
  const EngineStats& stats = engine.stats();
  to.Member("prompt_tokens", stats.prompt_tokens);
  to.Member("generation_tokens", stats.generation_tokens);
  to.Member("prefix_hits", stats.prefix_hits).Member("preemptions", stats.preemptions);
  to.Key("last_request").BeginObject().Member("target", state.last_target);
  to.Key("headers").BeginArray();
  for (const auto& [name, value] : state.last_fields) {
    to.BeginArray().Value(name).Value(value).EndArray();
  }
  to.EndArray().EndObject().EndObject();
  return out;
}

}  // namespace fairway::modelsim
