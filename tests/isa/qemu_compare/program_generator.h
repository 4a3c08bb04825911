// SPDX-License-Identifier: Apache-2.0

// Random programs: vtype changes, scalar, float and vector code, memory, forward branches, counted
// loops. Mostly legal, so that programs reach their end. The same seed gives the same programs.
#ifndef TESTS_ISA_QEMU_COMPARE_PROGRAM_GENERATOR_H_
#define TESTS_ISA_QEMU_COMPARE_PROGRAM_GENERATOR_H_

#include <cstdint>
#include <span>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/hart/hart.h"
#include "tests/isa/qemu_compare/case_generator.h"
#include "tests/isa/qemu_compare/program.h"

namespace qemu_compare {

class ProgramGenerator {
 public:
  // Draws instructions from `ops`.
  ProgramGenerator(uint32_t seed, std::span<const sim::Op> ops);

  [[nodiscard]] std::vector<uint8_t> VectorFiles() { return random_.VectorFiles(); }
  [[nodiscard]] std::vector<uint8_t> Window() { return random_.Window(); }
  // `files` is the address of the vector files; the caller sets state.stub.
  [[nodiscard]] Program Make(uint32_t files);

 private:
  void AddSetVtype();
  void AddInstruction();
  void AddBranch();
  void AddLoop();
  void AddCsrWrite();
  void AddPlain(std::vector<uint32_t> words);
  [[nodiscard]] bool Constrain(sim::Op op, std::vector<uint32_t>* words);
  [[nodiscard]] bool IsLegal(uint32_t word);

  CaseGenerator random_;
  std::vector<sim::Op> scalar_, vector_;
  Program program_;
  uint32_t files_ = 0;
  uint32_t vtype_ = 0;
  // A core without memory that says what is legal.
  sim::Bus bus_;
  sim::Hart judge_;
};

}  // namespace qemu_compare

#endif  // TESTS_ISA_QEMU_COMPARE_PROGRAM_GENERATOR_H_
