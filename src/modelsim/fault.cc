#include "modelsim/fault.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "json/reader.h"

namespace fairway::modelsim {
namespace {

constexpr std::array<std::pair<std::string_view, FaultMode>, 6> kModes = {{
    {"none", FaultMode::kNone},
    {"hang", FaultMode::kHang},
    {"error", FaultMode::kError},
    {"close", FaultMode::kClose},
    {"slow", FaultMode::kSlow},
    {"refuse-new", FaultMode::kRefuseNew},
}};

base::Status Bad(std::string_view key, std::string_view what) {
  return {base::Code::kInvalid, std::string(key) + " must be " + std::string(what)};
}

base::Result<int64_t> Number(const json::Member& member, int64_t least, int64_t most) {
  const std::optional<int64_t> number = member.value.Int();
  if (number && *number >= least && *number <= most) return *number;
  return Bad(member.key,
             "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

base::Status ReadMode(const json::Member& member, Fault& fault) {
  const std::string name = member.value.String().value_or("");
  for (const auto& [known, mode] : kModes) {
    if (name != known) continue;
    fault.mode = mode;
    return {};
  }
  return Bad("mode", "none, hang, error, close, slow or refuse-new");
}

base::Status ReadMember(const json::Member& member, Fault& fault) {
  constexpr int64_t kHour = 3'600'000;
  if (member.key == "mode") return ReadMode(member, fault);
  if (member.key == "code") {
    fault.code = static_cast<int>(TRY(Number(member, 400, 599)));
  } else if (member.key == "after_chunks") {
    fault.after_chunks = static_cast<uint32_t>(TRY(Number(member, 0, 1'000'000)));
  } else if (member.key == "first_byte_delay_ms") {
    fault.first_byte_delay = std::chrono::milliseconds(TRY(Number(member, 0, kHour)));
  } else if (member.key == "for_ms") {
    fault.lasts = std::chrono::milliseconds(TRY(Number(member, 0, kHour)));
  } else if (member.key == "with") {
    const std::string with = member.value.String().value_or("");
    if (with != "reset" && with != "fin") return Bad("with", "reset or fin");
    fault.close_with = with == "fin" ? CloseWith::kFin : CloseWith::kReset;
  } else {
    return {base::Code::kInvalid, "unknown key \"" + member.key + "\""};
  }
  return {};
}

}  // namespace

std::string_view FaultName(FaultMode mode) {
  for (const auto& [name, known] : kModes) {
    if (known == mode) return name;
  }
  return "none";
}

base::Result<Fault> ParseFault(std::string_view json) {
  json::Reader reader;
  const json::Value root = TRY(reader.Read(json));
  if (!root["mode"]) return Bad("mode", "given");
  Fault fault;
  for (const json::Member& member : root.Members()) TRY_STATUS(ReadMember(member, fault));
  return fault;
}

}  // namespace fairway::modelsim
