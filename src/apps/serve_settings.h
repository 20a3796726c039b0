#pragma once
// Everything that `serve` can be told, as values with their defaults: by flags (command_line.h), by
// a file (serve_config.h), or by both.

#include <chrono>
#include <string>
#include <vector>

#include "apps/serve_credentials.h"
#include "base/time.h"
#include "config/node.h"
#include "gateway/options.h"
#include "net/network.h"
#include "sources/scrape_pace.h"

namespace fairway::apps {

// A pool of model servers; they come from exactly one of the three.
struct PoolSettings {
  std::string name = "default";
  std::vector<std::string> endpoints;  // URLs
  std::string file;                    // in the format of sources/endpoints_file.h
  std::string dns;                     // one URL, whose host stands for all its addresses
  std::string picker;                  // metadata.name of an EndpointPickerConfig
  config::Node at;                     // in the file; absent if flags made it
};

// One of the models that a name stands for, and its share.
struct RewriteSettings {
  std::string model;
  size_t weight = 1;
};

// Names that clients ask for, the pool they belong to, and what servers are asked for instead.
struct ModelSettings {
  std::string name;
  std::vector<std::string> adapters;
  std::string pool;
  std::vector<RewriteSettings> rewrites;  // of `name`
  config::Node at;
};

struct ServeFlags {
  std::vector<std::string> urls;  // of the pool `default`, as is endpoints_file
  std::string endpoints_file;
  std::string config_file;
  net::Address listen{.ip = "127.0.0.1", .port = 8080};
  net::Address admin{.ip = "127.0.0.1", .port = 9901};
  size_t threads = 0;  // 0: as many as the cgroup allows, at most 8
  std::string access_log = "-";
  std::string log_format = "text";
  gateway::Options gateway;
  size_t max_connections = 10'000;
  size_t decision_records = 1024;
  size_t prefix_index_bytes = size_t{64} << 20;
  base::Duration drain{std::chrono::seconds(30)};
  sources::PaceOptions scrape;
  CredentialFlags credentials;
  std::vector<PoolSettings> pools;  // of the file
  std::vector<ModelSettings> models;
  // The command line that gave these, the program's name left out: it is read again over each
  // reading of the file, so that it wins.
  std::vector<std::string> words;
};

}  // namespace fairway::apps
