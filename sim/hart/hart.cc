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
  mie = mip = 0;
  mtvec = 0x1010;
  mscratch = mepc = mcause = mtval = 0;
  trap = {};
}

}  // namespace sim
