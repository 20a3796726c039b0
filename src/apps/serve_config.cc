#include "apps/serve_config.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "apps/command_line.h"
#include "apps/serve_schema.h"
#include "config/fields.h"
#include "config/print_node.h"
#include "config/yaml.h"
#include "plugins/catalogue.h"
#include "sources/endpoints_file.h"

namespace fairway::apps {
namespace {

using base::Code;
using base::Result;
using base::Status;
using config::Node;

template <class List, class Value, class Key = std::identity>
bool Has(const List& list, const Value& value, Key key = {}) {
  return std::ranges::find(list, value, key) != std::ranges::end(list);
}

// Gathers complaints, so that a user sees all at once.
class Complaints {
 public:
  void Add(const Status& status) {
    if (status.ok()) return;
    if (!all_.empty()) all_ += '\n';
    all_ += status.message();
  }
  Status Take() { return all_.empty() ? Status() : Status(Code::kInvalid, std::move(all_)); }

 private:
  std::string all_;
};

// What a file holds, by kind.
struct Documents {
  Node serve;  // absent if there is none
  std::vector<Node> pickers;
};

Result<Documents> Sort(const std::vector<Node>& all) {
  Documents sorted;
  Complaints wrong;
  for (const Node& document : all) {
    const Node kind = document.Get("kind");
    const std::string name = kind.IsScalar() ? *kind.Text() : std::string();
    if (name == sched::kPickerConfigKind) {
      sorted.pickers.push_back(document);
    } else if (name != kServeKind) {
      const std::vector<std::string> kinds = {std::string(kServeKind),
                                              std::string(sched::kPickerConfigKind)};
      const std::string_view meant = config::Nearest(name, kinds);
      wrong.Add(kind.Error(kind.IsNull() ? "missing"
                           : meant.empty()
                               ? "unknown kind " + kind.Shown()
                               : "unknown kind; did you mean \"" + std::string(meant) + "\"?"));
    } else if (!sorted.serve.IsNull()) {
      wrong.Add(kind.Error("there is one such document already, at " + sorted.serve.Where()));
    } else {
      sorted.serve = document;
    }
  }
  TRY_STATUS(wrong.Take());
  return sorted;
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// From settings to what can be run; one at a time, with the documents at hand.
class Builder {
 public:
  Builder(ServeConfig& config, const std::vector<Node>& pickers) : config_(config) {
    for (const Node& picker : pickers) AddPicker(picker);
  }

  Status Build() {
    AddFlagsPool();
    if (config_.flags.pools.empty())
      wrong_.Add({Code::kInvalid, "no model server is named: give URLs, --endpoints or pools"});
    if (config_.flags.pools.size() > kMaxPools)
      wrong_.Add({Code::kInvalid, "more than " + std::to_string(kMaxPools) + " pools"});
    for (const PoolSettings& pool : config_.flags.pools) AddPool(pool);
    CheckModels();
    for (const auto& [name, picker] : pickers_) {
      if (!used_.contains(name) && !name.empty())
        wrong_.Add(picker.Get("metadata").Get("name").Error("no pool names this picker"));
    }
    return wrong_.Take();
  }

 private:
  void AddPicker(const Node& picker) {
    const Node name = picker.Get("metadata").Get("name");
    const std::string text = name.IsScalar() ? *name.Text() : std::string();
    if (!pickers_.emplace(text, picker).second)
      wrong_.Add(picker.Error(text.empty() ? "a second EndpointPickerConfig without metadata.name"
                                           : "a second picker of the name \"" + text + "\""));
  }

  // URLs and --endpoints of the command line.
  void AddFlagsPool() {
    ServeFlags& flags = config_.flags;
    if (flags.urls.empty() && flags.endpoints_file.empty()) return;
    if (!flags.pools.empty()) {
      wrong_.Add(
          {Code::kInvalid, "model servers are named on the command line and in pools: choose one"});
      return;
    }
    flags.pools.push_back({.endpoints = flags.urls, .file = flags.endpoints_file});
  }

  void AddPool(const PoolSettings& from) {
    const auto complain = [&](std::string_view field, std::string_view what) {
      wrong_.Add(from.at.kind() == config::Kind::kNull ? Status(Code::kInvalid, std::string(what))
                                                       : from.at.Get(field).Error(what));
    };
    PoolConfig pool{.name = from.name, .file = from.file};
    if (!IsPlainName(from.name))
      complain("name", "expected 1 to 63 letters, digits, -, _ or ., got \"" + from.name + "\"");
    if (Has(config_.pools, from.name, &PoolConfig::name))
      complain("name", "a pool named \"" + from.name + "\" stands above");
    const int sources =
        (from.endpoints.empty() ? 0 : 1) + (from.file.empty() ? 0 : 1) + (from.dns.empty() ? 0 : 1);
    pool.picker = PickerOf(from, complain);
    const std::string by_picker = FileOfPicker(pool);
    if (sources == 0 && !by_picker.empty()) {
      pool.file = by_picker;
    } else if (sources != 1) {
      complain("endpoints", "give exactly one of endpoints, file and dns");
    }
    const std::vector<std::string> urls =
        from.dns.empty() ? from.endpoints : std::vector<std::string>{from.dns};
    if (auto entries = sources::ParseEndpointUrls(urls); entries.ok()) {
      pool.entries = *std::move(entries);
    } else {
      complain(from.dns.empty() ? "endpoints" : "dns", entries.status().message());
    }
    CheckFile(pool.file);
    config_.pools.push_back(std::move(pool));
  }

  template <class Complain>
  Node PickerOf(const PoolSettings& pool, Complain& complain) {
    const auto found = pickers_.find(pool.picker);
    if (found != pickers_.end()) {
      used_[pool.picker] = true;
      return found->second;
    }
    if (!pool.picker.empty()) {
      std::vector<std::string> names;
      for (const auto& [name, picker] : pickers_) names.push_back(name);
      const std::string_view meant = config::Nearest(pool.picker, names);
      complain("picker", "no EndpointPickerConfig of that name" +
                             (meant.empty() ? std::string()
                                            : "; did you mean \"" + std::string(meant) + "\"?"));
    }
    const auto built_in = config::ParseYamlDocument(BuiltInPicker(), "(built-in picker)");
    CHECK(built_in.ok());
    return *built_in;
  }

  std::string BuiltInPicker() const {
    std::string text = "apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n";
    text += sched::ServeDefaultConfig();
    constexpr std::string_view kIndex = "- type: approx-prefix-cache-producer\n";
    const size_t at = text.find(kIndex);
    CHECK(at != std::string::npos);
    text.insert(at + kIndex.size(), "  parameters: {maxIndexBytes: " +
                                        std::to_string(config_.flags.prefix_index_bytes) + "}\n");
    return text;
  }

  // Makes the picker, only to see whether it can be made; the endpoints file that it names.
  std::string FileOfPicker(const PoolConfig& pool) {
    data::Learned unused;
    auto made = MakePicker(pool, unused);
    if (!made.ok()) {
      wrong_.Add(made.status());
      return {};
    }
    for (std::string& warning : made->warnings) {
      if (!Has(config_.warnings, warning)) config_.warnings.push_back(std::move(warning));
    }
    return made->needs.endpoints_file;
  }

  void CheckFile(const std::string& file) {
    if (file.empty()) return;
    const auto text = rt::ReadDiskFile(file, sources::kMaxEndpointsFileBytes);
    wrong_.Add(text.ok() ? base::StatusOf(sources::ParseEndpointsFile(*text, file))
                         : text.status());
  }

  void CheckModels() {
    std::vector<std::string> pools;
    for (const PoolConfig& pool : config_.pools) pools.push_back(pool.name);
    std::map<std::string, Node> taken;
    for (const ModelSettings& model : config_.flags.models) {
      if (model.name.empty()) wrong_.Add(model.at.Get("name").Error("missing"));
      std::vector<std::string> names = model.adapters;
      names.push_back(model.name);
      for (const std::string& name : names) {
        const auto [first, is_first] = taken.emplace(name, model.at);
        if (!is_first)
          wrong_.Add(model.at.Error("\"" + name + "\" belongs to a pool already, at " +
                                    first->second.Where()));
      }
      if (model.pool.empty() || Has(pools, model.pool)) continue;
      const std::string_view meant = config::Nearest(model.pool, pools);
      wrong_.Add(model.at.Get("pool").Error(
          meant.empty() ? "no pool of that name"
                        : "no pool of that name; did you mean \"" + std::string(meant) + "\"?"));
    }
  }

  ServeConfig& config_;
  Complaints wrong_;
  std::map<std::string, Node> pickers_;  // by metadata.name
  std::map<std::string, bool> used_;
};

}  // namespace

Result<ServeConfig> ReadServeConfig(const ServeFlags& given) {
  if (given.config_file.empty()) return ReadServeConfig(given, "");
  const std::string text = TRY(rt::ReadDiskFile(given.config_file, kMaxConfigBytes));
  return ReadServeConfig(given, text);
}

Result<ServeConfig> ReadServeConfig(const ServeFlags& given, std::string_view text) {
  ServeConfig config{.flags = given};
  Documents documents;
  Complaints wrong;
  if (!given.config_file.empty()) {
    const std::vector<Node> all = TRY(config::ParseYaml(text, given.config_file));
    documents = TRY(Sort(all));
    config.flags = ServeFlags();
    if (!documents.serve.IsNull()) {
      for (const std::string_view field : {"apiVersion", "kind"}) {
        if (documents.serve.Get(field).IsNull()) return documents.serve.Get(field).Error("missing");
      }
      wrong.Add(config::ReadAs(documents.serve, [&config](config::Schema& schema) {
        DescribeServe(schema, config.flags);
      }));
    }
    TRY_STATUS(ParseServeWords(given.words, config.flags));
  }
  wrong.Add(Builder(config, documents.pickers).Build());
  TRY_STATUS(wrong.Take());
  return config;
}

Result<sched::PickerConfig> MakePicker(const PoolConfig& pool, data::Learned& learned) {
  return sched::ReadPickerConfig(pool.picker, plugins::All(), learned);
}

std::string PrintServeConfig(const ServeConfig& config) {
  ServeFlags flags = config.flags;
  std::string text =
      config::PrintAs([&flags](config::Schema& schema) { DescribeServe(schema, flags); });
  for (const PoolConfig& pool : config.pools)
    text += "---\n# decides in pool " + pool.name + "\n" + config::PrintNode(pool.picker);
  return text;
}

}  // namespace fairway::apps
