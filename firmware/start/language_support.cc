// SPDX-License-Identifier: Apache-2.0

// What compiled C++ calls without being asked: 64-bit division and shifts for a 32-bit core, two
// string functions, and what the standard library does about a broken promise. All rare, so small
// rather than fast. memcpy and its kin are in memory.S.
#include <cstddef>
#include <cstdint>

#include "runtime/vm/i64_math.h"

// The names are the compiler's and the library's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {

// Shifts of 64 bits; `amount` is below 64.
uint64_t __ashldi3(uint64_t value, int amount) {
  const auto low = static_cast<uint32_t>(value);
  const auto high = static_cast<uint32_t>(value >> 32);
  if (amount >= 32) return uint64_t{low << (amount - 32)} << 32;
  if (amount == 0) return value;
  return uint64_t{high << amount | low >> (32 - amount)} << 32 | low << amount;
}

uint64_t __lshrdi3(uint64_t value, int amount) {
  const auto low = static_cast<uint32_t>(value);
  const auto high = static_cast<uint32_t>(value >> 32);
  if (amount >= 32) return high >> (amount - 32);
  if (amount == 0) return value;
  return uint64_t{high >> amount} << 32 | (low >> amount | high << (32 - amount));
}

int64_t __ashrdi3(int64_t value, int amount) {
  // What comes in from the left is the sign: of a negative number the complement is shifted.
  const uint64_t sign = value < 0 ? ~uint64_t{0} : 0;
  return static_cast<int64_t>(__lshrdi3(static_cast<uint64_t>(value) ^ sign, amount) ^ sign);
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
  return runtime::DivideUnsigned(dividend, divisor).quotient;
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) {
  return runtime::DivideUnsigned(dividend, divisor).remainder;
}

std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<std::size_t>(end - text);
}

}  // extern "C"

namespace std::inline __1 {

// libc++ ends here where it would throw. The trap handler says where it was.
[[noreturn]] void __libcpp_verbose_abort(const char* /*format*/, ...) noexcept { __builtin_trap(); }

}  // namespace std::inline __1
// NOLINTEND(readability-identifier-naming)
