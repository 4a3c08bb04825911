// SPDX-License-Identifier: Apache-2.0

// The architectural state of one RV32IMF + Zve32f hart, and the few rules that every chapter's
// handlers share: raising a trap, the mstatus fields that switch F and V on, the FP rounding mode.
// Plain data; reset by Reset(). The interpreter that drives it is interpreter.h.
#ifndef SIM_HART_HART_H_
#define SIM_HART_HART_H_

#include <array>
#include <cstdint>

#include "sim/hart/bus.h"
#include "sim/hart/core_config.h"
#include "sim/isa/insn.h"

namespace sim {

inline constexpr uint32_t kMaxVlenBytes = 128;  // VLEN 1024

// V specification, section 3. Register n is the vlen_bytes bytes at reg + n * vlen_bytes.
struct VectorState {
  alignas(64) uint8_t reg[32 * kMaxVlenBytes] = {};
  uint32_t vlen_bytes = 64;  // VLEN / 8: 16, 32, 64 or 128
  bool zve32f = true;        // vector floating point present; false: Zve32x only
  bool present = true;       // false: there is no vector unit at all
  // Translated code compares vl and vtype as one 8-byte value and writes the decoded vtype as 4.
  alignas(8) uint32_t vl = 0;
  uint32_t vtype = 0x8000'0000;
  // vtype decoded, valid while !vill.
  alignas(4) bool vill = true;
  uint8_t sew_shift = 0;  // SEW = 8 << sew_shift: 0, 1, 2
  int8_t lmul_shift = 0;  // LMUL = 2^lmul_shift: -3 .. 3
  uint8_t always_zero = 0;
  uint32_t vstart = 0;
  uint8_t vxrm = 0;
  uint8_t vxsat = 0;

  [[nodiscard]] uint8_t* Reg(uint32_t n) { return reg + n * vlen_bytes; }
  [[nodiscard]] const uint8_t* Reg(uint32_t n) const { return reg + n * vlen_bytes; }
  [[nodiscard]] uint32_t vlen_bits() const { return vlen_bytes * 8; }
};

// mstatus fields (privileged specification, section 3.1.6).
inline constexpr uint32_t kMstatusMie = 1u << 3;
inline constexpr uint32_t kMstatusMpie = 1u << 7;
inline constexpr uint32_t kMstatusVs = 3u << 9;
inline constexpr uint32_t kMstatusMpp = 3u << 11;
inline constexpr uint32_t kMstatusFs = 3u << 13;

inline constexpr uint8_t kRmDynamic = 7;

struct Hart;
class StateStream;

// What the platform does when an instruction speaks to it. Never throws; may call
// Hart::RequestStop.
class Environment {
 public:
  virtual ~Environment() = default;
  // simprint: level as in x[rd], unchecked; the text lies in guest memory, unchecked.
  virtual void Simprint(Hart& hart, uint32_t level, GuestAddr text, uint32_t number) = 0;
  virtual void HostRequest(Hart& hart) = 0;
  virtual void Finish(Hart& hart) = 0;
  virtual void UnknownCustom(Hart& hart, uint32_t word) = 0;
  virtual void WaitForInterrupt(Hart& hart) = 0;
  // True: the call was served (semihosting of a test harness) and retires; false: it traps.
  [[nodiscard]] virtual bool EnvironmentCall(Hart& hart) = 0;
  // CSR time and CLINT mtime, after `retired` instructions.
  [[nodiscard]] virtual uint64_t TimeTicks(uint64_t retired) = 0;
  // CSR mip.
  [[nodiscard]] virtual uint32_t PendingInterrupts(uint64_t retired) = 0;
};

struct Hart {
  // While a block runs, pc is its first instruction's address and next_pc what follows the block.
  uint32_t pc = 0;
  uint32_t next_pc = 0;
  std::array<uint32_t, 32> x{};  // x[0] stays 0: handlers write through SetX
  std::array<uint32_t, 32> f{};
  uint8_t frm = 0;
  uint8_t fflags = 0;
  VectorState v;

  uint32_t mstatus = 0;
  uint32_t mie = 0;
  uint32_t mtvec = 0;
  uint32_t mscratch = 0;
  uint32_t mepc = 0;
  uint32_t mcause = 0;
  uint32_t mtval = 0;
  std::array<uint32_t, 4> pmpcfg{};  // storage only, see csr.cc
  std::array<uint32_t, 16> pmpaddr{};
  // CSR mcycle/minstret = retired + offset (software may write them).
  uint64_t mcycle_offset = 0;
  uint64_t minstret_offset = 0;

  Trap trap{};  // valid after a handler returned false

  // Instructions before the running block. Inside a block: RetiredBefore(insn).
  uint64_t instructions_retired = 0;
  // Instructions before the one that is accessing a device now.
  uint64_t retired_at_access = 0;
  // The interpreter leaves its loop at the next block end when retired >= this.
  uint64_t stop_at = 0;

  Bus* bus = nullptr;
  Environment* environment = nullptr;

  // Before the first Reset. `config` IsPossible.
  void Configure(const CoreConfig& config);
  [[nodiscard]] CoreConfig Configuration() const;
  void Reset(uint32_t reset_pc);
  // Saves or loads all of it but the configuration and the pointers.
  void Exchange(StateStream& s);

  // Takes a trap or interrupt: mcause as the CSR shows it (bit 31 = interrupt), epc the address to
  // come back to. Sets pc.
  void EnterTrap(uint32_t cause, uint32_t tval, uint32_t epc);

  void SetX(uint32_t rd, uint32_t value) {
    x[rd] = value;
    x[0] = 0;
  }

  // All return false, as a handler does.
  bool Raise(Cause cause, uint32_t tval) {
    trap = {cause, tval};
    return false;
  }
  bool RaiseIllegal(const DecodedInsn& insn) {
    return Raise(Cause::kIllegalInstruction, insn.word);
  }

  [[nodiscard]] bool FpEnabled() const { return (mstatus & kMstatusFs) != 0; }
  [[nodiscard]] bool VectorEnabled() const { return (mstatus & kMstatusVs) != 0; }
  void MarkFpDirty() { mstatus |= kMstatusFs; }
  void MarkVectorDirty() { mstatus |= kMstatusVs; }

  [[nodiscard]] uint64_t RetiredBefore(const DecodedInsn& insn) const {
    return instructions_retired + (insn.pc - pc) / 4;
  }
  // Leave the loop at the end of this block.
  void RequestStop() { stop_at = 0; }
  // What a scalar load or store returns after a device was accessed: true to go on; false, with
  // the cause kLeaveBlock, if the device asked for a stop. The instruction has retired then, and
  // the block ends behind it, so that a halt, say, takes effect at once.
  [[nodiscard]] bool AfterDeviceAccess() { return stop_at != 0 || Raise(Cause::kLeaveBlock, 0); }
};

}  // namespace sim

#endif  // SIM_HART_HART_H_
