// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/legacy_random.h"

#include <bit>
#include <numeric>

namespace host {

double LegacyRandom::NextDouble() {
  const uint32_t high = static_cast<uint32_t>(engine_()) >> 5;
  const uint32_t low = static_cast<uint32_t>(engine_()) >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

uint32_t LegacyRandom::NextInterval(uint32_t max) {
  if (max == 0) return 0;
  const uint32_t mask = static_cast<uint32_t>((uint64_t{1} << std::bit_width(max)) - 1);
  for (;;) {
    const uint32_t value = static_cast<uint32_t>(engine_()) & mask;
    if (value <= max) return value;
  }
}

std::vector<size_t> LegacyRandom::Choose(const std::vector<size_t>& items, size_t count) {
  std::vector<size_t> positions(items.size());
  std::iota(positions.begin(), positions.end(), size_t{0});
  Shuffle(std::span<size_t>(positions));
  positions.resize(count);
  for (size_t& position : positions) position = items[position];
  return positions;
}

}  // namespace host
