#include "modelsim/fault.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <optional>

#include "config/fields.h"
#include "config/yaml.h"

namespace fairway::modelsim {
namespace {

constexpr size_t kMaxFileBytes = 64 * 1024;
constexpr size_t kMaxPlanned = 256;

constexpr std::array<std::pair<std::string_view, FaultMode>, 14> kModes = {{
    {"none", FaultMode::kNone},
    {"error", FaultMode::kError},
    {"close", FaultMode::kClose},
    {"slow", FaultMode::kSlow},
    {"silent", FaultMode::kSilent},
    {"wrong-content", FaultMode::kWrongContent},
    {"hang", FaultMode::kHang},
    {"refuse-new", FaultMode::kRefuseNew},
    {"crash", FaultMode::kCrash},
    {"drain", FaultMode::kDrain},
    {"stale-metrics", FaultMode::kStaleMetrics},
    {"garbled-metrics", FaultMode::kGarbledMetrics},
    {"slow-metrics", FaultMode::kSlowMetrics},
    {"no-metrics", FaultMode::kNoMetrics},
}};

void ReadMode(config::Fields& fields, const config::Node& node, Fault& fault) {
  std::string name;
  fields.Require("mode");
  fields.Read("mode", name);
  const auto known =
      std::ranges::find(kModes, name, &std::pair<std::string_view, FaultMode>::first);
  if (known != kModes.end()) {
    fault.mode = known->second;
    return;
  }
  std::string message = "expected one of:";
  for (const auto& [mode, value] : kModes) message.append(" ").append(mode);
  fields.Complain(node.Get("mode").Error(message));
}

void ReadMilliseconds(config::Fields& fields, std::string_view key, base::Duration& into) {
  int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(into).count();
  fields.Read(key, ms, {.least = 0, .most = 3'600'000});
  into = std::chrono::milliseconds(ms);
}

void ReadMembers(config::Fields& fields, const config::Node& node, Fault& fault) {
  ReadMode(fields, node, fault);
  fields.Read("code", fault.code, {.least = 400, .most = 599});
  fields.Read("after_chunks", fault.after_chunks, {.least = 0, .most = 1'000'000});
  ReadMilliseconds(fields, "first_byte_delay_ms", fault.delay);
  ReadMilliseconds(fields, "for_ms", fault.lasts);
  fields.Read("delay", fault.delay);
  fields.Read("for", fault.lasts);
  fields.Read("from", fault.from);
  fields.Read("probability", fault.probability, {.least = 0, .most = 1});
  std::string with = "reset";
  fields.Read("with", with);
  if (with != "reset" && with != "fin") {
    fields.Complain(node.Get("with").Error("expected reset or fin"));
  }
  fault.close_with = with == "fin" ? CloseWith::kFin : CloseWith::kReset;
}

std::optional<uint32_t> Number(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "0-3,7"
bool ReadRanges(std::string_view text, std::vector<std::pair<uint32_t, uint32_t>>& into) {
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view range = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const size_t dash = range.find('-');
    const auto from = Number(range.substr(0, dash));
    const auto to = dash == std::string_view::npos ? from : Number(range.substr(dash + 1));
    if (!from || !to || *from > *to) return false;
    into.emplace_back(*from, *to);
  }
  return !into.empty();
}

}  // namespace

std::string_view FaultName(FaultMode mode) {
  for (const auto& [name, known] : kModes) {
    if (known == mode) return name;
  }
  return "none";
}

base::Result<Fault> ReadFault(const config::Node& node) {
  Fault fault;
  config::Fields fields(node);
  ReadMembers(fields, node, fault);
  TRY_STATUS(fields.Finish());
  return fault;
}

base::Result<Fault> ParseFault(std::string_view text) {
  return ReadFault(TRY(config::ParseYamlDocument(text, "fault")));
}

bool PlannedFault::Concerns(uint32_t endpoint) const {
  return endpoints.empty() || std::ranges::any_of(endpoints, [endpoint](const auto& range) {
           return range.first <= endpoint && endpoint <= range.second;
         });
}

base::Result<std::vector<PlannedFault>> ParseFaultPlan(std::string_view yaml, std::string file) {
  const config::Node root = TRY(config::ParseYamlDocument(yaml, std::move(file)));
  config::Fields top(root);
  const config::Node list = top.Take("faults");
  TRY_STATUS(top.Finish());
  if (list.Items().size() > kMaxPlanned) return list.Error("more than 256 faults");
  std::vector<PlannedFault> plan;
  for (const config::Node& item : list.Items()) {
    PlannedFault& planned = plan.emplace_back();
    config::Fields fields(item);
    ReadMembers(fields, item, planned.fault);
    std::string endpoints;
    fields.Read("endpoints", endpoints);
    if (!endpoints.empty() && !ReadRanges(endpoints, planned.endpoints)) {
      fields.Complain(item.Get("endpoints").Error("expected numbers and ranges, as in \"0-3,7\""));
    }
    TRY_STATUS(fields.Finish());
  }
  return plan;
}

base::Result<std::vector<PlannedFault>> LoadFaultPlan(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::Status(base::Code::kNotFound, "no file of faults " + path);
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) {
    return base::Status(base::Code::kExhausted, path + " is larger than 64 KiB");
  }
  return ParseFaultPlan(text, path);
}

}  // namespace fairway::modelsim
