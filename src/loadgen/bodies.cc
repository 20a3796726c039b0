#include "loadgen/bodies.h"

#include "loadgen/chat.h"
#include "loadgen/filler.h"

namespace fairway::loadgen {

std::vector<PreparedRequest> PrepareRequests(const LoadOptions& options) {
  std::string opening;
  AppendOpening(options, options.max_tokens, opening);
  AppendRole("system", Place::kFirst, opening);
  std::string turn(kMessageEnd);
  AppendRole("user", Place::kLater, turn);
  const std::string closing = std::string(kMessageEnd) + std::string(kChatEnd);
  const size_t fixed =
      opening.size() + turn.size() + std::tuple_size_v<UniqueDigits> + closing.size();
  const size_t room = options.body_bytes > fixed ? options.body_bytes - fixed : 0;
  const auto shared = static_cast<size_t>(static_cast<double>(room) * options.prefix_share);

  const Filler filler(options.seed);
  std::vector<PreparedRequest> requests(options.groups);
  for (uint32_t group = 0; group < options.groups; ++group) {
    PreparedRequest& request = requests[group];
    request.body_bytes = fixed + room;
    AppendHead(options, request.body_bytes, request.before);
    request.before += opening;
    filler.Append(MixKeys(group, 0), shared, request.before);
    request.before += turn;
    filler.Append(MixKeys(group, 1), room - shared, request.after);
    request.after += closing;
  }
  return requests;
}

FixedBodies::FixedBodies(const LoadOptions& options)
    : seed_(options.seed), requests_(PrepareRequests(options)) {}

void FixedBodies::Make(RequestId id, RequestBytes& out) const {
  const PreparedRequest& request = requests_[MixKeys(seed_, id.session) % requests_.size()];
  out.before = request.before;
  out.digits = DigitsOf(seed_ * 1'000'000'000'000 + id.session + 1);
  out.digit_count = out.digits.size();
  out.after = request.after;
}

}  // namespace fairway::loadgen
