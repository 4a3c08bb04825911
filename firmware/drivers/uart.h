// SPDX-License-Identifier: Apache-2.0

// What every UART driver of the firmware has in common: its settings, and what a receive gives.
#ifndef FIRMWARE_DRIVERS_UART_H_
#define FIRMWARE_DRIVERS_UART_H_

#include <cstddef>
#include <cstdint>

namespace firmware {

struct UartConfig {
  uint32_t clock_hz;
  uint32_t baud_rate;
  uint32_t byte_timeout_ticks;  // of the driver's clock
};

struct Received {
  size_t count;     // less than asked for: the line was silent for the byte time-out
  bool line_error;  // a byte arrived with a framing, parity, break or overrun error
};

}  // namespace firmware

#endif  // FIRMWARE_DRIVERS_UART_H_
