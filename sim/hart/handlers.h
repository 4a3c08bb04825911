// SPDX-License-Identifier: Apache-2.0

// The handler of every instruction row. The tables are filled from the rows' own files, chapter by
// chapter, so a row without a handler does not compile.
#ifndef SIM_HART_HANDLERS_H_
#define SIM_HART_HANDLERS_H_

#include <array>

#include "sim/hart/hart.h"
#include "sim/isa/insn.h"

namespace sim {

consteval size_t CountRows(Extension extension) {
  size_t count = 0;
  for (const InsnInfo& info : kInsnTable) count += info.extension == extension ? 1 : 0;
  return count;
}

template <Extension kExtension>
using HandlerTable = std::array<Handler, CountRows(kExtension)>;

// One table a row file, in the file's order.
extern const HandlerTable<Extension::kI> kIntegerHandlers;
extern const HandlerTable<Extension::kM> kMultiplyHandlers;
extern const HandlerTable<Extension::kF> kFloatHandlers;
extern const HandlerTable<Extension::kSystem> kSystemHandlers;
extern const HandlerTable<Extension::kCustom> kCustomHandlers;

// Op::kIllegal has one too: it raises cause 2.
[[nodiscard]] Handler HandlerOf(Op op);

// True for instructions after which decoding cannot simply go on: control transfers, traps, CSR
// (but those of vl, vtype, vlenb and vxrm) and custom instructions, fence.i. A vsetvl whose length
// is a value of the run ends a block too: what follows is translated for one vl.
[[nodiscard]] bool EndsBlock(const DecodedInsn& insn);

}  // namespace sim

#endif  // SIM_HART_HANDLERS_H_
