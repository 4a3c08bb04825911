#include "sim/hart/handlers.h"

#include <span>

#include "sim/vector/vector.h"

namespace sim {
namespace {

bool ExecuteIllegal(Hart& hart, const DecodedInsn& insn) { return hart.RaiseIllegal(insn); }

}  // namespace

// The tables follow each other as the row files do in all.def.
Handler HandlerOf(Op op) {
  if (op == Op::kIllegal) return ExecuteIllegal;
  size_t index = Index(op);
  if (index >= kFirstVectorOp) return VectorHandler(op);
  for (std::span<const Handler> table :
       {std::span<const Handler>(kIntegerHandlers), std::span<const Handler>(kMultiplyHandlers),
        std::span<const Handler>(kFloatHandlers), std::span<const Handler>(kSystemHandlers)}) {
    if (index < table.size()) return table[index];
    index -= table.size();
  }
  return kCustomHandlers[index];
}

bool EndsBlock(Op op) {
  if (op == Op::kIllegal || op == Op::kFenceI) return true;
  const InsnInfo& info = Info(op);
  switch (info.insn_class) {
    case InsnClass::kJump:
    case InsnClass::kJumpReg:
    case InsnClass::kBranch:
      return true;
    default:
      return info.extension == Extension::kSystem || info.extension == Extension::kCustom;
  }
}

}  // namespace sim
