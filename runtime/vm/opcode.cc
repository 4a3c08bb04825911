// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/opcode.h"

#include <algorithm>

namespace runtime {
namespace {

// Opcodes that move 32 bits whatever they mean, and others that do the same.
struct Synonym {
  Op op;
  Op runs_as;
};
constexpr Synonym kSynonyms[] = {
    {Op::kGlobalLoadF32, Op::kGlobalLoadI32},
    {Op::kGlobalStoreF32, Op::kGlobalStoreI32},
    {Op::kGlobalLoadIndirectF32, Op::kGlobalLoadIndirectI32},
    {Op::kGlobalStoreIndirectF32, Op::kGlobalStoreIndirectI32},
    {Op::kBufferLoadF32, Op::kBufferLoadI32},
    {Op::kBufferStoreF32, Op::kBufferStoreI32},
    {Op::kBufferFillF32, Op::kBufferFillI32},
    {Op::kYield, Op::kBr},
    {Op::kBreak, Op::kBr},
    {Op::kCastAnyRef, Op::kAssignRef},
};

constexpr size_t kLongestShape = 13;  // the NUL included

// The letters of a row with the NUL behind them; of one that is refused "!" and its name.
template <size_t N, size_t M>
consteval std::string_view ShapeOf(const char (&operands)[N], const char (&refused)[M]) {
  return operands[0] == '!' ? std::string_view(refused, M) : std::string_view(operands, N);
}

// Operand letters of all opcodes, each string once, a string that ends another one inside that: a
// row's shape is where its own begins.
struct Tables {
  std::array<OpcodeRow, kOpCount> rows;
  std::array<char, 256> letters = {};
  size_t letter_count = 0;

  [[nodiscard]] constexpr std::string_view pool() const { return {letters.data(), letter_count}; }

  // `shape` with the NUL behind it. Letters that do not fit are errors of constant evaluation.
  consteval void AddLetters(std::string_view shape) {
    if (pool().find(shape) != std::string_view::npos) return;
    for (const char letter : shape) letters[letter_count++] = letter;
  }
  consteval void Add(Op op, std::string_view shape, uint8_t first_version) {
    uint8_t cells = 0;  // the opcode's own stands for the NUL
    for (const char letter : shape) cells += letter != 'T' && letter != 'a' ? 1 : 0;
    if (shape.front() == '!') cells = 1;
    rows[static_cast<uint8_t>(op)] = {first_version, cells,
                                      static_cast<uint8_t>(pool().find(shape))};
  }
};

consteval Tables MakeTables() {
  Tables tables;
  // The longest first, so that the others are found in them.
  for (size_t length = kLongestShape; length > 0; --length) {
#define OPCODE(number, name, mnemonic, operands, version) \
  if (ShapeOf(operands, "!" mnemonic).size() == length)   \
    tables.AddLetters(ShapeOf(operands, "!" mnemonic));
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  }
#define OPCODE(number, name, mnemonic, operands, version) \
  tables.Add(Op::k##name, ShapeOf(operands, "!" mnemonic), version);
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
  for (const Synonym& synonym : kSynonyms) tables.rows[static_cast<uint8_t>(synonym.op)].cells = 0;
  return tables;
}

constexpr Tables kTables = MakeTables();
constexpr auto kLetters = [] {
  std::array<char, kTables.letter_count> letters;
  std::ranges::copy(kTables.pool(), letters.begin());
  return letters;
}();

}  // namespace

constexpr std::array<OpcodeRow, kOpCount> kOpcodeRows = kTables.rows;

Op RunsAs(Op op) {
  const Synonym* synonym = kSynonyms;
  while (synonym->op != op) ++synonym;
  return synonym->runs_as;
}

const char* OperandLetters(uint8_t shape) { return kLetters.data() + shape; }

}  // namespace runtime
