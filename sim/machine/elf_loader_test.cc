// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/elf_loader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string_view>

#include "base/byte_reader.h"
#include "sim/machine/machine.h"
#include "sim/machine/testing_program.h"

namespace sim {
namespace {

using testing::kCode;
using testing::Program;

std::vector<uint8_t> Good() { return Program().Add(Op::kAddi).Finish().Elf(); }

constexpr size_t kProgramHeaderAt = 52;

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

// Each of them is fine; what they cost together is not.
TEST(ElfLoaderTest, RefusesSegmentsLargerThanAllMemories) {
  constexpr uint32_t kMemory = 0x0010'0000;  // the one that the program lies in
  constexpr uint16_t kCount = 64;
  std::vector<uint8_t> elf = Good();
  std::vector<uint8_t> header(elf.begin() + kProgramHeaderAt, elf.begin() + kProgramHeaderAt + 32);
  base::StoreLe(&header[20], kMemory);
  base::StoreLe(&elf[28], static_cast<uint32_t>(elf.size()));
  base::StoreLe(&elf[44], kCount);
  for (uint16_t i = 0; i < kCount; ++i) elf.insert(elf.end(), header.begin(), header.end());
  Machine machine(MachineConfig{});
  const auto loaded = machine.LoadElf(elf);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().sentence.find("larger than all memories"), std::string::npos);
  EXPECT_EQ(*machine.bus().Ram(kCode, 1), 0);
}

TEST(ElfLoaderTest, EntriesOfASharedSymbolTableAreNotReadWithoutEnd) {
  constexpr uint16_t kSections = 8192;
  constexpr uint32_t kEntries = 256;  // of which one is a function; 4096 tables are read
  std::vector<uint8_t> elf = Good();
  const auto names_at = static_cast<uint32_t>(elf.size());
  for (const char c : std::string_view("main\0", 5)) elf.push_back(static_cast<uint8_t>(c));
  const auto table_at = static_cast<uint32_t>(elf.size());
  elf.resize(elf.size() + kEntries * 16);
  elf[table_at + 12] = 2;  // a function
  elf[table_at + 14] = 1;  // in some section
  base::StoreLe(&elf[32], static_cast<uint32_t>(elf.size()));
  base::StoreLe(&elf[46], uint16_t{40});
  base::StoreLe(&elf[48], kSections);
  for (uint16_t i = 0; i < kSections; ++i) {
    // type, address, offset, size, link; the last section has the names.
    const bool is_names = i + 1 == kSections;
    std::array<uint8_t, 40> section = {};
    base::StoreLe(&section[4], is_names ? 3u : 2u);
    base::StoreLe(&section[16], is_names ? names_at : table_at);
    base::StoreLe(&section[20], is_names ? 5u : kEntries * 16);
    base::StoreLe(&section[24], uint32_t{kSections} - 1);
    elf.insert(elf.end(), section.begin(), section.end());
  }
  Machine machine(MachineConfig{});
  const auto loaded = machine.LoadElf(elf);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->symbols.size(), 4096u);
  EXPECT_EQ(loaded->symbols.front().name, "main");
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
