#include "http/fetch.h"

#include "http/head_writer.h"

namespace fairway::http {
namespace {

using base::Code;
using base::Result;
using base::Status;

std::string RequestBytes(const net::Address& address, const FetchRequest& request) {
  std::string head;
  const std::string of_address = address.ToString();
  HeadWriter writer(head);
  writer.Request(request.method, request.path);
  writer.Add("host", request.host.empty() ? std::string_view(of_address) : request.host);
  if (!request.authorization.empty()) writer.Add("authorization", request.authorization);
  writer.Add(request.fields);
  if (!request.body.empty() || request.method != "GET")
    writer.Add("content-length", request.body.size());
  writer.End();
  return head;
}

rt::Task<Result<FetchedResponse>> Ask(ClientConnection& connection, std::string_view head,
                                      FetchRequest request, size_t max_bytes) {
  const std::string_view pieces[] = {head, request.body};
  const bool is_head = request.method == "HEAD";
  const Status sent =
      co_await connection.Send(pieces, is_head ? ResponseTo::kHead : ResponseTo::kOther);
  if (!sent.ok()) co_return sent;
  // Not TRY_CO: g++ 12 fails on a co_await within a statement expression.
  const Result<const ResponseHead*> got_head = co_await connection.ReadHead();
  if (!got_head.ok()) co_return got_head.status();
  const ResponseHead* answer = *got_head;
  FetchedResponse response;
  response.status = answer->status;
  for (const Field& field : answer->fields) response.fields.emplace_back(field.name, field.value);
  if (answer->framing == Framing::kLength && answer->content_length > max_bytes)
    co_return Status(Code::kExhausted, "the answer is too large");
  for (bool end = false; !end;) {
    const Result<BodyPart> part = co_await connection.ReadBody();
    if (!part.ok()) co_return part.status();
    part->ForEachPayload([&response](std::string_view bytes) { response.body.append(bytes); });
    if (response.body.size() > max_bytes)
      co_return Status(Code::kExhausted, "the answer is too large");
    end = part->end;
  }
  co_return response;
}

}  // namespace

std::string_view FetchedResponse::Find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return {};
}

rt::Task<Result<FetchedResponse>> Fetch(Pool& pool, net::Address address, FetchRequest request,
                                        FetchLimits limits) {
  const std::string head = RequestBytes(address, request);
  Lease lease = pool.Take(address);
  rt::Timer timer([&lease] { lease->Abort(Status(Code::kTimeout, "no whole answer in time")); });
  pool.loop().Start(timer, limits.timeout);
  Result<FetchedResponse> answer = co_await Ask(*lease, head, request, limits.max_bytes);
  const bool stale = !answer.ok() && answer.status().code() == Code::kUnavailable &&
                     lease->reused() && lease->bytes_received() == 0;
  if (stale) {
    lease = pool.TakeNew(address);
    answer = co_await Ask(*lease, head, request, limits.max_bytes);
  }
  co_return answer;
}

}  // namespace fairway::http
