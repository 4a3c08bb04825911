// What compiled C++ calls without being asked: 64-bit division for a 32-bit core, two string
// functions, and what the standard library does about a broken promise. All rare, so small rather than
// fast. memcpy and its kin are in memory.S.
#include <cstddef>
#include <cstdint>

namespace {

struct Division {
  uint64_t quotient;
  uint64_t remainder;
};

// One quotient bit a round. Division by zero gives what the M extension gives.
Division Divide(uint64_t dividend, uint64_t divisor) {
  Division result = {0, 0};
  for (int bit = 63; bit >= 0; --bit) {
    result.remainder = result.remainder << 1 | (dividend >> bit & 1);
    result.quotient <<= 1;
    if (result.remainder >= divisor) {
      result.remainder -= divisor;
      result.quotient |= 1;
    }
  }
  return result;
}

}  // namespace

extern "C" {

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
  return Divide(dividend, divisor).quotient;
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) {
  return Divide(dividend, divisor).remainder;
}

std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<std::size_t>(end - text);
}

void* memchr(const void* bytes, int value, std::size_t size_bytes) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (; size_bytes > 0; --size_bytes, ++at) {
    if (*at == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(at);
  }
  return nullptr;
}

}  // extern "C"

namespace std::inline __1 {

// libc++ ends here where it would throw. The trap handler says where it was.
[[noreturn]] void __libcpp_verbose_abort(const char* /*format*/, ...) noexcept {
  __builtin_trap();
}

}  // namespace std::inline __1
