#include "sim/vector/elements.h"

namespace sim::vector {

void WriteMaskBits(VectorState& v, uint32_t vd, const uint8_t* results, bool all_active) {
  uint8_t* destination = v.Reg(vd);
  for (uint32_t byte = v.vstart / 8; byte * 8 < v.vl; ++byte) {
    const uint32_t body = BodyBits(v, byte);
    const uint32_t written = all_active ? body : body & v.reg[byte];
    uint32_t bits = 0;
    for (uint32_t i = 0; i < 8; ++i) {
      if ((body >> i & 1) != 0) bits |= static_cast<uint32_t>(results[byte * 8 + i]) << i;
    }
    destination[byte] = static_cast<uint8_t>((destination[byte] & ~written) | (bits & written));
  }
}

}  // namespace sim::vector
