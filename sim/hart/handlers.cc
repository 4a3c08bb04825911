#include "sim/hart/handlers.h"

#include "sim/vector/vector.h"

namespace sim {
namespace {

bool ExecuteIllegal(Hart& hart, const DecodedInsn& insn) { return hart.RaiseIllegal(insn); }

}  // namespace

Handler HandlerOf(Op op) {
  if (op == Op::kIllegal) return ExecuteIllegal;
  size_t index = Index(op);
  if (index >= kFirstVectorOp) return VectorHandler(op);
  if (index < kIntegerHandlers.size()) return kIntegerHandlers[index];
  index -= kIntegerHandlers.size();
  if (index < kFloatHandlers.size()) return kFloatHandlers[index];
  return kSystemHandlers[index - kFloatHandlers.size()];
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
