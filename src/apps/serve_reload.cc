#include "apps/serve_reload.h"

#include <utility>

#include "admin/decision_json.h"
#include "obs/log.h"

namespace fairway::apps {
namespace {

using base::Status;
using obs::Level;
using obs::Log;

bool SameCredentials(const CredentialFlags& a, const CredentialFlags& b) {
  return a.tls_certificate == b.tls_certificate && a.tls_key == b.tls_key &&
         a.upstream_authorities == b.upstream_authorities &&
         a.upstream_api_key_file == b.upstream_api_key_file &&
         a.session_key_file == b.session_key_file;
}

}  // namespace

Status CheckFixed(const ServeFlags& running, const ServeFlags& next) {
  std::string changed;
  const auto must_be = [&changed](bool same, std::string_view field) {
    if (same) return;
    if (!changed.empty()) changed += ", ";
    changed += field;
  };
  must_be(running.listen == next.listen, "listeners[0].address");
  must_be(running.admin == next.admin, "admin.address");
  must_be(running.threads == next.threads, "threads");
  must_be(running.max_connections == next.max_connections, "limits.connections");
  must_be(running.decision_records == next.decision_records, "limits.decisionRecords");
  must_be(running.access_log == next.access_log, "telemetry.accessLog");
  must_be(running.log_format == next.log_format, "telemetry.logFormat");
  must_be(SameCredentials(running.credentials, next.credentials), "credentials");
  if (changed.empty()) return {};
  return {base::Code::kInvalid,
          "fixed when the process starts, so a restart is needed: " + changed};
}

ServeReload::ServeReload(ServeFlags given, ServeConfig first, rt::Loop& loop, rt::Files& files,
                         obs::Registry& registry, Apply apply)
    : given_(std::move(given)),
      current_(std::move(first)),
      loop_(loop),
      files_(files),
      apply_(std::move(apply)),
      taken_(registry.AddCounter("fairway_config_reloads_total",
                                 "Changes of the configuration that were taken over.")),
      refused_(registry.AddCounter("fairway_config_reload_failures_total",
                                   "Changes of the configuration that were refused.")),
      stale_(registry.AddGauge("fairway_config_stale",
                               "1 while the last change was refused and an older one goes on.")),
      since_(loop.WallNow()) {}

void ServeReload::Follow() {
  if (given_.config_file.empty()) return;
  watch_ = files_.Watch(given_.config_file, [this] { Reload(); });
}

Status ServeReload::Take() {
  const std::string text = TRY(files_.Read(given_.config_file, kMaxConfigBytes));
  ServeConfig next = TRY(ReadServeConfig(given_, text));
  TRY_STATUS(CheckFixed(current_.flags, next.flags));
  TRY_STATUS(apply_(next));
  current_ = std::move(next);
  return {};
}

void ServeReload::Reload() {
  if (given_.config_file.empty()) {
    Log(Level::kInfo, "told to reload, and there is no --config");
    return;
  }
  const bool was_stale = !why_refused_.empty();
  if (const Status taken = Take(); !taken.ok()) {
    refused_.Add();
    if (!was_stale) stale_.Add(1);
    why_refused_ = taken.message();
    refused_at_ = loop_.WallNow();
    Log(Level::kError, "configuration refused; the last good one goes on",
        {{"file", given_.config_file}, {"why", why_refused_}});
    return;
  }
  taken_.Add();
  if (was_stale) stale_.Add(-1);
  why_refused_.clear();
  ++generation_;
  since_ = loop_.WallNow();
  for (const std::string& warning : current_.warnings) Log(Level::kWarning, warning);
  Log(Level::kInfo, "configuration taken over",
      {{"file", given_.config_file},
       {"generation", generation_},
       {"pools", current_.pools.size()}});
}

std::string ServeReload::Page() const {
  std::string page = "# generation " + std::to_string(generation_) + ", in effect since " +
                     admin::Timestamp(since_) + "\n";
  if (!why_refused_.empty()) {
    page += "# refused at " + admin::Timestamp(refused_at_) + ":\n";
    for (size_t at = 0; at <= why_refused_.size();) {
      const size_t end = std::min(why_refused_.find('\n', at), why_refused_.size());
      page += "#   " + why_refused_.substr(at, end - at) + "\n";
      at = end + 1;
    }
  }
  return page + PrintServeConfig(current_);
}

}  // namespace fairway::apps
