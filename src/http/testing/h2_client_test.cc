#include "http/testing/h2_client.h"

#include "base/check.h"

namespace fairway::http {

std::string_view H2TestClient::Call::Find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

void H2TestClient::Call::Write(std::string_view bytes, Outgoing::Then after) {
  out += bytes;
  then = after == Outgoing::Then::kMore ? Outgoing::Then::kWait : after;
  client->session().Resume(id);
  client->Pump();
}

void H2TestClient::Call::Reset(H2Error why) {
  client->session().Reset(id, why);
  client->Pump();
}

void H2TestClient::Call::Release() {
  hold = false;
  client->session().Consume(id, std::exchange(held, 0));
  client->Pump();
}

void H2TestClient::Call::OnField(std::string_view name, std::string_view value) {
  if (name == ":status") {
    status = std::stoi(std::string(value));
  } else {
    fields.emplace_back(name, value);
  }
}

void H2TestClient::Call::OnBlockEnd() {
  if (status >= 100 && status < 200) ++interim;
}

void H2TestClient::Call::OnData(std::string_view bytes) {
  body += bytes;
  if (hold) {
    held += bytes.size();
  } else {
    client->session().Consume(id, bytes.size());
  }
}

void H2TestClient::Call::OnClosed(H2Error why) {
  closed = true;
  error = why;
}

H2StreamPort::Outgoing H2TestClient::Call::NextData(size_t most) {
  const size_t bytes = std::min(most, out.size());
  return {.bytes = bytes, .then = bytes == out.size() ? then : Outgoing::Then::kMore};
}

std::string_view H2TestClient::Call::TakeData(size_t bytes) {
  taken = out.substr(0, bytes);
  out.erase(0, bytes);
  return taken;
}

H2TestClient::H2TestClient(TestWorld& world, const net::Address& to, H2Limits limits)
    : world_(world),
      transport_(world.network().Connect(to), world.network().loop(), buffers_,
                 {.session = {.role = H2Role::kClient, .limits = limits},
                  .write_timeout = std::chrono::seconds(60)},
                 *this) {
  transport_.Start({});
}

H2TestClient::~H2TestClient() {
  Cut();
  CHECK(AwaitEnd());
}

void H2TestClient::Cut() {
  transport_.Abort(base::Status(base::Code::kCancelled, "the test ends"));
}

H2StreamPort& H2TestClient::OnOpen(int32_t) {
  CHECK(false);  // servers push nothing
  return calls_.front();
}

H2TestClient::Call& H2TestClient::Send(std::vector<Field> fields, H2Body body) {
  Call& call = calls_.emplace_back();
  call.client = this;
  call.id = session().Request(fields, body, call);
  Pump();
  return call;
}

H2TestClient::Call& H2TestClient::Start(std::string_view method, std::string_view path,
                                        std::vector<Field> fields, H2Body body) {
  const Field pseudo[] = {
      {":method", method}, {":scheme", "http"}, {":authority", "a"}, {":path", path}};
  fields.insert(fields.begin(), std::begin(pseudo), std::end(pseudo));
  return Send(std::move(fields), body);
}

H2TestClient::Call& H2TestClient::Post(std::string_view path, std::string_view body,
                                       std::vector<Field> fields) {
  Call& call = Start("POST", path, std::move(fields), H2Body::kFollows);
  call.Write(body, H2StreamPort::Outgoing::Then::kEnd);
  return call;
}

}  // namespace fairway::http
