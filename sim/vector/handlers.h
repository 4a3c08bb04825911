// SPDX-License-Identifier: Apache-2.0

// One function for each V row of sim/isa, named as the row. They are defined in the file of their
// chapter; a row without a function does not link, a function without a row does not compile.
#ifndef SIM_VECTOR_HANDLERS_H_
#define SIM_VECTOR_HANDLERS_H_

#include "sim/hart/hart.h"
#include "sim/isa/insn.h"

namespace sim::vector {

#define INSN(id, mnemonic, pattern, extension, insn_class) \
  bool id(Hart& hart, const DecodedInsn& insn);
#include "sim/isa/zve32f.def"
#undef INSN

}  // namespace sim::vector

#endif  // SIM_VECTOR_HANDLERS_H_
