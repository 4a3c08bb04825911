// SPDX-License-Identifier: Apache-2.0

#include "sim/vector/elements.h"

#include <bit>
#include <cstring>

namespace sim::vector {
namespace {

// Eight bytes of 0 or 1 to eight bits: the multiplication moves byte i's bit to bit 56 + i.
uint32_t PackBits(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return static_cast<uint32_t>(word * 0x0102'0408'1020'4080 >> 56);
}

// The inverse: byte i is bit i.
void UnpackBits(uint32_t bits, uint8_t* bytes) {
  // Bit i of byte i, then any set bit to 1.
  uint64_t word = bits * uint64_t{0x0101'0101'0101'0101} & 0x8040'2010'0804'0201;
  word = (word + 0x7F7F'7F7F'7F7F'7F7F) >> 7 & 0x0101'0101'0101'0101;
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, sizeof(word));
}

}  // namespace

void ExpandMask(const VectorState& v, uint8_t* bytes) {
  for (uint32_t byte = 0; byte * 8 < v.vl; ++byte) UnpackBits(v.reg[byte], bytes + byte * 8);
}

void WriteMaskBits(VectorState& v, uint32_t vd, const uint8_t* results, bool all_active) {
  uint8_t* destination = v.Reg(vd);
  for (uint32_t byte = v.vstart / 8; byte * 8 < v.vl; ++byte) {
    const uint32_t body = BodyBits(v, byte);
    const uint32_t written = all_active ? body : body & v.reg[byte];
    uint8_t group[8] = {};  // results outside the body were never written
    if (body == 0xFF) {
      std::memcpy(group, results + byte * 8, sizeof(group));
    } else {
      for (uint32_t i = 0; i < 8; ++i) {
        if ((body >> i & 1) != 0) group[i] = results[byte * 8 + i];
      }
    }
    const uint32_t bits = PackBits(group);
    destination[byte] = static_cast<uint8_t>((destination[byte] & ~written) | (bits & written));
  }
}

}  // namespace sim::vector
