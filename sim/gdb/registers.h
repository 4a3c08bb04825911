// SPDX-License-Identifier: Apache-2.0

// The registers as GDB numbers them: one table from which come the target description and every
// access. x0..x31, pc, f0..f31, the FP and vector CSRs and the machine-mode CSRs are 32 bits wide,
// v0..v31 VLEN. Features: org.gnu.gdb.riscv.cpu, .fpu, .vector, .csr (GDB manual, "RISC-V
// Features").
#ifndef SIM_GDB_REGISTERS_H_
#define SIM_GDB_REGISTERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/hart/hart.h"

namespace sim {

// x0..x31, pc and f0..f31: what packets g and G hold.
inline constexpr uint32_t kGeneralRegisters = 65;

[[nodiscard]] std::string TargetDescription(const Hart& hart);
// Bytes as in target memory; nothing if there is no such register.
[[nodiscard]] std::optional<std::string> ReadRegister(Hart& hart, uint32_t number);
// False: no such register, another size, or it cannot be written.
[[nodiscard]] bool WriteRegister(Hart& hart, uint32_t number, std::string_view bytes);

}  // namespace sim

#endif  // SIM_GDB_REGISTERS_H_
