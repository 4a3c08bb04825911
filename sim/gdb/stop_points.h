// SPDX-License-Identifier: Apache-2.0

// Breakpoints and watchpoints of one machine, found without touching guest memory: code that holds
// no breakpoint runs at full speed, unless there are watchpoints.
#ifndef SIM_GDB_STOP_POINTS_H_
#define SIM_GDB_STOP_POINTS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "sim/hart/interpreter.h"

namespace sim {

class StopPoints final : public InsnObserver {
 public:
  static constexpr size_t kMaxPoints = 1024;
  // GDB's numbers of packet Z.
  enum class Kind : uint8_t { kSoftware, kHardware, kWrite, kRead, kAccess };

  struct Hit {
    Kind kind = Kind::kSoftware;
    GuestAddr address = 0;
  };

  explicit StopPoints(const Hart* hart) : hart_(hart) {}

  // False: too many, or no such kind.
  [[nodiscard]] bool Insert(Kind kind, GuestAddr address, uint32_t size_bytes);
  void Remove(Kind kind, GuestAddr address, uint32_t size_bytes);
  void Clear();
  [[nodiscard]] bool empty() const { return breakpoints_.empty() && watchpoints_.empty(); }

  // Before each run: the instruction at pc does not stop it; with `step` the first does.
  void Arm(GuestAddr pc, bool step);
  // Why the last run stopped; nothing after a step.
  [[nodiscard]] const std::optional<Hit>& hit() const { return hit_; }

  [[nodiscard]] bool Wants(GuestAddr pc, uint32_t size_bytes) override;
  [[nodiscard]] bool Before(const DecodedInsn& insn) override;
  [[nodiscard]] bool After(const DecodedInsn& insn, bool retired) override;

 private:
  struct Watchpoint {
    Kind kind;
    GuestAddr address;
    uint32_t size_bytes;
    bool operator==(const Watchpoint&) const = default;
  };

  const Hart* hart_;
  std::multiset<GuestAddr> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  bool step_ = false;
  std::optional<GuestAddr> skip_;
  std::optional<Hit> hit_;
};

}  // namespace sim

#endif  // SIM_GDB_STOP_POINTS_H_
