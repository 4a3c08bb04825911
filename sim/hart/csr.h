// SPDX-License-Identifier: Apache-2.0

// Control and status registers: one row per register with how it reads and what a write may change.
// Read/write suppression of csrr* (rd = x0, rs1 = x0) is the caller's (system.cc).
#ifndef SIM_HART_CSR_H_
#define SIM_HART_CSR_H_

#include <cstdint>

#include "sim/hart/hart.h"

namespace sim {

// False: the register does not exist, or its unit (FS, VS) is off. `retired` = instructions before
// this one.
[[nodiscard]] bool ReadCsr(Hart& hart, uint32_t number, uint64_t retired, uint32_t* value);
// As above; also false for a read-only number (bits 11:10 = 3).
[[nodiscard]] bool WriteCsr(Hart& hart, uint32_t number, uint64_t retired, uint32_t value);

}  // namespace sim

#endif  // SIM_HART_CSR_H_
