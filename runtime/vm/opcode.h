// The opcode table as data (opcodes.def), and the codes that the interpreter runs: the module's own
// opcodes, the F32 ones moved behind them, and a few that only the translator makes.
#ifndef RUNTIME_VM_OPCODE_H_
#define RUNTIME_VM_OPCODE_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace runtime {

inline constexpr uint8_t kPrefixF32 = 0xE0;
inline constexpr uint8_t kPrefixF64 = 0xE1;
inline constexpr uint8_t kF32Base = 0x90;  // where F32 opcode 0 lands in Op

enum class Op : uint8_t {
#define OPCODE(number, name, mnemonic, operands, version) k##name = number,
#define OPCODE_F32(number, name, mnemonic, operands, version) k##name = kF32Base + number,
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  // Made by the translator; their cells are described there.
  kConstRun = 0xD0,
  kCallImport,
  kCallInternal,
  kMoveI32,
  kUnresolvedImport,
};

struct OpcodeRow {
  static constexpr uint8_t kUnknown = 0xFF;

  uint8_t first_version = kUnknown;
  uint8_t shape = 0;  // operand letters: OperandLetters(shape)
  uint8_t cells = 0;  // of a translated instruction whose operands are registers only
};

// Indexed by Op.
extern const std::array<OpcodeRow, 256> kOpcodeRows;

// Letters of opcodes.def.
[[nodiscard]] std::string_view OperandLetters(uint8_t shape);

// Mnemonic of an opcode that is refused by name; empty for every other.
[[nodiscard]] std::string_view RefusedMnemonic(Op op);

}  // namespace runtime

#endif  // RUNTIME_VM_OPCODE_H_
