// SPDX-License-Identifier: Apache-2.0

// A device at the end of a bad line: bytes in both directions are lost, doubled, flipped or delayed
// at a given rate. Deterministic for a seed and the bytes that travel.
#ifndef TESTS_LINE_FAULTY_DEVICE_H_
#define TESTS_LINE_FAULTY_DEVICE_H_

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/device/device.h"

namespace line {

enum class Fault : uint8_t { kLost, kDoubled, kFlipped, kDelayed };
inline constexpr size_t kFaultKinds = 4;

class FaultyDevice final : public host::Device {
 public:
  // `inner` outlives this. `rate` is faults per byte, each kind as likely as the others.
  FaultyDevice(host::Device& inner, double rate, uint64_t seed);

  // While off, nothing is touched.
  void set_faults(bool on) { on_ = on; }
  [[nodiscard]] const std::array<uint64_t, kFaultKinds>& injected() const { return injected_; }
  [[nodiscard]] uint64_t injected_total() const;
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

  [[nodiscard]] std::string name() const override { return inner_.name(); }
  host::Result<> Start(std::string_view ready_text, double limit_s) override {
    return inner_.Start(ready_text, limit_s);
  }
  host::Result<> Write(base::Bytes bytes) override;
  // A simulated device that would wait for ever is a silent line here, as it is on a real one.
  host::Result<size_t> Read(base::MutableBytes into, double limit_s) override;
  void DropUnread() override;
  [[nodiscard]] double ClockSeconds() const override { return inner_.ClockSeconds() + waited_s_; }
  [[nodiscard]] bool clock_is_virtual() const override { return inner_.clock_is_virtual(); }
  std::vector<std::string> TakeComplaints() override { return inner_.TakeComplaints(); }

 private:
  // Puts what becomes of `byte` into `out`; true if the line pauses in front of it.
  bool Pass(uint8_t byte, std::vector<uint8_t>& out);
  host::Result<size_t> ReadInner(base::MutableBytes into, double limit_s);

  host::Device& inner_;
  double rate_;
  bool on_ = false;
  std::mt19937_64 random_;
  double waited_s_ = 0;  // besides what the device's own clock shows
  uint64_t bytes_ = 0;
  std::array<uint64_t, kFaultKinds> injected_ = {};
  std::vector<uint8_t> arrived_;  // mangled, not read yet
};

}  // namespace line

#endif  // TESTS_LINE_FAULTY_DEVICE_H_
