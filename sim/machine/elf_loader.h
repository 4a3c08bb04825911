// SPDX-License-Identifier: Apache-2.0

// Places an ELF32 RISC-V executable into a machine's memories. Every byte of the file is foreign:
// header, bounds and addresses are checked before the first byte is written, so a refused file
// leaves memory as it was. Segments go to their physical address, as Renode's LoadELF does (shared
// spec platform.md, section 1.6). Cost: one pass over the segments.
#ifndef SIM_MACHINE_ELF_LOADER_H_
#define SIM_MACHINE_ELF_LOADER_H_

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "sim/hart/bus.h"

namespace sim {

struct ElfError {
  std::string sentence;
  uint64_t offset = 0;  // in the file
};

struct ElfSymbol {
  std::string name;
  GuestAddr address = 0;
  uint32_t size_bytes = 0;
  bool is_function = false;
};

// Of the memory, whatever part of it the file holds.
struct PlacedSegment {
  GuestAddr start = 0;
  uint32_t size_bytes = 0;
  bool is_executable = false;
  bool is_writable = false;
};

struct LoadedElf {
  GuestAddr entry = 0;
  uint32_t segments = 0;
  uint64_t bytes = 0;  // file bytes placed
  std::vector<PlacedSegment> placed;
  std::vector<ElfSymbol> symbols;  // named ones of .symtab; empty if it is absent or broken
};

[[nodiscard]] std::expected<LoadedElf, ElfError> LoadElfInto(Bus& bus,
                                                             std::span<const uint8_t> elf);

}  // namespace sim

#endif  // SIM_MACHINE_ELF_LOADER_H_
