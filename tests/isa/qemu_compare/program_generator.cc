// SPDX-License-Identifier: Apache-2.0

#include "tests/isa/qemu_compare/program_generator.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sim/isa/encoder.h"
#include "sim/vector/vector.h"

namespace qemu_compare {
namespace {

using sim::Encode;
using sim::InsnClass;
using sim::Op;

// Registers that a program reads but never writes: two bases in the window's middle, a mask for
// offsets, two strides.
constexpr uint32_t kBase = 8, kOtherBase = 9, kOffsetMask = 25, kStride = 26, kOtherStride = 27;
constexpr uint32_t kOffsetLimit = 0xFFF;

bool IsKept(uint32_t x) {
  constexpr std::array<uint32_t, 9> kKept = {
      2, kBase, kOtherBase, kOffsetMask, kStride, kOtherStride, kLoopCounter, 30, 31};
  return std::find(kKept.begin(), kKept.end(), x) != kKept.end();
}

void SetBits(uint32_t& word, uint32_t shift, uint32_t value) {
  word = (word & ~(31u << shift)) | value << shift;
}

// What the generator makes in its own way, or what does not stay in the program.
bool IsLeftOut(const sim::InsnInfo& info) {
  switch (info.insn_class) {
    case InsnClass::kBranch:
    case InsnClass::kJump:
    case InsnClass::kJumpReg:
    case InsnClass::kVectorSetVli:
    case InsnClass::kVectorSetIvli:
    case InsnClass::kVectorSetVl:
      return true;
    default:
      return info.extension == sim::Extension::kSystem || info.extension == sim::Extension::kCustom;
  }
}

bool WritesX(InsnClass c) {
  switch (c) {
    case InsnClass::kIntReg:
    case InsnClass::kIntImm:
    case InsnClass::kIntShift:
    case InsnClass::kUpper:
    case InsnClass::kIntLoad:
    case InsnClass::kFpCompare:
    case InsnClass::kFpToInt:
    case InsnClass::kFpToIntRm:
    case InsnClass::kVectorToX:
      return true;
    default:
      return false;
  }
}

// QEMU 7.2 runs half-precision arithmetic, which Zve32f does not have.
bool IsFloatVector(Op op) {
  const std::string_view name = sim::Info(op).mnemonic;
  return name.starts_with("vf") || name.starts_with("vmf");
}

}  // namespace

ProgramGenerator::ProgramGenerator(uint32_t seed, std::span<const Op> ops) : random_(seed) {
  for (Op op : ops) {
    if (IsLeftOut(sim::Info(op))) continue;
    (sim::Info(op).extension == sim::Extension::kV ? vector_ : scalar_).push_back(op);
  }
  bus_.SetPolicies(sim::MisalignedPolicy::kAllow, sim::UnmappedPolicy::kReadZero);
  judge_.bus = &bus_;
  judge_.Reset(0);
  judge_.mstatus |= sim::kMstatusFs | sim::kMstatusVs;
}

// With vl = 0 an instruction only checks whether it may run.
bool ProgramGenerator::IsLegal(uint32_t word) {
  const sim::DecodedInsn insn = sim::Decode(word, 0);
  if (insn.op == Op::kIllegal) return false;
  if (sim::Info(insn.op).extension == sim::Extension::kF) {
    const uint32_t rm = word >> 12 & 7;
    return (sim::Info(insn.op).encoding.mask >> 12 & 7) != 0 || (rm != 5 && rm != 6);
  }
  if (sim::Info(insn.op).extension != sim::Extension::kV) return true;
  sim::SetVtype(judge_.v, vtype_);
  judge_.v.vl = judge_.v.vstart = 0;
  return sim::VectorHandler(insn.op)(judge_, insn);
}

void ProgramGenerator::AddPlain(std::vector<uint32_t> words) {
  program_.steps.push_back(
      {.kind = Step::Kind::kPlain, .words = std::move(words), .span = 0, .rounds = 0});
}

// Every program step after it knows vtype.
void ProgramGenerator::AddSetVtype() {
  do {
    // One of three is for floats.
    const Op op = random_.OneIn(3) ? Op::kVfaddVv : Op::kVaddVv;
    vtype_ = random_.Vtype(op);
  } while (vtype_ >> 31 != 0);
  const uint32_t destination = random_.OneIn(2) ? 0 : 5;
  const auto vtype = static_cast<int32_t>(vtype_);
  switch (random_.Below(3)) {
    case 0:
      return AddPlain(
          {Encode(Op::kVsetivli, {.rd = destination, .rs1 = random_.Below(32), .imm = vtype})});
    case 1:  // all there is
      return AddPlain({Encode(Op::kVsetvli, {.rd = 5, .rs1 = 0, .imm = vtype})});
    default:
      return AddPlain(
          {Encode(Op::kAddi, {.rd = 6, .imm = static_cast<int32_t>(random_.Below(513))}),
           Encode(Op::kVsetvli, {.rd = destination, .rs1 = 6, .imm = vtype})});
  }
}

// Puts the registers of words.back() where they may be; may put something in front.
bool ProgramGenerator::Constrain(Op op, std::vector<uint32_t>* words) {
  uint32_t& word = words->back();
  const InsnClass insn_class = sim::Info(op).insn_class;
  const uint32_t base = random_.OneIn(2) ? kBase : kOtherBase;
  if (WritesX(insn_class) && IsKept(word >> 7 & 31)) SetBits(word, 7, 10 + random_.Below(8));
  switch (insn_class) {
    case InsnClass::kIntLoad:
    case InsnClass::kIntStore:
    case InsnClass::kFpLoad:
    case InsnClass::kFpStore:
    case InsnClass::kVectorLoadUnit:
    case InsnClass::kVectorStoreUnit:
    case InsnClass::kVectorLoadWhole:
    case InsnClass::kVectorStoreWhole:
      SetBits(word, 15, base);
      break;
    case InsnClass::kVectorLoadStrided:
    case InsnClass::kVectorStoreStrided:
      SetBits(word, 15, base);
      SetBits(word, 20, random_.OneIn(2) ? kStride : kOtherStride);
      break;
    case InsnClass::kVectorLoadIndexed:
    case InsnClass::kVectorStoreIndexed: {
      SetBits(word, 15, base);
      const uint32_t eew = word >> 12 & 7;  // 0: 8, 5: 16, 6: 32
      const uint32_t sew = vtype_ >> 3 & 7;
      if (eew == 0) break;
      if (eew != sew + 4) return false;
      const uint32_t offsets = word >> 20 & 31;
      const uint32_t cut = Encode(Op::kVandVx, {.rd = offsets, .rs1 = kOffsetMask, .rs2 = offsets});
      words->insert(words->begin(), cut);
      break;
    }
    default:
      break;
  }
  return true;
}

void ProgramGenerator::AddInstruction() {
  constexpr int kAttempts = 12;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::vector<Op>& ops = random_.OneIn(4) ? scalar_ : vector_;
    if (ops.empty()) continue;
    const Op op = ops[random_.Below(static_cast<uint32_t>(ops.size()))];
    std::vector<uint32_t> words = {random_.MakeIn(vtype_, op, kStubBase, files_).word};
    if (!Constrain(op, &words)) continue;
    // Rarely one that is illegal, which ends the program.
    const bool legal =
        std::all_of(words.begin(), words.end(), [&](uint32_t w) { return IsLegal(w); });
    if (!legal && (words.size() != 1 || IsFloatVector(op) || !random_.OneIn(200))) continue;
    return AddPlain(std::move(words));
  }
}

void ProgramGenerator::AddBranch() {
  constexpr std::array<Op, 6> kBranches = {Op::kBeq, Op::kBne,  Op::kBlt,
                                           Op::kBge, Op::kBltu, Op::kBgeu};
  const uint32_t word = Encode(kBranches[random_.Below(6)],
                               {.rs1 = 5 + random_.Below(3), .rs2 = 10 + random_.Below(8)});
  const size_t at = program_.steps.size();
  program_.steps.push_back({.kind = Step::Kind::kBranch, .words = {word}, .span = 0, .rounds = 0});
  const uint32_t count = 1 + random_.Below(4);
  for (uint32_t i = 0; i < count; ++i) AddInstruction();
  program_.steps[at].span = program_.steps.size() - at - 1;
}

void ProgramGenerator::AddLoop() {
  const size_t at = program_.steps.size();
  program_.steps.push_back(
      {.kind = Step::Kind::kLoop, .words = {}, .span = 0, .rounds = 2 + random_.Below(4)});
  AddSetVtype();  // the same at each round's begin
  const uint32_t count = 2 + random_.Below(5);
  for (uint32_t i = 0; i < count; ++i) {
    if (random_.OneIn(6)) {
      AddBranch();
    } else {
      AddInstruction();
    }
  }
  program_.steps[at].span = program_.steps.size() - at - 1;
}

// Rounding modes, flags, and an instruction that starts in the middle of a vector, after which
// QEMU 7.2 does not always clear vstart.
void ProgramGenerator::AddCsrWrite() {
  constexpr int32_t kFflags = 1, kFrm = 2, kVstart = 8, kVxrm = 10;
  switch (random_.Below(4)) {
    case 0:
      return AddPlain({Encode(Op::kCsrrwi, {.rd = 7, .rs1 = random_.Below(5), .imm = kFrm})});
    case 1:
      return AddPlain({Encode(Op::kCsrrwi, {.rd = 7, .rs1 = random_.Below(4), .imm = kVxrm})});
    case 2:
      return AddPlain({Encode(Op::kCsrrwi, {.rd = 7, .rs1 = random_.Below(32), .imm = kFflags})});
    default: {
      const auto vtype = static_cast<int32_t>(vtype_);
      const uint32_t vlmax_at_least = 4;  // of the smallest groups there are, e8,mf4 .. e32,m1
      const uint32_t vd = 8, vs2 = 16, vs1 = 24;
      constexpr std::array<Op, 4> kOps = {Op::kVaddVv, Op::kVxorVv, Op::kVmaxVv, Op::kVsadduVv};
      return AddPlain({Encode(Op::kVsetivli, {.rd = 0, .rs1 = vlmax_at_least, .imm = vtype}),
                       Encode(Op::kCsrrwi, {.rs1 = random_.Below(vlmax_at_least), .imm = kVstart}),
                       Encode(kOps[random_.Below(4)], {.rd = vd, .rs1 = vs1, .rs2 = vs2}),
                       Encode(Op::kCsrrwi, {.rs1 = 0, .imm = kVstart})});
    }
  }
}

Program ProgramGenerator::Make(uint32_t files) {
  files_ = files;
  program_ = {};
  // Registers as a vector instruction's case has them, then the kept ones.
  program_.state = random_.Make(Op::kVfaddVv, kStubBase, files).record;
  CaseRecord& state = program_.state;
  state.vstart = 0;
  state.vtype = 2 << 3;
  state.fcsr &= 0x1F;
  state.window = kHashWindow | kRestoreWindow;
  state.x[kBase] = kWindowMiddle;
  state.x[kOtherBase] = kWindowMiddle + random_.Below(64);
  state.x[kOffsetMask] = kOffsetLimit;
  state.x[kStride] = random_.Below(17) - 8;
  state.x[kOtherStride] = random_.Below(17) - 8;
  AddSetVtype();
  const uint32_t parts = 4 + random_.Below(20);
  for (uint32_t i = 0; i < parts; ++i) {
    switch (random_.Below(12)) {
      case 0:
      case 1:
        AddSetVtype();
        break;
      case 2:
        AddBranch();
        break;
      case 3:
        AddLoop();
        break;
      case 4:
        AddCsrWrite();
        break;
      default:
        AddInstruction();
        break;
    }
  }
  return std::move(program_);
}

}  // namespace qemu_compare
