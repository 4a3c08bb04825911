// SPDX-License-Identifier: Apache-2.0

#include "host/device/renode_dump_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <sstream>

#include "sim/profile/renode_dump.h"

namespace host {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kWidth_ns = 10'000'000;

// As springbok-sim writes one.
sim::Profile Sample() {
  sim::Profile profile;
  profile.bin_width_ns = kWidth_ns;
  profile.memories = {{"ram", 0x3400'0000, 0x1000, {}}};
  profile.peripherals = {{"clint", 0x0200'0000, 0x10000, {}}, {"uart0", 0x4000'0000, 0x1000, {}}};
  sim::Bin first;
  first.instructions = 500;
  first.memory = {7, 3};
  first.peripherals = {{0, 1}, {5, 2}};
  sim::Bin second;
  second.start_ns = 3 * kWidth_ns;
  second.instructions = 250;
  second.exceptions = 2;
  second.peripherals = {{0, 0}, {1, 0}};
  profile.bins = {first, second};
  return profile;
}

std::string Dump(sim::DumpLayout layout) {
  std::ostringstream out;
  sim::WriteRenodeDump(Sample(), layout, out);
  return out.str();
}

Result<sim::Profile> Read(const std::string& bytes) {
  std::istringstream in(bytes);
  return ReadRenodeDump(in, kWidth_ns);
}

TEST(RenodeDumpReaderTest, ReadsBothLayouts) {
  for (const auto layout : {sim::DumpLayout::kSlot8, sim::DumpLayout::kSlot32}) {
    const auto profile = Read(Dump(layout));
    ASSERT_TRUE(profile) << profile.error().Format();
    EXPECT_EQ(profile->instructions, 750u);
    ASSERT_EQ(profile->bins.size(), 2u);
    const sim::Bin& bin = profile->bins[0];
    EXPECT_EQ(bin.instructions, 500u);
    EXPECT_EQ(bin.memory.reads, 7u);
    EXPECT_EQ(bin.memory.writes, 3u);
    ASSERT_EQ(profile->peripherals.size(), 3u);
    EXPECT_EQ(profile->peripherals[0].name, "clint");
    EXPECT_EQ(profile->peripherals[2].name, "uart0");
    EXPECT_EQ(bin.peripherals[0].writes, 1u);
    EXPECT_EQ(bin.peripherals[2].reads, 5u);
    EXPECT_EQ(bin.peripherals[2].writes, 2u);
    EXPECT_EQ(profile->bins[1].start_ns, 3 * kWidth_ns);
    EXPECT_EQ(profile->bins[1].exceptions, 2u);
  }
}

TEST(RenodeDumpReaderTest, ACutLastEntryIsLeftOut) {
  const std::string whole = Dump(sim::DumpLayout::kSlot32);
  const auto all = Read(whole);
  for (size_t cut = 1; cut < 25; ++cut) {
    const auto profile = Read(whole.substr(0, whole.size() - cut));
    ASSERT_TRUE(profile) << cut;
    EXPECT_EQ(profile->bins[1].exceptions, 1u);
  }
}

TEST(RenodeDumpReaderTest, WhatIsNoDump) {
  const std::string whole = Dump(sim::DumpLayout::kSlot32);
  for (size_t size : {0u, 3u, 8u, 20u, 60u}) {
    EXPECT_FALSE(Read(whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(Read(std::string(100, '\xFF')));
  EXPECT_FALSE(Read(std::string(100, '\0')));
}

TEST(RenodeDumpReaderTest, BadEntriesAreNamedWithTheirOffset) {
  std::string header = Dump(sim::DumpLayout::kSlot32);
  // Entries start behind the header, whose length is that of a dump without bins.
  sim::Profile empty = Sample();
  empty.bins.clear();
  std::ostringstream out;
  sim::WriteRenodeDump(empty, sim::DumpLayout::kSlot32, out);
  const size_t begin = out.str().size();

  std::string bad = header;
  bad[begin + 16] = 9;
  auto profile = Read(bad);
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().sentence, HasSubstr("unknown type 9"));
  EXPECT_THAT(profile.error().place, HasSubstr("profiler dump@0x"));

  bad = header;
  const auto nan = std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN());
  for (size_t i = 0; i < 8; ++i) bad[begin + 8 + i] = static_cast<char>(nan >> 8 * i);
  profile = Read(bad);
  ASSERT_FALSE(profile);
  EXPECT_THAT(profile.error().sentence, HasSubstr("time"));
}

}  // namespace
}  // namespace host
