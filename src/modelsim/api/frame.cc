#include "modelsim/api/frame.h"

#include <array>
#include <charconv>

namespace fairway::modelsim {

void AppendEvent(Framing framing, std::string_view event, std::string_view data, std::string& out) {
  constexpr std::string_view kEvent = "event: ";
  constexpr std::string_view kData = "data: ";
  constexpr std::string_view kEnd = "\n\n";
  if (framing == Framing::kChunked) {
    size_t size = kData.size() + data.size() + kEnd.size();
    if (!event.empty()) size += kEvent.size() + event.size() + 1;
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    out.append(digits.data(), end).append("\r\n");
  }
  if (!event.empty()) out.append(kEvent).append(event).append("\n");
  out.append(kData).append(data).append(kEnd);
  if (framing == Framing::kChunked) out.append("\r\n");
}

void AppendBodyEnd(Framing framing, std::string& out) {
  if (framing == Framing::kChunked) out.append("0\r\n\r\n");
}

void AppendNumber(int64_t number, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace fairway::modelsim
