// SPDX-License-Identifier: Apache-2.0

// How log lines are spelled; Kenning and the Robot tests search for these texts (shared spec
// platform.md, section 1.5).
#ifndef SIM_MACHINE_LOG_TEXT_H_
#define SIM_MACHINE_LOG_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sim {

inline constexpr uint32_t kSimprintMaxLength = 255;

// simprint: "<message>", 10 (0xA)
[[nodiscard]] std::string SimprintText(std::string_view message, uint32_t number);
// 0x3400ABCD
[[nodiscard]] std::string HexText(uint32_t value);

}  // namespace sim

#endif  // SIM_MACHINE_LOG_TEXT_H_
