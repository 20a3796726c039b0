#include "net/sim_connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fairway::net {

SimConnection::SimConnection(rt::Loop& loop, Address server, const SimPath& path)
    : loop_(loop),
      server_(std::move(server)),
      path_(path),
      ways_{Way([this] { Arrive(kClient); }), Way([this] { Arrive(kServer); })},
      step_timer_([this] {
        const std::shared_ptr<SimConnection> self = shared_from_this();
        std::exchange(step_, nullptr)();
      }) {}

void SimConnection::Detach(Side side) {
  ends_[side] = nullptr;
  // As the kernel has it: closing with unread bytes resets, else it only ends.
  if (HasArrived(side)) {
    SendReset(side);
  } else {
    SendFin(side);
  }
}

size_t SimConnection::Send(Side from, std::span<const std::string_view> pieces) {
  Way& way = ways_[from];
  size_t room = std::min(path_.window - way.held, path_.max_move);
  std::string bytes;
  for (const std::string_view piece : pieces) {
    const std::string_view part = piece.substr(0, room);
    bytes += part;
    room -= part.size();
  }
  const size_t sent = bytes.size();
  if (sent == 0) return 0;
  way.held += sent;
  Launch(from, Kind::kBytes, std::move(bytes));
  return sent;
}

void SimConnection::SendFin(Side from) {
  if (std::exchange(ways_[from].closed, true)) return;
  Launch(from, Kind::kFin, {});
}

void SimConnection::SendReset(Side from) {
  ways_[from].closed = true;
  Launch(from, Kind::kReset, {});
}

size_t SimConnection::Receive(Side at, std::span<char> into) {
  Way& way = ways_[Other(at)];
  const size_t count = std::min({into.size(), way.unread(), path_.max_move});
  std::memcpy(into.data(), way.arrived.data() + way.read, count);
  way.read += count;
  way.held -= count;
  if (way.unread() == 0) {
    way.arrived.clear();
    way.read = 0;
  }
  SimEnd* const sender = ends_[Other(at)];
  if (count > 0 && sender != nullptr) sender->OnRoom();
  return count;
}

void SimConnection::After(rt::Duration delay, std::move_only_function<void()> step) {
  step_ = std::move(step);
  loop_.Start(step_timer_, delay);
}

void SimConnection::Break() {
  step_timer_.Stop();
  for (Way& way : ways_) {
    way.timer.Stop();
    way.flights.clear();
  }
  for (SimEnd* end : ends_) {
    if (end != nullptr) end->OnReset();
  }
}

void SimConnection::Freeze() {
  frozen_ = true;
  for (Way& way : ways_) way.timer.Stop();
}

void SimConnection::Thaw() {
  frozen_ = false;
  for (Way& way : ways_) Arm(way);
}

void SimConnection::Launch(Side from, Kind kind, std::string bytes) {
  Way& way = ways_[from];
  way.line_free = std::max(way.line_free, loop_.Now());
  if (path_.bytes_per_second > 0) {
    way.line_free += rt::Duration(static_cast<int64_t>(
        static_cast<double>(bytes.size()) * 1e9 / static_cast<double>(path_.bytes_per_second)));
  }
  way.flights.push_back({way.line_free + path_.latency, kind, std::move(bytes)});
  if (way.flights.size() == 1) Arm(way);
}

void SimConnection::Arm(Way& way) {
  if (frozen_ || way.flights.empty()) return;
  loop_.Start(way.timer, way.flights.front().arrives - loop_.Now());
}

void SimConnection::Arrive(Side from) {
  const std::shared_ptr<SimConnection> self = shared_from_this();
  Way& way = ways_[from];
  while (!way.flights.empty() && way.flights.front().arrives <= loop_.Now()) {
    Flight flight = std::move(way.flights.front());
    way.flights.pop_front();
    Deliver(from, std::move(flight));
  }
  Arm(way);
}

void SimConnection::Deliver(Side from, Flight flight) {
  Way& way = ways_[from];
  SimEnd* const to = ends_[Other(from)];
  if (to == nullptr) {
    // Bytes for an end that has gone are answered with RST.
    if (flight.kind == Kind::kBytes) SendReset(Other(from));
    return;
  }
  switch (flight.kind) {
    case Kind::kBytes:
      if (from == kServer && path_.reset_after - way.delivered <= flight.bytes.size()) {
        flight.bytes.resize(path_.reset_after - way.delivered);
        way.arrived += flight.bytes;
        return Break();
      }
      way.delivered += flight.bytes.size();
      way.arrived += flight.bytes;
      return to->OnArrival();
    case Kind::kFin:
      way.ended = true;
      return to->OnArrival();
    case Kind::kReset:
      return to->OnReset();
  }
}

}  // namespace fairway::net
