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

// In the order of all.def; index = position among the rows of the file(s).
extern const std::array<Handler, CountRows(Extension::kI) + CountRows(Extension::kM)>
    kIntegerHandlers;
extern const std::array<Handler, CountRows(Extension::kF)> kFloatHandlers;
extern const std::array<Handler, CountRows(Extension::kSystem) + CountRows(Extension::kCustom)>
    kSystemHandlers;

// Op::kIllegal has one too: it raises cause 2.
[[nodiscard]] Handler HandlerOf(Op op);

// True for instructions after which decoding cannot simply go on: control transfers, traps, CSR
// and custom instructions (they read the retired count), fence.i.
[[nodiscard]] bool EndsBlock(Op op);

}  // namespace sim

#endif  // SIM_HART_HANDLERS_H_
