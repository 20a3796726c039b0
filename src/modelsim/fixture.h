#pragma once
// For tests: what a real vLLM 0.32 answered, byte for byte (test/fixtures/modelsim/NAME.http).

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace fairway::modelsim {

struct Recorded {
  int status = 0;
  std::string head;
  std::string body;

  // The data of its server-sent events.
  std::vector<std::string> Events() const {
    std::vector<std::string> events;
    for (size_t at = body.find("data: "); at != std::string::npos; at = body.find("data: ", at)) {
      at += 6;
      events.push_back(body.substr(at, body.find("\n\n", at) - at));
    }
    return events;
  }
};

// `root` is the repository's (base::kSourceDir in tests).
inline Recorded ReadRecorded(const std::string& root, const std::string& name) {
  std::ifstream in(root + "/test/fixtures/modelsim/" + name + ".http", std::ios::binary);
  CHECK(in.good());
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  const size_t end = all.find("\r\n\r\n");
  CHECK(end != std::string::npos);
  return {std::stoi(all.substr(9, 3)), all.substr(0, end), all.substr(end + 4)};
}

}  // namespace fairway::modelsim
