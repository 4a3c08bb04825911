// SPDX-License-Identifier: Apache-2.0

// Any bytes as an ELF for two small memories: a refused one writes nothing, an accepted one lies
// inside and is no larger than them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "sim/machine/elf_loader.h"

namespace {

constexpr std::array<sim::GuestAddr, 2> kBases = {0x3200'0000, 0x3400'0000};
constexpr uint32_t kMemoryBytes = 4096;

void Require(bool condition) {
  if (!condition) std::abort();
}

sim::Bus MakeBus() {
  sim::Bus bus;
  for (const sim::GuestAddr base : kBases) bus.AddMemory("memory", base, kMemoryBytes);
  return bus;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static sim::Bus bus = MakeBus();
  for (const auto& memory : bus.memories()) std::fill_n(memory->bytes, kMemoryBytes, uint8_t{0});
  const auto loaded = sim::LoadElfInto(bus, {data, size});
  if (!loaded) {
    Require(!loaded.error().sentence.empty());
    for (const auto& memory : bus.memories()) {
      Require(std::all_of(memory->bytes, memory->bytes + kMemoryBytes,
                          [](uint8_t byte) { return byte == 0; }));
    }
    return 0;
  }
  Require(loaded->segments == loaded->placed.size());
  Require(bus.Ram(loaded->entry, 4) != nullptr);
  uint64_t bytes = 0;
  for (const sim::PlacedSegment& segment : loaded->placed) {
    Require(bus.Ram(segment.start, segment.size_bytes) != nullptr);
    bytes += segment.size_bytes;
  }
  Require(bytes <= uint64_t{kMemoryBytes} * kBases.size() && loaded->bytes <= bytes);
  for (const sim::ElfSymbol& symbol : loaded->symbols) Require(!symbol.name.empty());
  return 0;
}
