// SPDX-License-Identifier: Apache-2.0

// What the device's memory is divided into, as the firmware's image says it.
#ifndef HOST_DEVICE_MEMORY_PART_H_
#define HOST_DEVICE_MEMORY_PART_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sim {
struct LoadedElf;
}

namespace host {

struct MemoryPart {
  std::string name;  // "firmware code", "heap"
  uint64_t start = 0;
  uint64_t size_bytes = 0;
};

// In the order of addresses. Segments are named by what they may be used for; stack and heap are
// there if the image has the symbols of the linker script (firmware/start).
[[nodiscard]] std::vector<MemoryPart> MemoryPartsOf(const sim::LoadedElf& firmware);

}  // namespace host

#endif  // HOST_DEVICE_MEMORY_PART_H_
