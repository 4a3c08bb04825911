// SPDX-License-Identifier: Apache-2.0

// The 16550 UART with registers a byte apart, polled. `Registers` has Read8/Write8, `Clock` a
// static Now(): a free-running counter of 32 bits that may wrap. Facts: PC16550D data sheet,
// section 8.
#ifndef FIRMWARE_DRIVERS_NS16550_H_
#define FIRMWARE_DRIVERS_NS16550_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/drivers/uart.h"

namespace firmware {

template <typename Registers, typename Clock>
class Ns16550 {
 public:
  static constexpr uint32_t kData = 0, kInterruptEnable = 1, kFifoControl = 2, kLineControl = 3,
                            kModemControl = 4, kLineStatus = 5;
  static constexpr uint32_t kDivisorLow = 0, kDivisorHigh = 1;  // while kDivisorAccess is set
  static constexpr uint8_t kFifoOnAndEmpty = 0x07;
  static constexpr uint8_t kEightBits = 0x03, kDivisorAccess = 0x80;
  static constexpr uint8_t kReady = 0x03;  // DTR and RTS
  static constexpr uint8_t kHasByte = 1 << 0, kErrors = 0x1E, kTransmitterFree = 1 << 5;

  Ns16550(Registers registers, const UartConfig& config) : registers_(registers), config_(config) {}

  // 8 data bits, no parity, 1 stop bit, FIFOs on, no interrupts. kUartInvalidBaudrate, and nothing
  // touched, if the divisor does not fit the clock.
  [[nodiscard]] base::Status Init() {
    if (config_.baud_rate == 0) return base::Status::kUartInvalidBaudrate;
    const uint32_t divisor = (config_.clock_hz / 8 / config_.baud_rate + 1) / 2;
    if (divisor == 0 || divisor > UINT16_MAX) return base::Status::kUartInvalidBaudrate;
    registers_.Write8(kInterruptEnable, 0);
    registers_.Write8(kLineControl, kDivisorAccess);
    registers_.Write8(kDivisorLow, static_cast<uint8_t>(divisor));
    registers_.Write8(kDivisorHigh, static_cast<uint8_t>(divisor >> 8));
    registers_.Write8(kLineControl, kEightBits);
    registers_.Write8(kFifoControl, kFifoOnAndEmpty);
    registers_.Write8(kModemControl, kReady);
    return base::Status::kOk;
  }

  // Fills `window`, or returns early after byte_timeout_ticks without a byte.
  [[nodiscard]] Received Receive(base::MutableBytes window) {
    uint8_t* out = window.data();
    uint8_t* const end = out + window.size();
    uint8_t seen = 0;
    while (out != end) {
      uint8_t status = registers_.Read8(kLineStatus);
      if ((status & kHasByte) == 0) {
        status = WaitForByte();
        if ((status & kHasByte) == 0) break;
      }
      seen |= status;  // errors belong to the byte at the top of the FIFO
      *out++ = registers_.Read8(kData);
    }
    return {static_cast<size_t>(out - window.data()), (seen & kErrors) != 0};
  }

  void Send(base::Bytes bytes) {
    for (const uint8_t byte : bytes) {
      while ((registers_.Read8(kLineStatus) & kTransmitterFree) == 0) {
      }
      registers_.Write8(kData, byte);
    }
  }

 private:
  // The line status once a byte is there, or when the time is over.
  [[nodiscard]] uint8_t WaitForByte() {
    const uint32_t start = Clock::Now();
    while (true) {
      const uint8_t status = registers_.Read8(kLineStatus);
      if ((status & kHasByte) != 0 || Clock::Now() - start > config_.byte_timeout_ticks) {
        return status;
      }
    }
  }

  Registers registers_;
  UartConfig config_;
};

}  // namespace firmware

#endif  // FIRMWARE_DRIVERS_NS16550_H_
