#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

consteval OpcodeRow Row(std::string_view operands, uint8_t first_version) {
  OpcodeRow row;
  // A string that is too long is an error of constant evaluation.
  for (size_t i = 0; i < operands.size(); ++i) row.operands[i] = operands[i];
  row.first_version = first_version;
  return row;
}

consteval std::array<OpcodeRow, 256> Rows() {
  std::array<OpcodeRow, 256> rows;
#define OPCODE(number, name, mnemonic, operands, version) \
  rows[static_cast<uint8_t>(Op::k##name)] = Row(operands, version);
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  return rows;
}

constexpr bool IsRefused(std::string_view operands) { return operands == "!"; }

}  // namespace

constexpr std::array<OpcodeRow, 256> kOpcodeRows = Rows();

std::string_view RefusedMnemonic(Op op) {
  // Names only of the refused rows reach the binary: the condition is known at compile time.
  switch (op) {
#define OPCODE(number, name, mnemonic, operands, version) \
  case Op::k##name:                                       \
    if constexpr (IsRefused(operands)) return mnemonic;   \
    break;
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
    default:
      break;
  }
  return {};
}

}  // namespace runtime
