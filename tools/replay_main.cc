// Runs a fuzzer's entry point over recorded inputs, without libFuzzer: each file of the given
// folder, whole and cut short at every length up to 512. What a parser must survive once, it
// survives in every test run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kLongestCut = 512;

// In memory of exactly that size, so that the address sanitizer sees one byte too far.
void RunOnce(const std::string& bytes, size_t size) {
  const std::vector<uint8_t> exact(bytes.begin(),
                                   bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (size_t cut = 0; cut < std::min(bytes.size(), kLongestCut); ++cut) RunOnce(bytes, cut);
    RunOnce(bytes, bytes.size());
    ++files;
  }
  std::printf("%zu inputs\n", files);
  return files > 0 ? 0 : 1;
}
