// SPDX-License-Identifier: Apache-2.0

// What a Springbok-like core can be built with. Springbok itself is the default.
#ifndef SIM_HART_CORE_CONFIG_H_
#define SIM_HART_CORE_CONFIG_H_

#include <cstdint>

namespace sim {

// Which embedded vector extension there is (V specification, section 18.2).
enum class VectorUnit : uint8_t {
  kNone,    // no vector unit: mstatus.VS is hard-wired to 0, vector instructions are illegal
  kZve32x,  // integers only
  kZve32f,
};

struct CoreConfig {
  uint32_t vlen_bits = 512;  // 128, 256, 512 or 1024
  VectorUnit vector = VectorUnit::kZve32f;

  [[nodiscard]] bool operator==(const CoreConfig&) const = default;
};

constexpr bool IsPossible(const CoreConfig& config) {
  return config.vlen_bits >= 128 && config.vlen_bits <= 1024 &&
         (config.vlen_bits & (config.vlen_bits - 1)) == 0 && config.vector <= VectorUnit::kZve32f;
}

}  // namespace sim

#endif  // SIM_HART_CORE_CONFIG_H_
