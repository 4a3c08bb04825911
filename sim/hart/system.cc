// SPDX-License-Identifier: Apache-2.0

// System instructions, Zicsr and Springbok's custom-3 instructions.
#include "sim/hart/csr.h"
#include "sim/hart/handlers.h"

namespace sim {
namespace {

enum class CsrEffect : uint8_t { kWrite, kSet, kClear };

// csrrw with rd = x0 does not read; csrrs/csrrc with rs1 = x0 (or immediate 0) do not write
// (unprivileged specification, table "Conditions determining whether a CSR instruction reads or
// writes").
template <CsrEffect kEffect, bool kImmediate>
bool AccessCsr(Hart& hart, const DecodedInsn& insn) {
  const auto number = static_cast<uint32_t>(insn.imm);
  const uint64_t retired = hart.RetiredBefore(insn);
  const uint32_t operand = kImmediate ? insn.rs1 : hart.x[insn.rs1];
  const bool writes = kEffect == CsrEffect::kWrite || insn.rs1 != 0;
  const bool reads = kEffect != CsrEffect::kWrite || insn.rd != 0;
  uint32_t old = 0;
  if (reads && !ReadCsr(hart, number, retired, &old)) return hart.RaiseIllegal(insn);
  if (writes) {
    uint32_t value = operand;
    if (kEffect == CsrEffect::kSet) value = old | operand;
    if (kEffect == CsrEffect::kClear) value = old & ~operand;
    if (!WriteCsr(hart, number, retired, value)) return hart.RaiseIllegal(insn);
  }
  if (reads) hart.SetX(insn.rd, old);
  return true;
}

bool EnvironmentCall(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  if (hart.environment->EnvironmentCall(hart)) return true;
  return hart.Raise(Cause::kEcallFromM, 0);
}

bool Breakpoint(Hart& hart, const DecodedInsn& insn) {
  return hart.Raise(Cause::kBreakpoint, insn.pc);
}

bool ReturnFromTrap(Hart& hart, const DecodedInsn&) {
  const bool enable = (hart.mstatus & kMstatusMpie) != 0;
  hart.mstatus = (hart.mstatus & ~kMstatusMie) | (enable ? kMstatusMie : 0) | kMstatusMpie;
  hart.next_pc = hart.mepc;
  hart.RequestStop();  // an interrupt may have become due
  return true;
}

bool WaitForInterrupt(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  hart.environment->WaitForInterrupt(hart);
  return true;
}

// rd, rs1 and rs2 are all sources (shared spec platform.md, section 1.5).
bool PrintText(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  hart.environment->Simprint(hart, hart.x[insn.rd], hart.x[insn.rs1], hart.x[insn.rs2]);
  return true;
}

// The rs1 field itself chooses: 0 instructions, 1 cycles, which are the same here.
bool ReadCount(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  if (insn.rs1 > 1) {
    hart.environment->UnknownCustom(hart, insn.word);
    return true;
  }
  hart.SetX(insn.rd, static_cast<uint32_t>(hart.retired_at_access));
  return true;
}

bool RequestHost(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  hart.environment->HostRequest(hart);
  return true;
}

bool FinishRun(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  hart.environment->Finish(hart);
  return true;
}

bool ReportUnknown(Hart& hart, const DecodedInsn& insn) {
  hart.retired_at_access = hart.RetiredBefore(insn);
  hart.environment->UnknownCustom(hart, insn.word);
  return true;
}

constexpr Handler kEcall = EnvironmentCall;
constexpr Handler kEbreak = Breakpoint;
constexpr Handler kMret = ReturnFromTrap;
constexpr Handler kWfi = WaitForInterrupt;
constexpr Handler kCsrrw = AccessCsr<CsrEffect::kWrite, false>;
constexpr Handler kCsrrs = AccessCsr<CsrEffect::kSet, false>;
constexpr Handler kCsrrc = AccessCsr<CsrEffect::kClear, false>;
constexpr Handler kCsrrwi = AccessCsr<CsrEffect::kWrite, true>;
constexpr Handler kCsrrsi = AccessCsr<CsrEffect::kSet, true>;
constexpr Handler kCsrrci = AccessCsr<CsrEffect::kClear, true>;
constexpr Handler kSimprint = PrintText;
constexpr Handler kXcount = ReadCount;
constexpr Handler kHostreq = RequestHost;
constexpr Handler kFinish = FinishRun;
constexpr Handler kCustom3Unused = ReportUnknown;

}  // namespace

const HandlerTable<Extension::kSystem> kSystemHandlers = {
#define INSN(id, mnemonic, pattern, extension, insn_class) k##id,
#include "sim/isa/system.def"
};

const HandlerTable<Extension::kCustom> kCustomHandlers = {
#include "sim/isa/custom3.def"
#undef INSN
};

}  // namespace sim
