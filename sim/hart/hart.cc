#include "sim/hart/hart.h"

namespace sim {

// Reset values: shared spec platform.md, section 1.4 (FS = Initial, VS = Off, MPP = M); vtype =
// vill as the V specification recommends. Registers are zeroed so that a run is reproducible.
// Counters of retired instructions go on.
void Hart::Reset(uint32_t reset_pc) {
  pc = next_pc = reset_pc;
  x = {};
  f = {};
  frm = fflags = 0;
  const uint32_t vlen_bytes = v.vlen_bytes;
  const bool zve32f = v.zve32f;
  v = VectorState{};
  v.vlen_bytes = vlen_bytes;
  v.zve32f = zve32f;
  mstatus = kMstatusMpp | 1u << 13;
  mie = 0;
  mtvec = 0x1010;
  mscratch = mepc = mcause = mtval = 0;
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
