#pragma once
// HostNeeds: what a configuration asks of the process around the scheduler: plugins that are not
// run in a decision (a metrics source, a session's header) put it here while they are made. Values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "data/engine_mapping.h"

namespace fairway::sched {

// Where a session's token travels.
struct SessionNames {
  std::string header;  // request and response, lower case
  std::string cookie;  // empty: no cookie is read or set
  friend bool operator==(const SessionNames&, const SessionNames&) = default;
};

struct HostNeeds {
  std::optional<SessionNames> session;
  // Sources; what is empty stays as the process has it.
  std::string metrics_path;
  std::optional<base::Duration> metrics_interval;  // the fastest
  uint16_t metrics_port = 0;                       // 0: the endpoint's own
  std::string models_path;
  std::string endpoints_file;
  // How metrics pages are read: these in addition to the built-in ones, or instead of those of the
  // same name.
  std::vector<data::EngineMapping> engines;
  std::string default_engine;  // empty: by what is on the page
  std::string
      engine_label_key;  // label of an endpoint that names its engine; empty: the contract's
};

}  // namespace fairway::sched
