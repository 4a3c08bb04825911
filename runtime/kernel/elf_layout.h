// SPDX-License-Identifier: Apache-2.0

// Offsets of the ELF fields that the loader reads, one structure per class (System V gABI, chapters
// 4 and 5), and for each machine the one relocation type that embedded images have.
#ifndef RUNTIME_KERNEL_ELF_LAYOUT_H_
#define RUNTIME_KERNEL_ELF_LAYOUT_H_

#include <cstdint>

#include "runtime/kernel/elf.h"

namespace runtime {

struct Elf32 {
  using Word = uint32_t;
  static constexpr uint8_t kClass = 1;
  static constexpr uint32_t kHeaderSize = 52, kPhoff = 28, kPhentsize = 42, kPhnum = 44;
  static constexpr uint32_t kPhSize = 32, kPhOffset = 4, kPhVaddr = 8, kPhFilesz = 16,
                            kPhMemsz = 20;
  static constexpr uint32_t kRelaSize = 12, kRelaInfo = 4, kRelaAddend = 8, kTypeBits = 8;
  static constexpr uint32_t kSymSize = 16, kSymValue = 4, kSymShndx = 14;
};
struct Elf64 {
  using Word = uint64_t;
  static constexpr uint8_t kClass = 2;
  static constexpr uint32_t kHeaderSize = 64, kPhoff = 32, kPhentsize = 54, kPhnum = 56;
  static constexpr uint32_t kPhSize = 56, kPhOffset = 8, kPhVaddr = 16, kPhFilesz = 32,
                            kPhMemsz = 40;
  static constexpr uint32_t kRelaSize = 24, kRelaInfo = 8, kRelaAddend = 16, kTypeBits = 32;
  static constexpr uint32_t kSymSize = 24, kSymValue = 8, kSymShndx = 6;
};

struct ElfRiscV32 : Elf32 {
  static constexpr Machine kMachine = Machine::kRiscV32;
  static constexpr uint32_t kRelative = 3;  // R_RISCV_RELATIVE
};
struct ElfRiscV64 : Elf64 {
  static constexpr Machine kMachine = Machine::kRiscV64;
  static constexpr uint32_t kRelative = 3;  // R_RISCV_RELATIVE
};
struct ElfX8664 : Elf64 {
  static constexpr Machine kMachine = Machine::kX8664;
  static constexpr uint32_t kRelative = 8;  // R_X86_64_RELATIVE
};

}  // namespace runtime

#endif  // RUNTIME_KERNEL_ELF_LAYOUT_H_
