// SPDX-License-Identifier: Apache-2.0

// The ELF records that the loader reads, one set per class (System V gABI, chapters 4 and 5), and
// for each machine the one relocation type that embedded images have.
#ifndef RUNTIME_KERNEL_ELF_LAYOUT_H_
#define RUNTIME_KERNEL_ELF_LAYOUT_H_

#include <cstdint>

#include "runtime/kernel/elf.h"

namespace runtime {

template <typename W>
struct ElfRecords {
  using Word = W;
  struct Header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    Word entry, segment_table, section_table;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names;
  };
  struct Dynamic {
    Word tag, value;
  };
  struct Relocation {
    Word offset, info, addend;
  };
};

struct Elf32 : ElfRecords<uint32_t> {
  static constexpr uint8_t kClass = 1;
  static constexpr Word kTypeMask = 0xFF;  // of Relocation::info
  struct Segment {
    uint32_t type;
    Word offset, address, physical_address, file_size, memory_size;
    uint32_t flags;
    Word alignment;
  };
  struct Symbol {
    uint32_t name;
    Word value, size;
    uint8_t info, other;
    uint16_t section;
  };
};
struct Elf64 : ElfRecords<uint64_t> {
  static constexpr uint8_t kClass = 2;
  static constexpr Word kTypeMask = 0xFFFFFFFF;
  struct Segment {
    uint32_t type, flags;
    Word offset, address, physical_address, file_size, memory_size, alignment;
  };
  struct Symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    Word value, size;
  };
};
static_assert(sizeof(Elf32::Header) == 52 && sizeof(Elf32::Segment) == 32 &&
              sizeof(Elf32::Relocation) == 12 && sizeof(Elf32::Symbol) == 16);
static_assert(sizeof(Elf64::Header) == 64 && sizeof(Elf64::Segment) == 56 &&
              sizeof(Elf64::Relocation) == 24 && sizeof(Elf64::Symbol) == 24);

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
