#include "modelsim/api/word_vector.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/rng.h"
#include "modelsim/engine/prompt.h"

namespace fairway::modelsim {
namespace {

void AddWord(std::string_view word, std::vector<float>& sum) {
  base::Rng rng(BlockHash(2, word));
  for (float& value : sum) value += static_cast<float>(rng.Unit() * 2 - 1);
}

}  // namespace

std::vector<float> WordVector(std::string_view text, uint32_t dimensions) {
  std::vector<float> sum(dimensions);
  AddWord("", sum);  // so that no text is nothing
  for (float& value : sum) value *= 0.1F;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \t\n\r"), text.size());
    if (end > 0) AddWord(text.substr(0, end), sum);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  double square = 0;
  for (const float value : sum) square += double{value} * value;
  const auto scale = static_cast<float>(1 / std::sqrt(square));
  for (float& value : sum) value *= scale;
  return sum;
}

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::string Base64(const std::vector<float>& vector) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes(vector.size() * sizeof(float), '\0');
  if (!vector.empty()) std::memcpy(bytes.data(), vector.data(), bytes.size());
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t there = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < there ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= there ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace fairway::modelsim
