#include "loadgen/workload.h"

namespace fairway::loadgen {

UniqueDigits DigitsOf(uint64_t number) {
  UniqueDigits digits;
  for (size_t i = digits.size(); i-- > 0; number /= 10) {
    digits[i] = static_cast<char>('0' + number % 10);
  }
  return digits;
}

}  // namespace fairway::loadgen
