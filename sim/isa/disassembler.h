// SPDX-License-Identifier: Apache-2.0

// Text of an instruction, in llvm-objdump's spelling without aliases (`llvm-objdump -d -M
// no-aliases`): "addi	a0, zero, 5", targets as absolute addresses. Operand templates stand in
// insn_class.def; the names they may use, in braces, are the rows of kOperands in
// disassembler.cc.
#ifndef SIM_ISA_DISASSEMBLER_H_
#define SIM_ISA_DISASSEMBLER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sim {

// Any word; one that no row matches gives "<unknown>".
[[nodiscard]] std::string Disassemble(uint32_t word, uint32_t pc);

// ABI names: zero, ra, … and ft0, …
[[nodiscard]] std::string_view IntRegisterName(uint32_t number);
[[nodiscard]] std::string_view FloatRegisterName(uint32_t number);

}  // namespace sim

#endif  // SIM_ISA_DISASSEMBLER_H_
