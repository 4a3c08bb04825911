// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/renode_dump.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sim {
namespace {

// A reader of the dump as the contract (kenning-contract.md, section 6.1) describes Kenning's.
class Reader {
 public:
  Reader(std::string bytes, size_t slot_bytes)
      : bytes_(std::move(bytes)), slot_bytes_(slot_bytes) {}

  struct Interval {
    uint64_t instructions = 0;
    uint64_t reads = 0;
    uint64_t writes = 0;
    std::map<std::string, AccessCount> peripherals;
    uint64_t exceptions = 0;
  };

  // By interval number (of 10 ms).
  std::map<long, Interval> Read() {
    EXPECT_EQ(Take<int32_t>(), 1);
    EXPECT_EQ(Take<int32_t>(), 0);
    EXPECT_EQ(TakeName(), "cpu");
    struct Range {
      uint64_t start;
      uint64_t end;
    };
    std::map<std::string, Range> ranges;
    for (auto left = Take<int32_t>(); left > 0; --left) {
      const std::string name = TakeName();
      const auto start = Take<uint64_t>();
      ranges[name] = {start, Take<uint64_t>()};
    }
    std::map<long, Interval> intervals;
    uint64_t before = 0;
    while (at_ < bytes_.size()) {
      Take<int64_t>();
      const double seconds = std::bit_cast<double>(Take<uint64_t>()) / 1000;
      // As the parser does it: t - fmod(t, step), with all its floating-point effects.
      Interval& interval = intervals[std::lround((seconds - std::fmod(seconds, 0.01)) * 100)];
      switch (Take<uint8_t>()) {
        case 0: {
          at_ += slot_bytes_;
          const auto now = Take<uint64_t>();
          interval.instructions += now - before;
          before = now;
          break;
        }
        case 1: {  // only operations 2 and 3 are accesses of memory
          const auto operation = Take<uint8_t>();
          interval.reads += operation == 2 ? 1 : 0;
          interval.writes += operation == 3 ? 1 : 0;
          break;
        }
        case 2: {
          const bool write = Take<uint8_t>() == 1;
          const auto address = Take<uint64_t>();
          for (const auto& [name, range] : ranges) {
            if (address < range.start || address > range.end) continue;
            AccessCount& count = interval.peripherals[name];
            ++(write ? count.writes : count.reads);
            break;
          }
          break;
        }
        case 3:
          Take<uint64_t>();
          ++interval.exceptions;
          break;
        default:
          ADD_FAILURE() << "unknown entry at " << at_;
          return intervals;
      }
    }
    return intervals;
  }

 private:
  template <typename T>
  T Take() {
    T value{};
    if (at_ + sizeof(T) <= bytes_.size()) std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::string TakeName() {
    const auto length = static_cast<size_t>(Take<int32_t>());
    std::string name = bytes_.substr(at_, length);
    at_ += length;
    return name;
  }

  std::string bytes_;
  size_t slot_bytes_;
  size_t at_ = 0;
};

Profile Sample() {
  Profile profile;
  profile.bin_width_ns = 10'000'000;
  profile.memories = {{"ram_vec_dmem", 0x3400'0000, 0x100'0000, {}}};
  profile.peripherals = {{"uart0", 0x4000'0000, 0x1000, {}}, {"clint", 0x200'0000, 0x1'0000, {}}};
  profile.bins = {{.start_ns = 0,
                   .instructions = 1'000'000,
                   .kernel_instructions = 0,
                   .memory = {5000, 7},
                   .peripherals = {{2, 1}, {0, 0}},
                   .exceptions = 0},
                  {.start_ns = 30'000'000,
                   .instructions = 12,
                   .kernel_instructions = 0,
                   .memory = {0, 9},
                   .peripherals = {{0, 0}, {3, 0}},
                   .exceptions = 2}};
  return profile;
}

TEST(RenodeDumpTest, BothLayoutsGiveTheCountsBack) {
  for (const auto& [layout, slot_bytes] :
       {std::pair{DumpLayout::kSlot8, size_t{1}}, std::pair{DumpLayout::kSlot32, size_t{4}}}) {
    std::ostringstream out;
    WriteRenodeDump(Sample(), layout, out);
    auto intervals = Reader(out.str(), slot_bytes).Read();
    ASSERT_EQ(intervals.size(), 2u);
    EXPECT_EQ(intervals[0].instructions, 1'000'000u);
    EXPECT_EQ(intervals[0].reads, 5000u);
    EXPECT_EQ(intervals[0].writes, 7u);
    EXPECT_EQ(intervals[0].peripherals["uart0"].reads, 2u);
    EXPECT_EQ(intervals[0].peripherals["uart0"].writes, 1u);
    EXPECT_EQ(intervals[3].instructions, 12u);
    EXPECT_EQ(intervals[3].writes, 9u);
    EXPECT_EQ(intervals[3].peripherals["clint"].reads, 3u);
    EXPECT_EQ(intervals[3].exceptions, 2u);
  }
}

TEST(RenodeDumpTest, EntriesHaveTheDocumentedSizes) {
  Profile profile = Sample();
  profile.bins = {profile.bins[1]};
  std::ostringstream header;
  Profile empty = profile;
  empty.bins.clear();
  WriteRenodeDump(empty, DumpLayout::kSlot8, header);
  for (const auto& [layout, entry] :
       {std::pair{DumpLayout::kSlot8, size_t{26}}, std::pair{DumpLayout::kSlot32, size_t{29}}}) {
    std::ostringstream out;
    WriteRenodeDump(profile, layout, out);
    EXPECT_EQ(out.str().size() - header.str().size(), entry + 9 * 18 + 3 * 26 + 2 * 25);
  }
}

// Proves the reader above on dumps that Kenning's own parsers were run on: what the two layouts
// hold is then known to be what we write.
TEST(RenodeDumpTest, TheReaderAgreesWithKenningsParserOnItsDumps) {
  const char* shared = std::getenv("KN_SHARED");
  const std::string folder =
      std::string(shared != nullptr ? shared : "../shared") + "/spec/kenning/vectors/";
  std::ifstream parsed_file(folder + "head_parsed.json");
  if (!parsed_file) GTEST_SKIP() << folder << " is absent";
  const auto parsed = nlohmann::json::parse(parsed_file);
  for (const auto& [name, slot_bytes] :
       {std::pair{"dump_slot8.bin.gz", size_t{1}}, std::pair{"dump_slot32.bin.gz", size_t{4}}}) {
    std::FILE* pipe = popen(("gzip -dc " + folder + name).c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string bytes;
    std::array<char, 65536> buffer{};
    for (size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) != 0;) {
      bytes.append(buffer.data(), count);
    }
    ASSERT_EQ(pclose(pipe), 0);
    auto intervals = Reader(bytes, slot_bytes).Read();
    const auto& starts = parsed["profiler_timestamps"];
    ASSERT_GT(starts.size(), 10u);
    // The parser's window cuts its first two intervals; the last is cut too.
    for (size_t i = 2; i + 1 < starts.size(); ++i) {
      Reader::Interval& interval = intervals[std::lround(starts[i].get<double>() * 100)];
      EXPECT_EQ(interval.instructions, parsed["executed_instructions"]["cpu"][i]) << i;
      EXPECT_EQ(interval.reads, parsed["memory_accesses"]["read"][i]) << i;
      EXPECT_EQ(interval.writes, parsed["memory_accesses"]["write"][i]) << i;
      EXPECT_EQ(interval.exceptions, parsed["exceptions"][i]) << i;
      for (const auto& [peripheral, counts] : parsed["peripheral_accesses"].items()) {
        EXPECT_EQ(interval.peripherals[peripheral].reads, counts["read"][i]) << peripheral << i;
        EXPECT_EQ(interval.peripherals[peripheral].writes, counts["write"][i]) << peripheral << i;
      }
    }
  }
}

}  // namespace
}  // namespace sim
