#include "sources/membership.h"

#include <algorithm>
#include <utility>

#include "net/network.h"
#include "obs/log.h"

namespace fairway::sources {
namespace {

using Strings = std::vector<std::string>;

bool IsIpv6(std::string_view address) { return address.find(':') != address.npos; }

bool IsLiteral(const EndpointUrl& url) {
  const std::string text = IsIpv6(url.host) ? "[" + url.host + "]:1" : url.host + ":1";
  return net::ParseAddress(text).ok();
}

Strings OneFamily(Strings addresses) {
  const bool any_v4 = !std::ranges::all_of(addresses, IsIpv6);
  if (any_v4) std::erase_if(addresses, IsIpv6);
  return addresses;
}

// As the entry has them, and the name under which the address was found.
std::vector<std::pair<std::string, std::string>> LabelsOf(const EndpointEntry& entry) {
  auto labels = entry.labels;
  const auto is_host = [](const auto& label) { return label.first == "host"; };
  if (std::ranges::none_of(labels, is_host)) labels.emplace_back("host", entry.url.host);
  return labels;
}

}  // namespace

base::Result<std::vector<EndpointEntry>> ParseEndpointUrls(std::span<const std::string> urls) {
  std::vector<EndpointEntry> entries;
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
    const bool repeated = std::ranges::any_of(entries, [&](const EndpointEntry& entry) {
      return entry.url.host == url->host && entry.url.port == url->port;
    });
    if (repeated) say("\"" + text + "\": the same host and port stands there twice");
    entries.push_back({.url = *std::move(url), .labels = {}});
  }
  if (!wrong.empty()) return base::Status(base::Code::kInvalid, std::move(wrong));
  return entries;
}

Membership::Membership(rt::Loop& loop, data::Pool& pool, obs::Registry& registry,
                       MembershipOptions options)
    : loop_(loop),
      pool_(pool),
      failures_(registry.AddCounter("fairway_resolve_failures_total",
                                    "Host names of model servers that could not be resolved.")),
      options_(options),
      timer_([this] { ResolveAll(); }),
      alive_(std::make_shared<int>(0)) {}

void Membership::Replace(std::vector<EndpointEntry> entries) {
  entries_ = std::move(entries);
  std::map<std::string, Name> names;
  for (const EndpointEntry& entry : entries_) {
    if (IsLiteral(entry.url)) continue;
    const auto known = names_.find(entry.url.host);
    names.try_emplace(entry.url.host, known == names_.end() ? Name() : known->second);
  }
  names_ = std::move(names);
  Apply();
  ResolveAll();
}

void Membership::ResolveAll() {
  timer_.Stop();
  ++round_;
  pending_ = names_.size();
  for (const auto& [host, name] : names_) {
    loop_.Resolve(host, [this, host = host, round = round_,
                         alive = std::weak_ptr<int>(alive_)](auto addresses) {
      if (!alive.expired() && round == round_) Resolved(host, std::move(addresses));
    });
  }
}

void Membership::Resolved(const std::string& host, base::Result<Strings> addresses) {
  Name& name = names_.at(host);
  if (addresses.ok() && addresses->empty())
    addresses = base::Status(base::Code::kNotFound, "no address");
  if (addresses.ok()) {
    name.addresses = OneFamily(*std::move(addresses));
    name.failing = false;
  } else {
    failures_.Add();
    if (!std::exchange(name.failing, true)) {
      obs::Log(obs::Level::kWarning, "cannot resolve a model server's name; keeping what it was",
               {{"host", host},
                {"addresses", name.addresses.size()},
                {"why", addresses.status().ToString()}});
    }
  }
  // One publication for all names; the next round begins when this one is over.
  if (--pending_ > 0) return;
  Apply();
  loop_.Start(timer_, options_.resolve_interval);
}

std::map<Membership::Place, const EndpointEntry*> Membership::Wanted() const {
  std::map<Place, const EndpointEntry*> wanted;
  for (const EndpointEntry& entry : entries_) {
    const auto name = names_.find(entry.url.host);
    const Strings& addresses =
        name == names_.end() ? Strings{entry.url.host} : name->second.addresses;
    // Two names of one server: once.
    for (const std::string& ip : addresses) wanted.try_emplace({ip, entry.url.port}, &entry);
  }
  return wanted;
}

void Membership::Apply() {
  const std::map<Place, const EndpointEntry*> wanted = Wanted();
  std::erase_if(members_, [&](const auto& member) {
    const auto still = wanted.find(member.first);
    if (still != wanted.end() && still->second->url == member.second.url &&
        LabelsOf(*still->second) == member.second.labels)
      return false;
    pool_.table.Remove(member.second.id);
    return true;
  });
  for (const auto& [place, entry] : wanted) {
    if (!members_.contains(place)) Add(place, *entry);
  }
  pool_.Publish();
}

void Membership::Add(const Place& place, const EndpointEntry& entry) {
  auto labels = LabelsOf(entry);
  const auto id = pool_.table.Add(
      {.ip = place.first,
       .port = place.second,
       .url_prefix = entry.url.prefix,
       .labels = labels,
       .authority = entry.url.Authority(),
       .tls_name = entry.url.scheme == Scheme::kHttps ? entry.url.host : std::string(),
       .alpn = entry.url.scheme == Scheme::kH2c ? "h2" : std::string()});
  if (id.ok()) {
    members_.emplace(place, Added{.id = *id, .url = entry.url, .labels = std::move(labels)});
    refused_.erase(place);
  } else if (refused_.insert(place).second) {
    obs::Log(obs::Level::kError, "cannot add a model server",
             {{"ip", place.first}, {"port", place.second}, {"why", id.status().ToString()}});
  }
}

}  // namespace fairway::sources
