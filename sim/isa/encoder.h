// SPDX-License-Identifier: Apache-2.0

// The inverse of Decode, from the same rows: machine code for tests, fuzzers and comparers.
#ifndef SIM_ISA_ENCODER_H_
#define SIM_ISA_ENCODER_H_

#include <cstdint>

#include "sim/isa/insn.h"

namespace sim {

// Field values by the manual's names; those that the row fixes are ignored, values are cut to the
// field's width. `imm` is what Decode gives: byte offsets for branches and jumps, the value in
// place for lui.
struct Operands {
  uint32_t rd = 0;
  uint32_t rs1 = 0;
  uint32_t rs2 = 0;
  uint32_t rs3 = 0;
  int32_t imm = 0;
  bool vm = true;
  uint32_t nf = 0;
  uint32_t rm = 7;
};

[[nodiscard]] uint32_t Encode(Op op, const Operands& operands);

}  // namespace sim

#endif  // SIM_ISA_ENCODER_H_
