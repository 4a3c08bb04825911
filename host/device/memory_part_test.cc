// SPDX-License-Identifier: Apache-2.0

#include "host/device/memory_part.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/machine/elf_loader.h"

namespace host {
namespace {

TEST(MemoryPart, SegmentsAndTheRangesOfTheLinkerScript) {
  sim::LoadedElf elf;
  elf.placed = {
      {0x1000, 0x200, true, false}, {0x8100, 0x40, false, false}, {0x8140, 8, false, true}};
  elf.symbols = {{"stack_begin", 0x8000, 0, false},
                 {"stack_end", 0x8100, 0, false},
                 {"heap_begin", 0x9000, 0, false}};
  std::string text;
  for (const MemoryPart& part : MemoryPartsOf(elf)) {
    text +=
        part.name + " " + std::to_string(part.start) + "+" + std::to_string(part.size_bytes) + "\n";
  }
  EXPECT_EQ(text,
            "firmware code 4096+512\nstack 32768+256\nfirmware constants 33024+64\n"
            "firmware data 33088+8\n");
  elf.symbols.push_back({"heap_end", 0x8fff, 0, false});  // before its begin
  EXPECT_EQ(MemoryPartsOf(elf).size(), 4u);
}

}  // namespace
}  // namespace host
