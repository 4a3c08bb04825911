// SPDX-License-Identifier: Apache-2.0

// Where a recorded session lies in the memory of QEMU's `virt` machine, and what the image makes of
// it. Shared by the image and by the program that runs it on our simulator.
#ifndef TESTS_ISA_INSTRUCTION_COUNT_RECORDING_H_
#define TESTS_ISA_INSTRUCTION_COUNT_RECORDING_H_

#include <cstdint>

namespace instruction_count {

// In the upper part of RAM, above the heap that the image gives the device.
inline constexpr uint32_t kRecordingBase = 0x8300'0000;

// At kRecordingBase; the host's bytes follow.
struct Recording {
  static constexpr uint32_t kMagic = 0x31434552;

  uint32_t magic = 0;
  uint32_t size_bytes = 0;
};

// The image's variable `counted`.
struct Counted {
  uint32_t instructions = 0;  // from before the first message until after the last
  uint32_t answer_bytes = 0;
  uint32_t answer_hash = 0;  // FNV-1a of all answers
};

}  // namespace instruction_count

#endif  // TESTS_ISA_INSTRUCTION_COUNT_RECORDING_H_
