// SPDX-License-Identifier: Apache-2.0

#include "sim/hart/handlers.h"

#include <span>

#include "sim/vector/vector.h"

namespace sim {
namespace {

bool ExecuteIllegal(Hart& hart, const DecodedInsn& insn) { return hart.RaiseIllegal(insn); }

// CSR instructions of vector code: they touch nothing but the vector state.
bool IsVectorStateCsr(const DecodedInsn& insn) {
  switch (insn.imm) {
    case 0x00A:  // vxrm
    case 0xC20:  // vl
    case 0xC21:  // vtype
    case 0xC22:  // vlenb
      return true;
    default:
      return false;
  }
}

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

bool EndsBlock(const DecodedInsn& insn) {
  if (insn.op == Op::kIllegal || insn.op == Op::kFenceI) return true;
  const InsnInfo& info = Info(insn.op);
  switch (info.insn_class) {
    case InsnClass::kJump:
    case InsnClass::kJumpReg:
    case InsnClass::kBranch:
    case InsnClass::kVectorSetVl:
      return true;
    case InsnClass::kVectorSetVli:
      return insn.rs1 != 0;
    case InsnClass::kCsrReg:
    case InsnClass::kCsrImm:
      return !IsVectorStateCsr(insn);
    default:
      return info.extension == Extension::kSystem || info.extension == Extension::kCustom;
  }
}

}  // namespace sim
