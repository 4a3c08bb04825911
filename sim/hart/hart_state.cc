// SPDX-License-Identifier: Apache-2.0

// A hart's state in a snapshot. Every field of Hart and VectorState is named here or is wiring.
#include "sim/hart/hart.h"
#include "sim/hart/state_stream.h"
#include "sim/vector/vector.h"

namespace sim {
namespace {

// Leaves room for any run after a restore before 64-bit nanoseconds overflow.
constexpr uint64_t kMaxRetired = uint64_t{1} << 58;

void ExchangeVector(VectorState& v, StateStream& s) {
  // vlen_bytes, zve32f and present are the machine's configuration.
  s.Raw(v.reg, 32 * v.vlen_bytes);
  uint32_t vtype = v.vtype;
  s.Field(vtype);
  if (s.loading()) {
    SetVtype(v, vtype);
    s.Require(v.vtype == vtype);
  }
  s.AtMost(v.vl, Vlmax(v));
  s.AtMost(v.vstart, v.vlen_bits() - 1);
  s.AtMost(v.vxrm, 3);
  s.AtMost(v.vxsat, 1);
}

}  // namespace

void Hart::Exchange(StateStream& s) {
  s.Field(pc);
  next_pc = pc;
  s.Field(x);
  s.Require(x[0] == 0);
  s.Field(f);
  s.AtMost(frm, 7);
  s.AtMost(fflags, 0x1f);
  ExchangeVector(v, s);
  s.Field(mstatus);
  constexpr uint32_t kPossible = kMstatusMie | kMstatusMpie | kMstatusVs | kMstatusMpp | kMstatusFs;
  s.Require((mstatus & ~kPossible) == 0 && (v.present || (mstatus & kMstatusVs) == 0));
  for (uint32_t* csr : {&mie, &mtvec, &mscratch, &mepc, &mcause, &mtval}) s.Field(*csr);
  s.Field(pmpcfg);
  for (const uint32_t value : pmpcfg) s.Require((value & ~0x1f1f'1f1fu) == 0);
  s.Field(pmpaddr);
  s.Field(mcycle_offset);
  s.Field(minstret_offset);
  s.AtMost(instructions_retired, kMaxRetired);
  retired_at_access = instructions_retired;
}

}  // namespace sim
