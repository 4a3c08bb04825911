// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/log_text.h"

#include <fmt/format.h>

#include <array>

#include "sim/machine/machine.h"

namespace sim {

std::string SimprintText(std::string_view message, uint32_t number) {
  return fmt::format("simprint: \"{}\", {} (0x{:X})", message, number, number);
}

std::string HexText(uint32_t value) { return fmt::format("0x{:X}", value); }

std::string LogLine::Format() const {
  constexpr std::array<std::string_view, 5> kLevels = {"ERROR", "WARNING", "INFO", "DEBUG",
                                                       "NOISY"};
  const uint64_t ticks = virtual_time_ns / 100'000;  // Renode prints four decimals
  const uint64_t seconds = ticks / 10'000;
  return fmt::format("{:02}:{:02}:{:02}.{:04} [{}] {}: {}", seconds / 3600, seconds / 60 % 60,
                     seconds % 60, ticks % 10'000, kLevels[static_cast<size_t>(level)], sender,
                     text);
}

}  // namespace sim
