#include "admin/handler.h"

#include <charconv>
#include <utility>

#include "admin/decision_json.h"
#include "admin/endpoints_json.h"

namespace fairway::admin {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kDecisions = "/debug/decisions";
constexpr std::string_view kIndex =
    "fairway admin\n"
    "  /healthz                       the process runs\n"
    "  /readyz                        a model server can take requests\n"
    "  /metrics                       Prometheus\n"
    "  /debug/config                  the configuration in effect, and the last one refused\n"
    "  /debug/endpoints               what is known of each model server\n"
    "  /debug/decisions?last=10       the last decisions, newest first\n"
    "  /debug/decisions/{request-id}  why that request went where it went\n";

// The value of one parameter of a query, as it stands; empty if absent.
std::string_view Parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return pair.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

Handler::Handler(HandlerParts parts) : parts_(std::move(parts)) {}

rt::Task<void> Handler::Handle(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = head.path();
  if (head.method != "GET" && head.method != "HEAD")
    return AnswerPage(exchange, 405, kText, "The admin port takes GET only.\n");
  if (path == "/") return AnswerPage(exchange, 200, kText, std::string(kIndex));
  if (path == "/healthz") return AnswerPage(exchange, 200, kText, "ok\n");
  if (path == "/readyz") {
    const std::string why_not = parts_.not_ready();
    if (why_not.empty()) return AnswerPage(exchange, 200, kText, "ready\n");
    return AnswerPage(exchange, 503, kText, "not ready: " + why_not + "\n");
  }
  if (path == "/metrics") {
    std::string page;
    parts_.registry.Render(page);
    return AnswerPage(exchange, 200, obs::Registry::kContentType, std::move(page));
  }
  if (path == "/debug/endpoints")
    return AnswerPage(exchange, 200, kJson, RenderEndpoints(parts_.pools(), parts_.loop.Now()));
  if (path == "/debug/config") return AnswerPage(exchange, 200, kText, parts_.config());
  if (path == kDecisions) {
    DecisionQuery query;
    const std::string_view last = Parameter(head.query(), "last");
    const char* end = last.data() + last.size();
    if (!last.empty() &&
        (std::from_chars(last.data(), end, query.last).ptr != end || query.last == 0))
      return AnswerPage(exchange, 400, kText, "last: expected a number above 0\n");
    return AnswerDecisions(exchange, std::move(query));
  }
  if (path.starts_with(kDecisions) && path.size() > kDecisions.size() + 1 &&
      path[kDecisions.size()] == '/')
    return AnswerDecisions(exchange, {.request_id = std::string(path.substr(kDecisions.size() + 1)),
                                      .last = kMaxDecisions});
  return AnswerPage(exchange, 404, kText, std::string("No such page.\n\n") + std::string(kIndex));
}

rt::Task<void> Handler::AnswerDecisions(http::Exchange& exchange, DecisionQuery query) {
  const bool one = !query.request_id.empty();
  const std::vector<director::DecisionRecord> found =
      co_await CollectDecisions(parts_.loop, parts_.decisions, std::move(query));
  const std::vector<const data::Pool*> pools = parts_.pools();
  std::string page;
  json::Writer to(page);
  to.BeginObject().Key("decisions").BeginArray();
  for (const director::DecisionRecord& record : found) WriteDecision(record, pools, to);
  to.EndArray();
  if (one && found.empty())
    to.Member("note", "No such request among those kept; the oldest are overwritten.");
  to.EndObject();
  page += '\n';
  co_await AnswerPage(exchange, one && found.empty() ? 404 : 200, kJson, std::move(page));
}

rt::Task<void> Handler::AnswerPage(http::Exchange& exchange, int status, std::string_view type,
                                   std::string page) {
  // Whoever asked may be gone; there is nobody to tell then.
  (void)co_await exchange.Respond(status, type, page);
}

}  // namespace fairway::admin
