#include "sources/static_endpoints.h"

#include <algorithm>
#include <utility>

#include "net/network.h"
#include "obs/log.h"

namespace fairway::sources {
namespace {

bool IsIpv6(std::string_view address) { return address.find(':') != address.npos; }

bool IsLiteral(const EndpointUrl& url) {
  const std::string text = IsIpv6(url.host) ? "[" + url.host + "]:1" : url.host + ":1";
  return net::ParseAddress(text).ok();
}

std::vector<std::string> OneFamily(std::vector<std::string> addresses) {
  const bool any_v4 = !std::ranges::all_of(addresses, IsIpv6);
  if (any_v4) std::erase_if(addresses, IsIpv6);
  return addresses;
}

}  // namespace

base::Result<std::unique_ptr<StaticEndpoints>> StaticEndpoints::Create(
    std::span<const std::string> urls, rt::Loop& loop, data::Pool& pool, obs::Registry& registry,
    StaticOptions options) {
  std::vector<Entry> entries;
  std::string wrong;
  const auto say = [&wrong](std::string_view what) {
    if (!wrong.empty()) wrong += "; ";
    wrong += what;
  };
  for (const std::string& text : urls) {
    auto url = ParseEndpointUrl(text);
    if (!url.ok()) {
      say(url.status().message());
      continue;
    }
    const bool repeated = std::ranges::any_of(entries, [&](const Entry& entry) {
      return entry.url.host == url->host && entry.url.port == url->port;
    });
    if (repeated) say("\"" + text + "\": the same host and port stands there twice");
    const bool literal = IsLiteral(*url);
    entries.push_back({.url = *std::move(url), .literal = literal, .addresses = {}});
  }
  if (urls.empty()) say("no model server is named");
  if (!wrong.empty()) return base::Status(base::Code::kInvalid, std::move(wrong));
  return std::unique_ptr<StaticEndpoints>(
      new StaticEndpoints(std::move(entries), loop, pool, registry, options));
}

StaticEndpoints::StaticEndpoints(std::vector<Entry> entries, rt::Loop& loop, data::Pool& pool,
                                 obs::Registry& registry, StaticOptions options)
    : entries_(std::move(entries)),
      loop_(loop),
      pool_(pool),
      failures_(registry.AddCounter("fairway_resolve_failures_total",
                                    "Host names of model servers that could not be resolved.")),
      options_(options),
      timer_([this] { ResolveAll(); }),
      alive_(std::make_shared<int>(0)) {}

void StaticEndpoints::Start() {
  for (Entry& entry : entries_) {
    if (entry.literal) entry.addresses = {entry.url.host};
  }
  Apply();
  ResolveAll();
}

void StaticEndpoints::ResolveAll() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].literal) continue;
    ++pending_;
    loop_.Resolve(entries_[i].url.host,
                  [this, i, alive = std::weak_ptr<int>(alive_)](auto addresses) {
                    if (!alive.expired()) Resolved(i, std::move(addresses));
                  });
  }
}

void StaticEndpoints::Resolved(size_t index, base::Result<std::vector<std::string>> addresses) {
  Entry& entry = entries_[index];
  if (addresses.ok() && addresses->empty()) {
    addresses = base::Status(base::Code::kNotFound, "no address");
  }
  if (addresses.ok()) {
    entry.addresses = OneFamily(*std::move(addresses));
    entry.failing = false;
  } else {
    failures_.Add();
    if (!std::exchange(entry.failing, true)) {
      obs::Log(obs::Level::kWarning, "cannot resolve a model server's name; keeping what it was",
               {{"host", entry.url.host},
                {"addresses", entry.addresses.size()},
                {"why", addresses.status().ToString()}});
    }
  }
  // One publication for all names; the next round begins when this one is over.
  if (--pending_ > 0) return;
  Apply();
  loop_.Start(timer_, options_.resolve_interval);
}

void StaticEndpoints::Apply() {
  std::map<Place, const Entry*> wanted;
  for (const Entry& entry : entries_) {
    for (const std::string& ip : entry.addresses) {
      wanted.try_emplace({ip, entry.url.port}, &entry);  // two names of one server: once
    }
  }
  std::erase_if(members_, [&](const auto& member) {
    if (wanted.contains(member.first)) return false;
    pool_.table.Remove(member.second);
    return true;
  });
  for (const auto& [place, entry] : wanted) {
    if (members_.contains(place)) continue;
    data::EndpointSpec spec{.ip = place.first,
                            .port = place.second,
                            .url_prefix = entry->url.prefix,
                            .labels = {{"host", entry->url.host}}};
    const auto id = pool_.table.Add(std::move(spec));
    if (id.ok()) {
      members_.emplace(place, *id);
      refused_.erase(place);
    } else if (refused_.insert(place).second) {
      obs::Log(obs::Level::kError, "cannot add a model server",
               {{"ip", place.first}, {"port", place.second}, {"why", id.status().ToString()}});
    }
  }
  pool_.Publish();
}

}  // namespace fairway::sources
