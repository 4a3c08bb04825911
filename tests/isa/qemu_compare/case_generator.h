// SPDX-License-Identifier: Apache-2.0

// Random cases for one instruction row: operands, vtype, mask, rounding modes, and state to run in.
// Mostly legal ones, some that are not. The same seed gives the same cases.
#ifndef TESTS_ISA_QEMU_COMPARE_CASE_GENERATOR_H_
#define TESTS_ISA_QEMU_COMPARE_CASE_GENERATOR_H_

#include <cstdint>
#include <random>
#include <vector>

#include "sim/isa/insn.h"
#include "tests/isa/qemu_compare/case_record.h"

namespace qemu_compare {

struct Case {
  sim::Op op;
  uint32_t word;
  CaseRecord record;
};

class CaseGenerator {
 public:
  explicit CaseGenerator(uint32_t seed) : engine_(seed) {}

  // Contents for vector registers: integers, floats, byte offsets into the window.
  static constexpr uint32_t kIntegerFiles = 6, kFloatFiles = 8, kOffsetFiles = 4;
  static constexpr uint32_t kFiles = kIntegerFiles + kFloatFiles + kOffsetFiles;
  [[nodiscard]] std::vector<uint8_t> VectorFiles();
  [[nodiscard]] std::vector<uint8_t> Window();

  // One case whose instruction will stand at `stub`; `files` is the address of the vector files.
  [[nodiscard]] Case Make(sim::Op op, uint32_t stub, uint32_t files);
  // The same for vector instructions in a given vtype.
  [[nodiscard]] Case MakeIn(uint32_t vtype, sim::Op op, uint32_t stub, uint32_t files);

  // A vtype in which `op` can be legal; rarely vill.
  uint32_t Vtype(sim::Op op);

  uint32_t Next() { return static_cast<uint32_t>(engine_()); }
  uint32_t Below(uint32_t limit) { return Next() % limit; }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

 private:
  uint32_t Integer();
  uint32_t FloatBits();
  uint32_t IntRegister();
  uint32_t VectorRegister(uint32_t alignment);
  void FillScalar(Case& c);
  void FillVector(Case& c, uint32_t vtype, uint32_t files);
  Case Fill(sim::Op op, uint32_t vtype, uint32_t stub, uint32_t files);
  // Sets x[reg] of a register that may be a base address or stride; returns its number.
  uint32_t Place(Case& c, uint32_t value, uint32_t other = 0);

  std::mt19937 engine_;
};

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_CASE_GENERATOR_H_
