// SPDX-License-Identifier: Apache-2.0

#include "sim/hart/hart.h"

namespace sim {

void Hart::Configure(const CoreConfig& config) {
  v.vlen_bytes = config.vlen_bits / 8;
  v.present = config.vector != VectorUnit::kNone;
  v.zve32f = config.vector == VectorUnit::kZve32f;
}

CoreConfig Hart::Configuration() const {
  VectorUnit unit = v.zve32f ? VectorUnit::kZve32f : VectorUnit::kZve32x;
  if (!v.present) unit = VectorUnit::kNone;
  return {.vlen_bits = v.vlen_bits(), .vector = unit};
}

// Reset values: shared spec platform.md, section 1.4 (FS = Initial, VS = Off, MPP = M); vtype =
// vill as the V specification recommends. Registers are zeroed so that a run is reproducible.
// Counters of retired instructions go on.
void Hart::Reset(uint32_t reset_pc) {
  pc = next_pc = reset_pc;
  x = {};
  f = {};
  frm = fflags = 0;
  const CoreConfig config = Configuration();
  v = VectorState{};
  Configure(config);
  mstatus = kMstatusMpp | 1u << 13;
  mie = 0;
  mtvec = 0x1010;
  mscratch = mepc = mcause = mtval = 0;
  pmpcfg = {};
  trap = {};
}

void Hart::EnterTrap(uint32_t cause, uint32_t tval, uint32_t epc) {
  mcause = cause;
  mtval = tval;
  mepc = epc;
  mstatus =
      (mstatus & ~(kMstatusMie | kMstatusMpie)) | ((mstatus & kMstatusMie) != 0 ? kMstatusMpie : 0);
  const bool vectored = (mtvec & 1) != 0 && (cause >> 31) != 0;
  pc = next_pc = (mtvec & ~3u) + (vectored ? 4 * (cause & 0x7fff'ffff) : 0);
}

}  // namespace sim
