// SPDX-License-Identifier: Apache-2.0

// The PL011 UART, polled. `Registers` has Read32/Write32, `Clock` has a static Now(): a
// free-running counter of 32 bits that may wrap. Facts: shared spec platform.md, section 2.1; ARM
// DDI 0183, chapter 3.
#ifndef FIRMWARE_DRIVERS_PL011_H_
#define FIRMWARE_DRIVERS_PL011_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/drivers/uart.h"

namespace firmware {

template <typename Registers, typename Clock>
class Pl011 {
 public:
  static constexpr uint32_t kDr = 0x000, kFr = 0x018, kIbrd = 0x024, kFbrd = 0x028, kLcrh = 0x02C,
                            kCr = 0x030, kRis = 0x03C, kIcr = 0x044;
  static constexpr uint32_t kFrBusy = 1 << 3, kFrRxEmpty = 1 << 4, kFrTxFull = 1 << 5;
  static constexpr uint32_t kLcrhFifo = 1 << 4, kLcrhEightBits = 3 << 5;
  static constexpr uint32_t kCrEnable = 1 << 0, kCrTransmit = 1 << 8, kCrReceive = 1 << 9;
  static constexpr uint32_t kErrors = 0xF << 7;  // overrun, break, parity, framing

  Pl011(Registers registers, const UartConfig& config) : registers_(registers), config_(config) {}

  // 8 data bits, no parity, 1 stop bit, FIFOs on. kUartInvalidBaudrate, and nothing touched, if the
  // divisor does not fit the clock.
  [[nodiscard]] base::Status Init() {
    // The divisor in 64ths, rounded: clock / (16 * baud) * 64.
    constexpr uint32_t kMinDivisor = 1 << 6, kMaxDivisor = 0xFFFF << 6;
    if (config_.baud_rate == 0) return base::Status::kUartInvalidBaudrate;
    const uint32_t divisor = (config_.clock_hz * 8 / config_.baud_rate + 1) / 2;
    if (divisor < kMinDivisor || divisor > kMaxDivisor) return base::Status::kUartInvalidBaudrate;
    const Registers registers = registers_;  // by value, as in Receive
    registers.Write32(kCr, 0);
    while ((registers.Read32(kFr) & kFrBusy) != 0) {
    }
    registers.Write32(kLcrh, 0);  // flushes the FIFOs
    registers.Write32(kIbrd, divisor >> 6);
    registers.Write32(kFbrd, divisor & 0x3F);
    registers.Write32(kLcrh, kLcrhEightBits | kLcrhFifo);  // also latches the divisor
    registers.Write32(kCr, kCrEnable | kCrTransmit | kCrReceive);
    return base::Status::kOk;
  }

  // Fills `window`, or returns early after byte_timeout_ticks without a byte. Five instructions a
  // byte and two for each four while bytes are waiting: only FR and DR are read, the clock only on
  // an empty FIFO. The errors of all bytes are read once, from the raw interrupt status, which
  // keeps them; so an error may be told of bytes that still lie in the FIFO behind the window.
  [[nodiscard]] Received Receive(base::MutableBytes window) {
    // By value: a byte stored might otherwise have changed the address.
    const Registers registers = registers_;
    uint8_t* out = window.data();
    uint8_t* const end = out + window.size();
    const auto take = [&](uint8_t* to) __attribute__((always_inline)) {
      if ((registers.Read32(kFr) & kFrRxEmpty) != 0) [[unlikely]] {
        if (!WaitForByte()) return false;
      }
      *to = static_cast<uint8_t>(registers.Read32(kDr));
      return true;
    };
    const auto result = [&] {
      const bool line_error = (registers.Read32(kRis) & kErrors) != 0;
      if (line_error) registers.Write32(kIcr, kErrors);
      return Received{static_cast<size_t>(out - window.data()), line_error};
    };
    for (uint8_t* const fours_end = end - window.size() % 4; out != fours_end; ++out) {
      if (!take(out)) return result();
      if (!take(++out)) return result();
      if (!take(++out)) return result();
      if (!take(++out)) return result();
    }
    while (out != end && take(out)) ++out;
    return result();
  }

  void Send(base::Bytes bytes) {
    for (uint8_t byte : bytes) {
      while ((registers_.Read32(kFr) & kFrTxFull) != 0) {
      }
      registers_.Write32(kDr, byte);
    }
  }

 private:
  [[nodiscard]] bool WaitForByte() {
    const uint32_t start = Clock::Now();
    while ((registers_.Read32(kFr) & kFrRxEmpty) != 0) {
      if (Clock::Now() - start > config_.byte_timeout_ticks) return false;
    }
    return true;
  }

  Registers registers_;
  UartConfig config_;
};

}  // namespace firmware

#endif  // FIRMWARE_DRIVERS_PL011_H_
