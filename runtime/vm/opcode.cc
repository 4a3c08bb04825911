#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

constexpr size_t kMaxShapes = 64;
constexpr size_t kMaxLetters = 7;

// Many opcodes share their operands: each distinct string is kept once.
struct Tables {
  std::array<OpcodeRow, 256> rows;
  std::array<std::array<char, kMaxLetters>, kMaxShapes> shapes = {};
  uint8_t shape_count = 0;

  // Strings or shapes that do not fit are errors of constant evaluation.
  consteval uint8_t ShapeOf(std::string_view letters) {
    std::array<char, kMaxLetters> padded = {};
    for (size_t i = 0; i < letters.size(); ++i) padded[i] = letters[i];
    for (uint8_t i = 0; i < shape_count; ++i) {
      if (shapes[i] == padded) return i;
    }
    shapes[shape_count] = padded;
    return shape_count++;
  }
  consteval void Add(Op op, std::string_view letters, uint8_t first_version) {
    uint8_t cells = 1;
    for (const char letter : letters) cells += letter != 'T' && letter != 'a' ? 1 : 0;
    rows[static_cast<uint8_t>(op)] = {first_version, ShapeOf(letters), cells};
  }
};

consteval Tables MakeTables() {
  Tables tables;
#define OPCODE(number, name, mnemonic, operands, version) \
  tables.Add(Op::k##name, operands, version);
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  // What the translator makes of the bitcasts.
  tables.rows[static_cast<uint8_t>(Op::kMoveI32)].cells = 3;
  return tables;
}

constexpr Tables kTables = MakeTables();
constexpr auto kShapes = [] {
  std::array<std::array<char, kMaxLetters>, kTables.shape_count> shapes;
  for (size_t i = 0; i < shapes.size(); ++i) shapes[i] = kTables.shapes[i];
  return shapes;
}();

constexpr bool IsRefused(std::string_view operands) { return operands == "!"; }

}  // namespace

constexpr std::array<OpcodeRow, 256> kOpcodeRows = kTables.rows;

std::string_view OperandLetters(uint8_t shape) {
  const auto& letters = kShapes[shape];
  size_t length = 0;
  while (length < letters.size() && letters[length] != '\0') ++length;
  return {letters.data(), length};
}

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
