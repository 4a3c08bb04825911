// SPDX-License-Identifier: Apache-2.0
// Two machines fed alike, one translating every block at once, one interpreting, that must agree
// whenever they stop: after a slice of instructions on all of the hart and the accesses to memory,
// now and then, and at the end, also on the memories' bytes and the whole profile.
#ifndef TESTS_ISA_ENGINE_PAIR_H_
#define TESTS_ISA_ENGINE_PAIR_H_

#include <cstdint>
#include <string>

#include "sim/machine/machine.h"

namespace isa {

class EnginePair {
 public:
  // A slice ends inside blocks as well as between them.
  static constexpr uint64_t kSlice = 61;

  explicit EnginePair(const sim::MachineConfig& config);

  // What is done to one machine from outside is done to both.
  template <typename Action>
  void Both(const Action& action) {
    action(translated_);
    action(interpreted_);
  }
  sim::Machine& machine() { return translated_; }

  // As Machine::Run, on both, until they stop or differ.
  sim::Halt Run(const sim::RunLimits& limits);
  // Compares everything. What differed first, by now or during a Run; empty: nothing.
  [[nodiscard]] const std::string& Difference();
  [[nodiscard]] uint64_t comparisons() const { return comparisons_; }

 private:
  void CompareHarts();
  void CompareAll();
  void Differ(const std::string& what);

  sim::Machine translated_;
  sim::Machine interpreted_;
  std::string difference_;
  uint64_t comparisons_ = 0;
};

}  // namespace isa

#endif  // TESTS_ISA_ENGINE_PAIR_H_
