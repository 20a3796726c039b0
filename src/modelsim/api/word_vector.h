#pragma once
// A text as a direction: the sum of a fixed direction a word. Values.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairway::modelsim {

// Of unit length; `dimensions` > 0.
std::vector<float> WordVector(std::string_view text, uint32_t dimensions);

// The cosine of two vectors of unit length and of the same dimensions.
double Cosine(const std::vector<float>& a, const std::vector<float>& b);

// The bytes of the floats, as OpenAI's clients ask for them.
std::string Base64(const std::vector<float>& vector);

}  // namespace fairway::modelsim
