#pragma once
// Reads the events out of a text/event-stream as its payload passes by. Made to watch a stream that
// is forwarded: an event that lies whole in one span is seen in place; only one that is split over
// spans, or has several data lines, is put together in a bounded buffer. A longer one is skipped
// and counted, never grown.
//
// Format: HTML standard, section 9.2 (server-sent events). Lines end in LF, CRLF or CR.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairway::http {

// Views are good during the call only.
struct SseEvent {
  std::string_view data;  // the data lines, joined by LF
  std::string_view type;  // of the last `event:` line; empty if none
};

class SseScanner {
 public:
  static constexpr size_t kDefaultMaxEvent = 64 * 1024;
  explicit SseScanner(size_t max_event_bytes = kDefaultMaxEvent) : limit_(max_event_bytes) {}

  // Calls visit(const SseEvent&) for each event with data that these bytes complete.
  template <class Visit>
  void Feed(std::string_view payload, Visit&& visit) {
    SseEvent event;
    while (Next(payload, event)) visit(event);
  }

  // Takes bytes off the front of payload until an event is complete (true) or they are used up
  // (false).
  bool Next(std::string_view& payload, SseEvent& event);

  // Ready for another stream; keeps its buffer if it is small.
  void Reset();
  uint64_t skipped() const { return skipped_; }
  // Whole comment lines since Reset; servers send them to keep a connection alive.
  uint64_t comments() const { return comments_; }

 private:
  static constexpr size_t kMaxTypeBytes = 256;
  bool TakeLine(std::string_view& payload, std::string_view& line);
  bool TakeLineBytes(std::string_view& payload, std::string_view& line);
  void ReadLine(std::string_view line);
  void AddData(std::string_view value);
  bool Finish(SseEvent& event);
  void StartEvent();
  void Keep();

  size_t limit_;
  uint64_t skipped_ = 0;
  uint64_t comments_ = 0;
  std::string partial_;      // a line whose end has not come
  std::string kept_;         // the event's data, if it could not stay a view
  std::string type_;         // the event's type
  std::string_view direct_;  // the event's one data line, in the caller's bytes
  bool at_start_ = true;     // a byte order mark may come
  bool after_cr_ = false;    // an LF now belongs to the CR before
  bool in_place_ = true;     // the line being read lies in the caller's bytes
  bool has_data_ = false;
  bool emitted_ = false;   // the event was handed out: forget it
  bool overflow_ = false;  // skip until the event ends
};

}  // namespace fairway::http
