// SPDX-License-Identifier: Apache-2.0

// What the tests of the UART drivers share: a clock that moves, a line's settings, and what holds
// for every UART.
#ifndef FIRMWARE_DRIVERS_TESTING_UART_H_
#define FIRMWARE_DRIVERS_TESTING_UART_H_

#include <cstdint>
#include <initializer_list>

#include "firmware/drivers/testing_registers.h"
#include "firmware/drivers/uart.h"

namespace firmware::testing {

// Each look at the clock takes 1000 ticks.
struct SteppingClock {
  static uint32_t Now() { return now += 1000; }
  static inline uint32_t now = 0;
};

constexpr UartConfig ConfigAt(uint32_t clock_hz) {
  return {.clock_hz = clock_hz, .baud_rate = 115'200, .byte_timeout_ticks = 3000};
}

// Rates that the clock cannot make are refused before any register is touched.
template <typename Uart>
void ExpectRatesRefused(UartConfig config, std::initializer_list<uint32_t> baud_rates) {
  ExpectedAccesses bus;
  for (const uint32_t baud_rate : baud_rates) {
    config.baud_rate = baud_rate;
    EXPECT_EQ(Uart(ExpectedRegisters(&bus), config).Init(), base::Status::kUartInvalidBaudrate)
        << baud_rate;
  }
}

}  // namespace firmware::testing

#endif  // FIRMWARE_DRIVERS_TESTING_UART_H_
