#pragma once
// Values: one model server that requests can be sent to, and the set of all that a pool has now. A
// set is immutable once published; a new one replaces it (data/endpoint_table.h).

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairway::model {

// Names an endpoint for as long as the process lives: the slot indexes columns of data and is given
// again later, but then under a greater generation. Generation 0 is nobody.
struct EndpointId {
  uint32_t slot = 0;
  uint32_t generation = 0;
  bool valid() const { return generation != 0; }
  friend auto operator<=>(const EndpointId&, const EndpointId&) = default;
};

// A name as a fixed-size key (FNV-1a, 64 bits).
uint64_t NameKey(std::string_view name);

// A LoRA adapter as a server lists it: addressed like a model, standing on a base model.
struct Adapter {
  std::string name;
  std::string parent;
  friend bool operator==(const Adapter&, const Adapter&) = default;
};

struct Endpoint {
  EndpointId id;
  std::string name;  // "127.0.0.1:8001"
  std::string ip;    // literal address, no brackets
  uint16_t port = 0;
  std::string url_prefix;           // put before every path; "" or "/v1-proxy"
  std::string authority;            // what the host field says: "gpu-1.example:8001"
  std::string tls_name;             // whom it must prove to be over TLS; empty: plaintext
  std::string alpn;                 // "h2" if it speaks that by prior knowledge; empty: HTTP/1.1
  std::vector<std::string> models;  // ids of base models, sorted; empty until the server told them
  std::vector<Adapter> adapters;    // sorted by name
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by key
};

// One name that clients can ask for, and who serves it.
struct Served {
  std::string name;
  std::string parent;             // base model if the name is an adapter, else empty
  std::vector<uint32_t> members;  // indices into EndpointSet::endpoints(), ascending
  bool is_adapter() const { return !parent.empty(); }
};

class EndpointSet {
 public:
  EndpointSet() = default;
  // Sorts the endpoints by slot and indexes what they serve.
  EndpointSet(std::vector<Endpoint> endpoints, uint64_t version);

  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  // Of endpoints(), one by one.
  const std::vector<EndpointId>& ids() const { return ids_; }
  uint64_t version() const { return version_; }

  // Null when that very generation is not a member.
  const Endpoint* Find(EndpointId id) const;
  // By NameKey of its name; null when no member has it.
  const Endpoint* FindByNameKey(uint64_t key) const;
  // By model id or adapter name; null when nobody serves it.
  const Served* FindServed(std::string_view name) const;
  // Sorted by name: base models and adapters.
  const std::vector<Served>& served() const { return served_; }

 private:
  std::vector<Endpoint> endpoints_;
  std::vector<EndpointId> ids_;
  std::vector<Served> served_;
  std::vector<std::pair<uint64_t, uint32_t>> by_name_key_;  // sorted; index into endpoints_
  uint64_t version_ = 0;
};

}  // namespace fairway::model
