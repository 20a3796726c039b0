#include "loadgen/chat.h"

#include "json/text.h"

namespace fairway::loadgen {

void AppendHead(const LoadOptions& options, size_t body_bytes, std::string& out) {
  out.append("POST ").append(options.path).append(" HTTP/1.1\r\nhost: ");
  out += options.targets.front().ToString();
  out += "\r\nuser-agent: fairway-load\r\naccept: */*\r\ncontent-type: application/json\r\n";
  if (!options.authorization.empty()) {
    out.append("authorization: ").append(options.authorization).append("\r\n");
  }
  out.append("content-length: ").append(std::to_string(body_bytes)).append("\r\n\r\n");
}

void AppendOpening(const LoadOptions& options, uint32_t max_tokens, std::string& out) {
  out += '{';
  if (!options.model.empty()) {
    out += "\"model\":";
    json::AppendQuoted(options.model, out);
    out += ',';
  }
  // ignore_eos: the answer is as long as asked for, so that a run is comparable.
  out.append("\"max_tokens\":").append(std::to_string(max_tokens)).append(",\"ignore_eos\":true");
  if (options.answer == AnswerKind::kStream) {
    out += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
  }
  out += ",\"messages\":[";
}

void AppendRole(std::string_view role, Place place, std::string& out) {
  if (place == Place::kLater) out += ',';
  out.append("{\"role\":\"").append(role).append("\",\"content\":\"");
}

}  // namespace fairway::loadgen
