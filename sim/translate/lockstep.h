// SPDX-License-Identifier: Apache-2.0

// For tests and the fuzz target: one hostile program on two harts, interpreted and translated, that
// must agree at every stop on registers, memory, flags, every counter and what the platform was
// told.
#ifndef SIM_TRANSLATE_LOCKSTEP_H_
#define SIM_TRANSLATE_LOCKSTEP_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sim/fp/wide_loop.h"
#include "sim/hart/bus.h"
#include "sim/hart/core_config.h"

namespace sim::translate {

struct LockstepOptions {
  CoreConfig core = {};
  MisalignedPolicy misaligned = MisalignedPolicy::kTrap;
  UnmappedPolicy unmapped = UnmappedPolicy::kReadZero;
  uint64_t max_instructions = 4000;
  HostSimd simd = kHostSimd;  // the translated side's
};

// The pair is made once and used for many programs.
class Lockstep {
 public:
  explicit Lockstep(const LockstepOptions& options);
  ~Lockstep();

  // Makes a program, a state to start in and stops from `seed` bytes (any) and runs it. Empty: both
  // agree; else what differs first, with the program's disassembly.
  [[nodiscard]] std::string Run(std::span<const uint8_t> seed);

  // Run to their end by the translated side, up to the program before.
  [[nodiscard]] uint64_t blocks_run() const;
  [[nodiscard]] uint64_t blocks_translated() const;
  [[nodiscard]] bool translates() const;  // false: the host cannot; nothing is compared

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_LOCKSTEP_H_
