// SPDX-License-Identifier: Apache-2.0

// The OpenTitan I2C controller as host, polled: registers of a device on the bus are read and
// written. `Registers` has Read32/Write32, `Clock` a static Now(): a free-running counter of 32
// bits that may wrap.
//
// Addresses go out as Renode's model takes them: the plain 7-bit address with START, the register
// number, then one command that reads. Real silicon wants the address shifted, with the direction
// in bit 0, and a repeated START. Facts: shared spec platform.md, section 2.2.
#ifndef FIRMWARE_DRIVERS_OPENTITAN_I2C_H_
#define FIRMWARE_DRIVERS_OPENTITAN_I2C_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"

namespace firmware {

// What the bus asks for, in nanoseconds (UM10204, table 10).
struct I2cTiming {
  uint16_t high, low, setup_start, hold_start, setup_data, setup_stop, bus_free, rise, fall;
};
inline constexpr I2cTiming kI2cStandard = {4000, 4700, 4700, 4000, 250, 4000, 4700, 1000, 300};
inline constexpr I2cTiming kI2cFast = {600, 1300, 600, 600, 100, 600, 1300, 300, 300};
inline constexpr I2cTiming kI2cFastPlus = {260, 500, 260, 260, 50, 260, 500, 120, 120};

// The five timing registers: a time each half, in cycles of the clock, rounded up.
using I2cTimingRegisters = std::array<uint32_t, 5>;
constexpr I2cTimingRegisters TimingRegisters(const I2cTiming& t, uint32_t clock_period_ns) {
  const auto halves = [&](uint32_t high_ns, uint32_t low_ns) {
    return (high_ns + clock_period_ns - 1) / clock_period_ns << 16 |
           (low_ns + clock_period_ns - 1) / clock_period_ns;
  };
  constexpr uint32_t kDataHold = 1;  // one cycle
  return {halves(t.high, t.low), halves(t.rise, t.fall), halves(t.setup_start, t.hold_start),
          halves(t.setup_data, kDataHold), halves(t.setup_stop, t.bus_free)};
}

struct I2cConfig {
  I2cTimingRegisters timing;
  uint32_t byte_timeout_ticks;  // of Clock; longest wait for one byte
};

template <typename Registers, typename Clock>
class OpenTitanI2c {
 public:
  static constexpr uint32_t kIntrState = 0x00, kCtrl = 0x10, kStatus = 0x14, kRdata = 0x18,
                            kFdata = 0x1C, kFifoCtrl = 0x20, kTiming0 = 0x30, kTiming1 = 0x34,
                            kTiming2 = 0x38, kTiming3 = 0x3C, kTiming4 = 0x40;
  static constexpr uint32_t kIntrNak = 1 << 4;
  static constexpr uint32_t kCtrlEnableHost = 1 << 0;
  static constexpr uint32_t kStatusRxEmpty = 1 << 5;
  static constexpr uint32_t kStart = 1 << 8, kStop = 1 << 9, kRead = 1 << 10;
  static constexpr uint32_t kResetFifos = 1 << 0 | 1 << 1 | 1 << 7 | 1 << 8;  // RX, FMT, ACQ, TX
  static constexpr size_t kFifoBytes = 64;

  OpenTitanI2c(Registers registers, const I2cConfig& config)
      : registers_(registers), config_(config) {}

  void Init() {
    uint32_t timing_register = kTiming0;
    for (const uint32_t value : config_.timing) {
      registers_.Write32(timing_register, value);
      timing_register += kTiming1 - kTiming0;
    }
    registers_.Write32(kFifoCtrl, kResetFifos);
    registers_.Write32(kCtrl, kCtrlEnableHost);
  }

  // Reads registers `first` and following of the device at `address` into `into`, 1 .. kFifoBytes
  // bytes. kI2cNoAcknowledge if no device is there, kI2cTimeout if a byte does not come; then the
  // FIFOs are empty again and `into` may be partly written.
  [[nodiscard]] base::Status ReadRegisters(uint8_t address, uint8_t first,
                                           base::MutableBytes into) {
    if (into.empty() || into.size() > kFifoBytes) return base::Status::kI2cInvalidArgument;
    Begin(address, first);
    registers_.Write32(kFdata, static_cast<uint32_t>(into.size()) | kRead | kStop);
    for (uint8_t& byte : into) {
      const base::Status status = WaitForByte();
      if (status != base::Status::kOk) return status;
      byte = static_cast<uint8_t>(registers_.Read32(kRdata));
    }
    return base::Status::kOk;
  }

  // Failures as above. The transaction ends with a read of the register, since the model knows STOP
  // only there; its byte is dropped.
  [[nodiscard]] base::Status WriteRegister(uint8_t address, uint8_t number, uint8_t value) {
    Begin(address, number);
    registers_.Write32(kFdata, value);
    registers_.Write32(kFdata, 1 | kRead | kStop);
    const base::Status status = WaitForByte();
    if (status == base::Status::kOk) (void)registers_.Read32(kRdata);
    return status;
  }

 private:
  void Begin(uint8_t address, uint8_t number) {
    registers_.Write32(kIntrState, kIntrNak);  // clears it
    registers_.Write32(kFdata, address | kStart);
    registers_.Write32(kFdata, number);
  }

  [[nodiscard]] base::Status WaitForByte() {
    if ((registers_.Read32(kStatus) & kStatusRxEmpty) == 0) return base::Status::kOk;
    const uint32_t start = Clock::Now();
    base::Status status = base::Status::kOk;
    while ((registers_.Read32(kStatus) & kStatusRxEmpty) != 0) {
      if ((registers_.Read32(kIntrState) & kIntrNak) != 0) {
        status = base::Status::kI2cNoAcknowledge;
      } else if (Clock::Now() - start > config_.byte_timeout_ticks) {
        status = base::Status::kI2cTimeout;
      }
      if (status == base::Status::kOk) continue;
      registers_.Write32(kFifoCtrl, kResetFifos);
      break;
    }
    return status;
  }

  Registers registers_;
  I2cConfig config_;
};

}  // namespace firmware

#endif  // FIRMWARE_DRIVERS_OPENTITAN_I2C_H_
