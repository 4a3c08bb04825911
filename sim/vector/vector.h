// SPDX-License-Identifier: Apache-2.0

// The vector instructions of Zve32x and Zve32f as handlers: one for each V row of sim/isa.
//
// The caller guarantees a hart with a bus; that the instruction was decoded from the word; and, for
// speed of floating point, that the host rounds to nearest. A handler checks legality itself
// (mstatus.VS, vill, register groups, overlaps, frm), so any word that decodes may be run.
// On failure the handler returns false with hart.trap set: illegal instruction with the word as
// tval and no state changed, or a memory trap with vstart at the faulting element.
// Policies where the V specification leaves a choice (legality.h states the encodings):
// agnostic elements stay undisturbed, sums are ordered, vl = min(AVL, VLMAX).
// Cost: unmasked element-wise instructions and unit-stride memory run at the host's SIMD speed.
#ifndef SIM_VECTOR_VECTOR_H_
#define SIM_VECTOR_VECTOR_H_

#include <cstdint>

#include "sim/hart/hart.h"
#include "sim/isa/insn.h"

namespace sim {

// `op` is a V row: Info(op).extension == Extension::kV.
[[nodiscard]] Handler VectorHandler(Op op);

// Writes vtype and its decoded fields; an illegal value sets vill and clears the rest. vl is
// untouched.
void SetVtype(VectorState& v, uint32_t vtype);

// VLMAX of the current vtype; 0 under vill.
[[nodiscard]] uint32_t Vlmax(const VectorState& v);

}  // namespace sim

#endif  // SIM_VECTOR_VECTOR_H_
