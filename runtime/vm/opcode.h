// SPDX-License-Identifier: Apache-2.0

// The opcode table as data (opcodes.def), and the codes that the interpreter runs: the module's own
// opcodes, the F32 ones moved behind them, and between them a few that only the translator makes.
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
  // Made by the translator, with numbers that no opcode has; their cells are described there.
  kConstRun = 0x89,
  kCallImport,
  kCallInternal,
  kUnresolvedImport,
};

struct OpcodeRow {
  static constexpr uint8_t kUnknown = 31;

  uint16_t first_version : 5 = kUnknown;
  uint16_t cells : 3 = 0;  // of a translated instruction whose operands are registers only; 0 of
                           // an opcode that runs as another one
  uint16_t shape : 8 = 0;  // of its operands: OperandLetters(shape)
};

inline constexpr size_t kOpCount = static_cast<size_t>(Op::kCastUi64F32) + 1;

// Indexed by Op.
extern const std::array<OpcodeRow, kOpCount> kOpcodeRows;

// The opcode that does what `op`, a row without cells, does.
[[nodiscard]] Op RunsAs(Op op);

// Letters of opcodes.def, NUL behind them; of an opcode that is refused by name "!" and its
// mnemonic.
[[nodiscard]] const char* OperandLetters(uint8_t shape);

// Whether a letter stands for a value register that is written.
[[nodiscard]] constexpr bool IsResult(char letter) { return letter == 'o' || letter == 'O'; }

// Numbers without gaps of what computing instructions do, by Op from kSelectI32 on: the i32 and the
// i64 form of an operation have the same one. 0 of opcodes that do something else.
inline constexpr auto kOperations = [] {
  std::array<uint8_t, kOpCount - static_cast<size_t>(Op::kSelectI32)> numbers = {};
  std::array<std::string_view, numbers.size()> names;
  uint8_t count = 0;
  const auto add = [&](Op op, std::string_view name, std::string_view operands) {
    if (op < Op::kSelectI32 || operands.find_first_not_of("iIuoO") != std::string_view::npos)
      return;
    if (name.ends_with(".i32") || name.ends_with(".i64")) name.remove_suffix(4);
    uint8_t number = 0;
    while (number < count && names[number] != name) ++number;
    if (number == count) names[count++] = name;
    numbers[static_cast<size_t>(op) - static_cast<size_t>(Op::kSelectI32)] = number + 1;
  };
#define OPCODE(number, name, mnemonic, operands, version) add(Op::k##name, mnemonic, operands);
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  return numbers;
}();
constexpr uint8_t OperationOf(Op op) {
  return kOperations[static_cast<size_t>(op) - static_cast<size_t>(Op::kSelectI32)];
}

}  // namespace runtime

#endif  // RUNTIME_VM_OPCODE_H_
