#include "sources/endpoints_file.h"

#include <map>
#include <utility>

#include "config/fields.h"
#include "config/yaml.h"
#include "obs/log.h"

namespace fairway::sources {
namespace {

using base::Status;

base::Result<EndpointEntry> ReadEntry(const config::Node& node, std::string& id) {
  config::Fields fields(node);
  std::string name;
  std::string space = "default";
  std::string address;
  fields.Require("name");
  fields.Require("address");
  fields.Require("port");
  fields.Read("name", name);
  fields.Read("namespace", space);
  fields.Read("address", address);
  std::string port;
  fields.Read("port", port);
  const config::Node labels = fields.Take("labels");
  TRY_STATUS(fields.Finish());
  id = space + "/" + name;

  const bool digits = port.find_first_not_of("0123456789") == port.npos;
  if (!digits || !ParseEndpointUrl("http://a:" + port).ok())
    return node.Get("port").Error("expected a port from 1 to 65535, got " +
                                  node.Get("port").Shown());
  const bool six = address.find(':') != address.npos;
  auto url = ParseEndpointUrl("http://" + (six ? "[" + address + "]" : address) + ":" + port);
  if (!url.ok() || url->host != address)
    return node.Get("address").Error("expected an address or a host name, got " +
                                     node.Get("address").Shown());
  EndpointEntry entry{.url = *std::move(url), .labels = {{"name", name}, {"namespace", space}}};
  if (!labels.IsNull() && !labels.IsMap())
    return labels.Error("expected a map, got " + labels.Shown());
  for (const config::Node& label : labels.Items()) {
    std::string value = TRY(label.Text());
    std::erase_if(entry.labels, [&](const auto& known) { return known.first == label.Key(); });
    entry.labels.emplace_back(std::string(label.Key()), std::move(value));
  }
  return entry;
}

}  // namespace

base::Result<std::vector<EndpointEntry>> ParseEndpointsFile(std::string_view text,
                                                            const std::string& file) {
  const config::Node root = TRY(config::ParseYamlDocument(text, file));
  if (root.IsNull()) return Status(base::Code::kInvalid, file + ": nothing in it");
  config::Fields fields(root);
  fields.Require("endpoints");
  const config::Node list = fields.Take("endpoints");
  if (!list.IsNull() && !list.IsList())
    fields.Complain(list.Error("expected a list, got " + list.Shown()));
  std::vector<EndpointEntry> entries;
  std::map<std::string, size_t> by_id;
  for (const config::Node& item : list.Items()) {
    std::string id;
    auto entry = ReadEntry(item, id);
    if (!entry.ok()) {
      fields.Complain(entry.status());
      continue;
    }
    const auto [at, first] = by_id.try_emplace(id, entries.size());
    if (first) entries.emplace_back();
    entries[at->second] = *std::move(entry);
  }
  TRY_STATUS(fields.Finish());
  return entries;
}

EndpointsFile::EndpointsFile(rt::Files& files, std::string path, obs::Registry& registry,
                             OnList on_list)
    : files_(files),
      path_(std::move(path)),
      refused_(registry.AddCounter("fairway_endpoints_file_refused_total",
                                   "Changes of an endpoints file that were not taken over.")),
      on_list_(std::move(on_list)) {}

Status EndpointsFile::Start() {
  watch_ = files_.Watch(path_, [this] { Changed(); });
  return Load();
}

Status EndpointsFile::Load() {
  const std::string text = TRY(files_.Read(path_, kMaxEndpointsFileBytes));
  std::vector<EndpointEntry> entries = TRY(ParseEndpointsFile(text, path_));
  obs::Log(obs::Level::kInfo, "read an endpoints file",
           {{"file", path_}, {"endpoints", entries.size()}});
  on_list_(std::move(entries));
  return {};
}

void EndpointsFile::Changed() {
  const Status loaded = Load();
  if (loaded.ok()) return;
  refused_.Add();
  obs::Log(obs::Level::kError, "endpoints file not taken over; the last good one goes on",
           {{"file", path_}, {"why", loaded.message()}});
}

}  // namespace fairway::sources
