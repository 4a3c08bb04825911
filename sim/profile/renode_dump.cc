// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/renode_dump.h"

#include <algorithm>
#include <bit>
#include <ostream>
#include <string>
#include <type_traits>

namespace sim {
namespace {

enum EntryType : uint8_t { kInstructions = 0, kMemory = 1, kPeripheral = 2, kException = 3 };
enum MemoryOperation : uint8_t { kMemoryRead = 2, kMemoryWrite = 3 };
enum PeripheralOperation : uint8_t { kPeripheralRead = 0, kPeripheralWrite = 1 };

template <typename T>
void Put(std::string& bytes, T value) {
  using Word = std::make_unsigned_t<T>;
  const auto word = static_cast<Word>(value);
  for (size_t i = 0; i < sizeof(T); ++i) {
    bytes += static_cast<char>(static_cast<uint8_t>(word >> 8 * i));
  }
}

void PutName(std::string& bytes, const std::string& name) {
  Put(bytes, static_cast<int32_t>(name.size()));
  bytes += name;
}

void PutRegion(std::string& bytes, const RegionCount& region) {
  PutName(bytes, region.name);
  Put(bytes, uint64_t{region.base});
  Put(bytes, uint64_t{region.base} + region.size_bytes - 1);  // inclusive
}

std::string Header(const Profile& profile) {
  std::string bytes;
  Put(bytes, int32_t{1});  // one CPU
  Put(bytes, int32_t{0});  // its slot
  PutName(bytes, "cpu");
  Put(bytes, static_cast<int32_t>(profile.memories.size() + profile.peripherals.size()));
  for (const RegionCount& region : profile.memories) PutRegion(bytes, region);
  for (const RegionCount& region : profile.peripherals) PutRegion(bytes, region);
  return bytes;
}

// Real time (.NET ticks of 100 ns; no wall clock here, so virtual time), virtual time in ms, type.
std::string Head(uint64_t time_ns, EntryType type) {
  std::string bytes;
  Put(bytes, static_cast<int64_t>(time_ns / 100));
  Put(bytes, std::bit_cast<uint64_t>(static_cast<double>(time_ns) / 1e6));
  Put(bytes, static_cast<uint8_t>(type));
  return bytes;
}

void WriteTimes(std::ostream& out, const std::string& entry, uint64_t times) {
  constexpr uint64_t kBatch = 4096;
  std::string batch;
  for (uint64_t i = 0; i < std::min(times, kBatch); ++i) batch += entry;
  for (uint64_t left = times; left != 0 && out;) {
    const uint64_t now = std::min(left, kBatch);
    out.write(batch.data(), static_cast<std::streamsize>(now * entry.size()));
    left -= now;
  }
}

std::string MemoryEntry(uint64_t time_ns, MemoryOperation operation) {
  std::string entry = Head(time_ns, kMemory);
  Put(entry, static_cast<uint8_t>(operation));
  return entry;
}

std::string PeripheralEntry(uint64_t time_ns, PeripheralOperation operation, uint64_t address) {
  std::string entry = Head(time_ns, kPeripheral);
  Put(entry, static_cast<uint8_t>(operation));
  Put(entry, address);
  return entry;
}

}  // namespace

void WriteRenodeDump(const Profile& profile, DumpLayout layout, std::ostream& out) {
  const std::string header = Header(profile);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  uint64_t cumulative = 0;
  for (const Bin& bin : profile.bins) {
    const uint64_t time_ns = bin.start_ns + profile.bin_width_ns / 2;
    cumulative += bin.instructions;
    std::string entry = Head(time_ns, kInstructions);
    if (layout == DumpLayout::kSlot8) {
      Put(entry, uint8_t{0});
    } else {
      Put(entry, int32_t{0});
    }
    Put(entry, cumulative);
    WriteTimes(out, entry, 1);
    WriteTimes(out, MemoryEntry(time_ns, kMemoryRead), bin.memory.reads);
    WriteTimes(out, MemoryEntry(time_ns, kMemoryWrite), bin.memory.writes);
    for (size_t i = 0; i < bin.peripherals.size(); ++i) {
      const uint64_t base = profile.peripherals[i].base;
      WriteTimes(out, PeripheralEntry(time_ns, kPeripheralRead, base), bin.peripherals[i].reads);
      WriteTimes(out, PeripheralEntry(time_ns, kPeripheralWrite, base), bin.peripherals[i].writes);
    }
    std::string exception = Head(time_ns, kException);
    Put(exception, uint64_t{0});
    WriteTimes(out, exception, bin.exceptions);
  }
  out.flush();
}

}  // namespace sim
