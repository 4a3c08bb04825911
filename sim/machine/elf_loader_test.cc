#include "sim/machine/elf_loader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "sim/machine/machine.h"
#include "sim/machine/testing_program.h"

namespace sim {
namespace {

using testing::kCode;
using testing::Program;

std::vector<uint8_t> Good() { return Program().Add(Op::kAddi).Finish().Elf(); }

struct BadCase {
  const char* what;
  size_t offset;
  std::vector<uint8_t> bytes;
};

TEST(ElfLoaderTest, PlacesSegmentAndTellsTheEntry) {
  Machine machine(MachineConfig{});
  const auto loaded = machine.LoadElf(Good());
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->entry, kCode);
  EXPECT_EQ(loaded->bytes, 8u);
  EXPECT_EQ(*machine.bus().Ram(kCode, 1), 0x13);
}

TEST(ElfLoaderTest, RefusesEachBrokenFieldAndWritesNothing) {
  for (const BadCase& c : {
           BadCase{"magic", 0, {0x7e}},
           BadCase{"64 bits", 4, {2}},
           BadCase{"big endian", 5, {2}},
           BadCase{"shared object", 16, {3}},
           BadCase{"another machine", 18, {62}},
           BadCase{"entry in no memory", 24, {0, 0, 0, 0}},
           BadCase{"misaligned entry", 24, {2}},
           BadCase{"program headers behind the end", 28, {0xff, 0xff, 0xff, 0xff}},
           BadCase{"program header size", 42, {33}},
           BadCase{"no segments", 44, {0}},
           BadCase{"too many segments", 44, {0xff, 0xff}},
           BadCase{"nothing to load", 52, {2}},
           BadCase{"offset behind the end", 56, {0xff, 0xff, 0xff, 0xff}},
           BadCase{"address in no memory", 64, {0, 0, 0, 0x10}},
           BadCase{"address at a device", 64, {0, 0, 0, 0x40}},
           BadCase{"longer in file than in memory", 72, {4, 0, 0, 0}},
           BadCase{"file size behind the end", 68, {0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0}},
           BadCase{"longer than the memory", 72, {0, 0, 0x20, 0}},
           BadCase{"size that wraps", 72, {0xff, 0xff, 0xff, 0xff}},
       }) {
    std::vector<uint8_t> elf = Good();
    std::memcpy(elf.data() + c.offset, c.bytes.data(), c.bytes.size());
    Machine machine(MachineConfig{});
    const auto loaded = machine.LoadElf(elf);
    ASSERT_FALSE(loaded.has_value()) << c.what;
    EXPECT_FALSE(loaded.error().sentence.empty()) << c.what;
    EXPECT_EQ(*machine.bus().Ram(kCode, 1), 0) << c.what;
  }
}

TEST(ElfLoaderTest, RefusesEveryTruncation) {
  const std::vector<uint8_t> elf = Good();
  for (size_t length = 0; length < elf.size(); ++length) {
    Machine machine(MachineConfig{});
    EXPECT_FALSE(machine.LoadElf(std::span(elf).first(length)).has_value()) << length;
  }
}

}  // namespace
}  // namespace sim
