// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/block_emitter.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "sim/hart/handlers.h"
#include "sim/hart/interpreter.h"

namespace sim::translate {

using namespace asmjit::x86;  // NOLINT: registers and mnemonics are this file's vocabulary

namespace {

constexpr bool IsVector(Op op) { return op != Op::kIllegal && Info(op).extension == Extension::kV; }
constexpr bool IsClip(Op op) {
  return op == Op::kVnclipWi || op == Op::kVnclipWx || op == Op::kVnclipuWi || op == Op::kVnclipuWx;
}
constexpr bool IsCsr(Op op) {
  return op != Op::kIllegal &&
         (Info(op).insn_class == InsnClass::kCsrReg || Info(op).insn_class == InsnClass::kCsrImm);
}
// The F extension, and the vector instructions that need it.
constexpr bool IsFloat(Op op) {
  if (op == Op::kIllegal) return false;
  const std::string_view name = Info(op).mnemonic;
  return Info(op).extension == Extension::kF ||
         (IsVector(op) && (name.starts_with("vf") || name.starts_with("vmf")));
}

// What the entry of a block must know about its instructions; the bits of a mask.
constexpr uint8_t kNeedsVector = 1, kNeedsFloat = 2, kNeedsVxrm = 4, kIsCsr = 8;
constexpr auto kNeeds = [] {
  std::array<uint8_t, kOpCount + 1> needs{};
  for (size_t i = 0; i < kOpCount; ++i) {
    const Op op = static_cast<Op>(i);
    needs[i] =
        static_cast<uint8_t>((IsVector(op) ? kNeedsVector : 0) | (IsFloat(op) ? kNeedsFloat : 0) |
                             (IsClip(op) ? kNeedsVxrm : 0) | (IsCsr(op) ? kIsCsr : 0));
  }
  return needs;
}();

constexpr bool IsSetVl(const DecodedInsn& insn) {
  return insn.op == Op::kVsetvli || insn.op == Op::kVsetivli || insn.op == Op::kVsetvl;
}
constexpr bool ChangesVl(const DecodedInsn& insn) {
  return IsSetVl(insn) || insn.op == Op::kVle8ffV || insn.op == Op::kVle16ffV ||
         insn.op == Op::kVle32ffV;
}
// The instruction sets vl and vtype from what is written in it.
constexpr bool SetsOwnType(const DecodedInsn& insn) {
  return insn.op == Op::kVsetivli || (insn.op == Op::kVsetvli && insn.rs1 == 0 && insn.rd != 0);
}

asmjit::x86::CondCode BranchCondition(Op op) {
  switch (op) {
    case Op::kBeq:
      return CondCode::kEqual;
    case Op::kBne:
      return CondCode::kNotEqual;
    case Op::kBlt:
      return CondCode::kSignedLT;
    case Op::kBge:
      return CondCode::kSignedGE;
    case Op::kBltu:
      return CondCode::kUnsignedLT;
    default:
      return CondCode::kUnsignedGE;
  }
}

}  // namespace

Exit BlockEmitter::MakeExit(ExitKind kind, GuestAddr target) const {
  return {.kind = kind,
          .index = static_cast<uint8_t>(index_),
          .block = block_,
          .target = target,
          .reads = static_cast<uint32_t>(uncounted_.reads),
          .writes = static_cast<uint32_t>(uncounted_.writes)};
}

void BlockEmitter::EmitLeave(const Exit& exit) {
  a_.mov(rax, reinterpret_cast<uint64_t>(exits_.AddDirect(exit)));
  a_.jmp(reinterpret_cast<uint64_t>(target_.leave));
}

Exit* BlockEmitter::EmitLeaveHere(const uint8_t* thunk, Exit exit) {
  a_.call(reinterpret_cast<uint64_t>(thunk));
  exit.behind = Here();
  return exits_.Add(exit);
}

// Guards, budget, count. What the guards ask holds for all of the block: no instruction that could
// change mstatus or frm stands before its last.
void BlockEmitter::EmitEntry(const std::optional<VectorType>& type) {
  uint8_t needs = 0;
  bool type_is_set = false;
  for (uint32_t i = 0; i < block_->length; ++i) {
    const DecodedInsn& insn = block_->insns[i];
    const uint8_t mine = kNeeds[static_cast<size_t>(insn.op)];
    needs |= (mine & kIsCsr) != 0 && !EndsBlock(insn) ? kNeedsVector : mine;
    if ((mine & kNeedsVector) == 0) continue;
    if (SetsOwnType(insn)) type_is_set = true;
    if (!type_is_set && insn.op != Op::kVsetvl) depends_on_type_ = true;
  }
  const bool has_float = (needs & kNeedsFloat) != 0;
  const bool has_vector = (needs & kNeedsVector) != 0;
  depends_on_vxrm_ = (needs & kNeedsVxrm) != 0;
  depends_on_type_ = depends_on_type_ && type.has_value();
  depends_on_vxrm_ = depends_on_vxrm_ && type.has_value();
  const auto guard_unless_equal = [this] {
    a_.long_().jne(reinterpret_cast<uint64_t>(target_.leave));  // to be patched
    guards_.push_back(a_.offset() - 4);
  };
  const bool guarded = has_float || has_vector;
  if (guarded) {
    const uint32_t mask = (has_float ? kMstatusFs : 0) | (has_vector ? kMstatusVs : 0);
    a_.mov(eax, HartField(offsetof(Hart, mstatus), 4));
    a_.and_(eax, mask);
    a_.cmp(eax, mask);
    guard_unless_equal();
  }
  if (has_float) {
    a_.cmp(HartField(offsetof(Hart, frm), 1), 0);
    guard_unless_equal();
  }
  if (has_vector) {
    a_.cmp(HartField(offsetof(Hart, v.vstart), 4), 0);
    guard_unless_equal();
  }
  if (depends_on_type_) {
    a_.mov(rax, type->Key());
    a_.cmp(rax, HartField(offsetof(Hart, v.vl), 8));
    guard_unless_equal();
  }
  if (depends_on_vxrm_) {
    a_.cmp(HartField(offsetof(Hart, v.vxrm), 1), type->vxrm);
    guard_unless_equal();
  }
  a_.sub(r14, block_->length);
  a_.long_().js(reinterpret_cast<uint64_t>(target_.leave));  // to be patched
  budget_site_ = a_.offset() - 4;
  if (target_.counts) {
    a_.mov(rax, reinterpret_cast<uint64_t>(&block_->count));
    a_.inc(qword_ptr(rax));
  }
}

void BlockEmitter::Emit(Block& block, const std::optional<VectorType>& type, uint64_t called) {
  static_assert(Interpreter::kMaxBlock <= 64);
  block_ = &block;
  called_ = called;
  x_.Forget();
  f_.Forget();
  uncounted_ = {};
  type_.reset();
  vxrm_.reset();
  type_dirty_ = ended_ = depends_on_type_ = depends_on_vxrm_ = false;
  guard_exit_ = nullptr;
  colds_.clear();
  sites_.clear();
  guards_.clear();
  index_ = 0;
  EmitEntry(type);
  if (depends_on_type_) type_ = type;
  if (depends_on_vxrm_) vxrm_ = type->vxrm;
  for (index_ = 0; index_ < block.length && !ended_; ++index_) {
    const DecodedInsn& insn = block.insns[index_];
    x_.BeginInsn();
    f_.BeginInsn();
    if (index_ + 1 == block.length) {
      EmitEnd(insn);
    } else {
      EmitInsn(insn);
    }
  }
  EmitColds();
}

void BlockEmitter::EmitInsn(const DecodedInsn& insn) {
  if ((called_ >> index_ & 1) != 0) return EmitHandlerCall(insn);
  if (EmitInteger(insn) || EmitCsr(insn) || EmitMemory(insn) || EmitFloat(insn) || EmitVector(insn))
    return;
  EmitHandlerCall(insn);
}

// The CSR instructions that vector code is full of: reads of vlenb and vl, writes of vxrm.
bool BlockEmitter::EmitCsr(const DecodedInsn& insn) {
  if (!IsCsr(insn.op) || EndsBlock(insn)) return false;
  const bool writes = insn.op == Op::kCsrrw || insn.op == Op::kCsrrwi;
  constexpr int32_t kVxrm = 0x00A;
  constexpr int32_t kVl = 0xC20;
  constexpr int32_t kVlenb = 0xC22;
  if (!writes && insn.rs1 == 0 && insn.imm == kVlenb) {
    x_.SetConstant(insn.rd, target_.hart->v.vlen_bytes);
    return true;
  }
  if (!writes && insn.rs1 == 0 && insn.imm == kVl && type_) {
    x_.SetConstant(insn.rd, known_type().vl);
    return true;
  }
  if (!writes || insn.imm != kVxrm || insn.rd != 0) return false;
  const Mem vxrm = HartField(offsetof(Hart, v.vxrm), 1);
  if (insn.op == Op::kCsrrwi) {
    vxrm_ = insn.rs1 & 3u;
    a_.mov(vxrm, insn.rs1 & 3u);
  } else {
    vxrm_.reset();
    a_.mov(eax, X(x_.Read(insn.rs1)));
    a_.and_(eax, 3);
    a_.mov(vxrm, al);
  }
  return true;
}

void BlockEmitter::WriteType(const VectorType& type) {
  a_.mov(rax, type.Key());
  a_.mov(HartField(offsetof(Hart, v.vl), 8), rax);
  a_.mov(HartField(offsetof(Hart, v.vill), 4), type.Decoded());
}

void BlockEmitter::WriteBackAll() {
  x_.WriteBackAll();
  f_.WriteBackAll();
  if (type_dirty_) WriteType(known_type());
  type_dirty_ = false;
}

void BlockEmitter::AddCounts() {
  const auto add = [this](size_t offset, uint64_t count) {
    if (count != 0 && target_.counts) {
      a_.add(ContextField(offset, 8), static_cast<int32_t>(count));
    }
  };
  add(offsetof(Context, counts[0].reads), uncounted_.reads);
  add(offsetof(Context, counts[0].writes), uncounted_.writes);
  uncounted_ = {};
}

BlockEmitter::Cold BlockEmitter::NewCold() {
  Exit& exit = colds_.emplace_back(MakeExit(ExitKind::kResume));
  exits_.AddSpilled(exit, x_, 0);
  exits_.AddSpilled(exit, f_, 32);
  if (type_dirty_) exit.type = exits_.AddType(known_type());
  return static_cast<Cold>(colds_.size() - 1);
}

void BlockEmitter::JumpIf(CondCode condition, Cold cold) {
  a_.long_().j(condition, reinterpret_cast<uint64_t>(target_.spill));  // to be patched
  sites_.push_back({a_.offset() - 4, cold});
}

// What is behind the block, where nothing of its own is lost on the way.
void BlockEmitter::EmitColds() {
  const auto patch = [this](size_t site, size_t to) {
    const auto displacement = static_cast<int32_t>(to - (site + 4));
    std::memcpy(a_.bufferData() + site, &displacement, sizeof(displacement));
  };
  uncounted_ = {};
  index_ = 0;
  if (!guards_.empty()) {
    for (size_t site : guards_) patch(site, a_.offset());
    guard_exit_ = EmitLeaveHere(target_.leave_here, MakeExit(ExitKind::kGuard));
  }
  patch(budget_site_, a_.offset());
  a_.add(r14, block_->length);
  EmitLeaveHere(target_.leave_here, MakeExit(ExitKind::kBudget));
  const size_t first = a_.offset();
  for (const Exit& exit : colds_) EmitLeaveHere(target_.spill, exit);
  constexpr size_t kCallBytes = 5;  // each
  for (const Site& site : sites_) patch(site.offset, first + kCallBytes * site.cold);
}

void BlockEmitter::BailOut() {
  WriteBackAll();
  EmitLeave(MakeExit(ExitKind::kResume));
  ended_ = true;
}

// The handler sees, and may change, all of the hart.
void BlockEmitter::EmitHandlerCall(const DecodedInsn& insn) {
  const bool observes = insn.op == Op::kIllegal || Info(insn.op).extension == Extension::kSystem ||
                        Info(insn.op).extension == Extension::kCustom;
  if (observes) AddCounts();
  WriteBackAll();
  a_.mov(rsi, reinterpret_cast<uint64_t>(block_));
  a_.mov(edx, index_);
  a_.call(reinterpret_cast<uint64_t>(target_.call));
  Exit stopped = MakeExit(ExitKind::kStopped);
  stopped.behind = Here();
  exits_.Add(stopped);
  x_.Forget();
  f_.Forget();
  if (ChangesVl(insn)) type_.reset();
  if (IsCsr(insn.op)) vxrm_.reset();
}

// --- the last instruction ---

void BlockEmitter::EmitJumpTo(GuestAddr target) {
  EmitLeaveHere(target_.leave_here, MakeExit(ExitKind::kJump, target));
}

void BlockEmitter::EmitEnd(const DecodedInsn& last) {
  switch (last.op == Op::kIllegal ? InsnClass::kBare : Info(last.op).insn_class) {
    case InsnClass::kBranch:
      return EmitBranch(last);
    case InsnClass::kJump:
      return EmitJump(last);
    case InsnClass::kJumpReg:
      return EmitJumpReg(last);
    default:
      break;
  }
  if (last.op == Op::kFenceI) {  // what it does happens between blocks
    AddCounts();
    WriteBackAll();
    return EmitLeave(MakeExit(ExitKind::kJump, block_->end_pc()));
  }
  const bool leaves = EndsBlock(last) && !IsSetVl(last);
  if (leaves) {
    EmitHandlerCall(last);
    AddCounts();
    return EmitLeave(MakeExit(ExitKind::kHandler));
  }
  EmitInsn(last);
  if (ended_) return;
  AddCounts();
  WriteBackAll();
  EmitJumpTo(block_->end_pc());
}

void BlockEmitter::EmitBranch(const DecodedInsn& insn) {
  const GuestAddr target = insn.pc + static_cast<uint32_t>(insn.imm);
  const Gp first = X(x_.Read(insn.rs1));
  const bool with_constant = x_.IsConstant(insn.rs2);
  const Gp second = with_constant ? Gp(eax) : X(x_.Read(insn.rs2));
  if ((target & 3) != 0) return BailOut();  // traps if taken
  AddCounts();
  WriteBackAll();
  if (!with_constant) {
    a_.cmp(first, second);
  } else if (x_.Constant(insn.rs2) == 0) {
    a_.test(first, first);
  } else {
    a_.cmp(first, static_cast<int32_t>(x_.Constant(insn.rs2)));
  }
  const Label taken = a_.newLabel();
  a_.long_().j(BranchCondition(insn.op), taken);
  const uint8_t* const condition = Here() - 4;
  EmitJumpTo(block_->end_pc());
  a_.bind(taken);
  Exit exit = MakeExit(ExitKind::kJump, target);
  exit.condition = condition;
  EmitLeaveHere(target_.leave_here, exit);
}

void BlockEmitter::EmitJump(const DecodedInsn& insn) {
  const GuestAddr target = insn.pc + static_cast<uint32_t>(insn.imm);
  if ((target & 3) != 0) return BailOut();
  x_.SetConstant(insn.rd, insn.pc + 4);
  AddCounts();
  WriteBackAll();
  EmitJumpTo(target);
}

void BlockEmitter::EmitJumpReg(const DecodedInsn& insn) {
  if (x_.IsConstant(insn.rs1)) {
    const GuestAddr target = (x_.Constant(insn.rs1) + static_cast<uint32_t>(insn.imm)) & ~1u;
    if ((target & 3) != 0) return BailOut();
    x_.SetConstant(insn.rd, insn.pc + 4);
    AddCounts();
    WriteBackAll();
    return EmitJumpTo(target);
  }
  const Gp base = X(x_.Read(insn.rs1));
  a_.lea(eax, ptr(base.r64(), insn.imm));
  a_.and_(eax, ~1);
  a_.test(eax, 2);
  JumpIf(CondCode::kNotZero, NewCold());
  x_.SetConstant(insn.rd, insn.pc + 4);
  AddCounts();
  x_.WriteBackAll();
  f_.WriteBackAll();
  a_.mov(HartField(offsetof(Hart, pc), 4), eax);
  a_.mov(ecx, eax);
  if (block_->exit_domain != 0) {
    a_.mov(rdx, uint64_t{block_->exit_domain} << 32);
    a_.or_(rax, rdx);
  }
  if (type_dirty_) {
    a_.mov(rdx, known_type().Key());
    a_.mov(HartField(offsetof(Hart, v.vl), 8), rdx);
    a_.mov(HartField(offsetof(Hart, v.vill), 4), known_type().Decoded());
  }
  // Entry (target / 4) % kJumps; 16 bytes each.
  static_assert(sizeof(Context::Jump) == 16);
  a_.and_(ecx, 4 * (Context::kJumps - 1));
  a_.lea(rdx, ContextField(offsetof(Context, jumps), 8));
  a_.lea(rdx, ptr(rdx, rcx, 2));
  a_.cmp(rax, qword_ptr(rdx));
  const Label miss = a_.newLabel();
  a_.jne(miss);
  a_.jmp(qword_ptr(rdx, 8));
  a_.bind(miss);
  EmitLeave(MakeExit(ExitKind::kIndirect));
}

}  // namespace sim::translate
