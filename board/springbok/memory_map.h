// SPDX-License-Identifier: Apache-2.0

// Springbok's address map as constants; the rows stand in memory_map.def.
#ifndef BOARD_SPRINGBOK_MEMORY_MAP_H_
#define BOARD_SPRINGBOK_MEMORY_MAP_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace board::springbok {

struct AddressRange {
  std::string_view name;  // the node's name in Renode, used in counters and reports
  uint32_t base;
  uint32_t size_bytes;
  bool is_memory;
};

inline constexpr auto kAddressMap = std::to_array<AddressRange>({
#define REGION(id, base, size, node) {#node, base, size, true},
#define DEVICE(id, base, size, node) {#node, base, size, false},
#include "board/springbok/memory_map.def"
#undef REGION
#undef DEVICE
});

#define REGION(id, base, size, node)             \
  inline constexpr uint32_t k##id##_BASE = base; \
  inline constexpr uint32_t k##id##_SIZE = size;
#define DEVICE(id, base, size, node) REGION(id, base, size, node)
#include "board/springbok/memory_map.def"
#undef REGION
#undef DEVICE

inline constexpr uint32_t kClockHz = 24'000'000;  // CLINT mtime and PL011 reference clock
inline constexpr uint32_t kInstructionsPerMicrosecond = 100;  // virtual time: 10 ns an instruction
inline constexpr uint32_t kVlenBits = 512;

}  // namespace board::springbok

#endif  // BOARD_SPRINGBOK_MEMORY_MAP_H_
