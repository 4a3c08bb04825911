// SPDX-License-Identifier: Apache-2.0

// Every instruction by its effect: rows of operands and results, and small programs for the rest.
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "runtime/runtime.h"
#include "runtime/testing/module_builder.h"
#include "runtime/vm/opcode.h"

namespace runtime {
namespace {

using base::Status;
using testing::Aligned;
using testing::Build;
using testing::Code;
using testing::I;
using testing::ImportOrdinal;
using testing::MainOnly;
using testing::ModuleSpec;
using testing::R;

// A loaded module with its memory.
class Machine {
 public:
  explicit Machine(const ModuleSpec& spec, uint32_t budget = 100'000)
      : file_(Build(spec)), arena_(size_t{1} << 18) {
    status = runtime.Load(file_.bytes(), arena_.bytes(),
                          {.kernel_mode = KernelMode::kSkip, .branch_budget = budget});
  }

  base::Result<std::span<const Value>> Call(std::initializer_list<Value> arguments = {}) {
    const auto function = runtime.Find("main");
    if (!function) return std::unexpected(function.error());
    const Status called = runtime.Invoke(*function, {arguments.begin(), arguments.size()});
    if (called != Status::kOk) return std::unexpected(called);
    return runtime.results();
  }

  Status status;

 private:
  Aligned file_;
  Aligned arena_;

 public:
  Runtime runtime;  // after its memory
};

Value I32(int32_t value) {
  Value result = {};
  result.kind = ValueKind::kI32;
  result.i32 = value;
  return result;
}
Value I64(int64_t value) {
  Value result = {};
  result.kind = ValueKind::kI64;
  result.i64 = value;
  return result;
}

// Operands and result of one instruction as bits; kinds by letter: i (32 bits), I (64 bits).
struct ScalarRow {
  Op op;
  const char* operands;  // kinds of the operands, then of the result
  std::vector<uint64_t> values;
  uint64_t expected;
};

uint64_t F(float value) { return std::bit_cast<uint32_t>(value); }

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

const ScalarRow kScalarRows[] = {
    {Op::kAddI32, "iii", {0xFFFFFFFF, 2}, 1},
    {Op::kSubI32, "iii", {1, 2}, 0xFFFFFFFF},
    {Op::kMulI32, "iii", {0x10001, 0x10001}, 0x20001},
    {Op::kDivSI32, "iii", {uint32_t(-7), 2}, uint32_t(-3)},
    {Op::kDivSI32, "iii", {0x80000000, uint32_t(-1)}, 0x80000000},
    {Op::kDivUI32, "iii", {uint32_t(-7), 2}, 0x7FFFFFFC},
    {Op::kRemSI32, "iii", {uint32_t(-7), 2}, uint32_t(-1)},
    {Op::kRemSI32, "iii", {0x80000000, uint32_t(-1)}, 0},
    {Op::kRemUI32, "iii", {uint32_t(-7), 4}, 1},
    {Op::kFmaI32, "iiii", {3, 4, 5}, 17},
    {Op::kAddI64, "III", {0xFFFFFFFFFFFFFFFF, 2}, 1},
    {Op::kSubI64, "III", {1, 2}, 0xFFFFFFFFFFFFFFFF},
    {Op::kMulI64, "III", {0x100000001, 0x100000001}, 0x200000001},
    {Op::kDivSI64, "III", {uint64_t(-7'000'000'000'000), 2'000'000'000'000}, uint64_t(-3)},
    {Op::kDivSI64, "III", {0x8000000000000000, uint64_t(-1)}, 0x8000000000000000},
    {Op::kDivUI64, "III", {0xFFFFFFFFFFFFFFFF, 0x8000000000000001}, 1},
    {Op::kDivUI64, "III", {1'000'000'007, 10}, 100'000'000},
    {Op::kRemSI64, "III", {uint64_t(-7), 4}, uint64_t(-3)},
    {Op::kRemUI64, "III", {0xFFFFFFFFFFFFFFFF, 10}, 5},
    {Op::kFmaI64, "IIII", {3, 4, 5}, 17},
    {Op::kAbsI32, "ii", {uint32_t(-5)}, 5},
    {Op::kAbsI64, "II", {uint64_t(-5)}, 5},
    {Op::kMinSI32, "iii", {uint32_t(-1), 1}, uint32_t(-1)},
    {Op::kMinUI32, "iii", {uint32_t(-1), 1}, 1},
    {Op::kMaxSI32, "iii", {uint32_t(-1), 1}, 1},
    {Op::kMaxUI32, "iii", {uint32_t(-1), 1}, uint32_t(-1)},
    {Op::kMinSI64, "III", {uint64_t(-1), 1}, uint64_t(-1)},
    {Op::kMinUI64, "III", {uint64_t(-1), 1}, 1},
    {Op::kMaxSI64, "III", {uint64_t(-1), 1}, 1},
    {Op::kMaxUI64, "III", {uint64_t(-1), 1}, uint64_t(-1)},
    {Op::kNotI32, "ii", {0xF0F0F0F0}, 0x0F0F0F0F},
    {Op::kAndI32, "iii", {0b1100, 0b1010}, 0b1000},
    {Op::kOrI32, "iii", {0b1100, 0b1010}, 0b1110},
    {Op::kXorI32, "iii", {0b1100, 0b1010}, 0b0110},
    {Op::kNotI64, "II", {0}, 0xFFFFFFFFFFFFFFFF},
    {Op::kAndI64, "III", {0xF00000000000000F, 0xF}, 0xF},
    {Op::kOrI64, "III", {0xF000000000000000, 0xF}, 0xF00000000000000F},
    {Op::kXorI64, "III", {0xF00000000000000F, 0xF}, 0xF000000000000000},
    {Op::kShlI32, "iii", {1, 33}, 2},
    {Op::kShrSI32, "iii", {0x80000000, 31}, 0xFFFFFFFF},
    {Op::kShrUI32, "iii", {0x80000000, 31}, 1},
    {Op::kShlI64, "IiI", {1, 65}, 2},
    {Op::kShrSI64, "IiI", {0x8000000000000000, 63}, 0xFFFFFFFFFFFFFFFF},
    {Op::kShrUI64, "IiI", {0x8000000000000000, 63}, 1},
    {Op::kCtlzI32, "ii", {0}, 32},
    {Op::kCtlzI32, "ii", {1}, 31},
    {Op::kCtlzI64, "II", {0}, 64},
    {Op::kCtlzI64, "II", {0x100000000}, 31},
    {Op::kTruncI32I8, "ii", {0x1FF}, 0xFF},
    {Op::kTruncI32I16, "ii", {0x1FFFF}, 0xFFFF},
    {Op::kTruncI64I32, "Ii", {0x123456789}, 0x23456789},
    {Op::kExtI8I32S, "ii", {0x80}, 0xFFFFFF80},
    {Op::kExtI8I32U, "ii", {0x180}, 0x80},
    {Op::kExtI16I32S, "ii", {0x8000}, 0xFFFF8000},
    {Op::kExtI16I32U, "ii", {0x18000}, 0x8000},
    {Op::kExtI32I64S, "iI", {0x80000000}, 0xFFFFFFFF80000000},
    {Op::kExtI32I64U, "iI", {0x80000000}, 0x80000000},
    {Op::kCmpEqI32, "iii", {1, 1}, 1},
    {Op::kCmpNeI32, "iii", {1, 1}, 0},
    {Op::kCmpLtSI32, "iii", {uint32_t(-1), 1}, 1},
    {Op::kCmpLtUI32, "iii", {uint32_t(-1), 1}, 0},
    {Op::kCmpNzI32, "ii", {2}, 1},
    {Op::kCmpEqI64, "IIi", {0x100000000, 0}, 0},
    {Op::kCmpNeI64, "IIi", {0x100000000, 0}, 1},
    {Op::kCmpLtSI64, "IIi", {uint64_t(-1), 1}, 1},
    {Op::kCmpLtUI64, "IIi", {uint64_t(-1), 1}, 0},
    {Op::kCmpNzI64, "Ii", {0x100000000}, 1},
    {Op::kSelectI32, "iiii", {7, 1, 2}, 1},
    {Op::kSelectI32, "iiii", {0, 1, 2}, 2},
    {Op::kSelectI64, "iIII", {1, 0x100000000, 2}, 0x100000000},
    {Op::kSelectF32, "iiii", {0, F(1), F(2)}, F(2)},
    {Op::kAddF32, "iii", {F(1.5f), F(2)}, F(3.5f)},
    {Op::kSubF32, "iii", {F(1.5f), F(2)}, F(-0.5f)},
    {Op::kMulF32, "iii", {F(1.5f), F(2)}, F(3)},
    {Op::kDivF32, "iii", {F(3), F(2)}, F(1.5f)},
    {Op::kRemF32, "iii", {F(5.5f), F(2)}, F(-0.5f)},
    {Op::kFmaF32, "iiii", {F(2), F(3), F(4)}, F(10)},
    {Op::kAbsF32, "ii", {F(-2)}, F(2)},
    {Op::kNegF32, "ii", {F(2)}, F(-2)},
    {Op::kMinF32, "iii", {F(2), F(1)}, F(1)},
    {Op::kMaxF32, "iii", {F(2), F(1)}, F(2)},
    {Op::kCeilF32, "ii", {F(-1.5f)}, F(-1)},
    {Op::kFloorF32, "ii", {F(-1.5f)}, F(-2)},
    {Op::kRoundF32, "ii", {F(2.5f)}, F(3)},
    {Op::kRoundF32Even, "ii", {F(2.5f)}, F(2)},
    {Op::kCastSi32F32, "ii", {uint32_t(-3)}, F(-3)},
    {Op::kCastUi32F32, "ii", {0xFFFFFFFF}, F(4294967296.0f)},
    {Op::kCastF32Si32, "ii", {F(-2.5f)}, uint32_t(-3)},
    {Op::kCastF32Si32, "ii", {F(1e20f)}, 0x7FFFFFFF},
    {Op::kCastF32Si32, "ii", {F(kNan)}, 0},
    {Op::kCastF32Ui32, "ii", {F(3e9f)}, 3'000'000'000},
    {Op::kCastF32Ui32, "ii", {F(-1)}, 0},
    {Op::kCastF32Si64, "iI", {F(-1e18f)}, uint64_t(-999999984306749440)},
    {Op::kCastF32Ui64, "iI", {F(1e19f)}, 9999999980506447872u},
    {Op::kCastSi64F32, "Ii", {uint64_t(-16777217)}, F(-16777216.0f)},
    {Op::kCastSi64F32, "Ii", {0x100000100000001}, 0x5B800001},
    {Op::kCastUi64F32, "Ii", {0xFFFFFFFFFFFFFFFF}, F(18446744073709551616.0f)},
    {Op::kBitcastI32F32, "ii", {0x3F800000}, F(1)},
    {Op::kBitcastF32I32, "ii", {F(1)}, 0x3F800000},
    {Op::kCmpEqOF32, "iii", {F(kNan), F(kNan)}, 0},
    {Op::kCmpEqUF32, "iii", {F(kNan), F(1)}, 1},
    {Op::kCmpNeOF32, "iii", {F(2), F(1)}, 1},
    {Op::kCmpNeUF32, "iii", {F(kNan), F(1)}, 1},
    {Op::kCmpLtOF32, "iii", {F(kNan), F(1)}, 0},
    {Op::kCmpLtUF32, "iii", {F(kNan), F(1)}, 1},
    {Op::kCmpLteOF32, "iii", {F(1), F(1)}, 1},
    {Op::kCmpLteUF32, "iii", {F(2), F(1)}, 0},
    {Op::kCmpNanF32, "ii", {F(kNan)}, 1},
    {Op::kAtanF32, "ii", {F(0)}, F(0)},
    {Op::kAtan2F32, "iii", {F(0), F(1)}, F(0)},
    {Op::kCosF32, "ii", {F(0)}, F(1)},
    {Op::kSinF32, "ii", {F(0)}, F(0)},
    {Op::kExpF32, "ii", {F(0)}, F(1)},
    {Op::kExp2F32, "ii", {F(3)}, F(8)},
    {Op::kExpm1F32, "ii", {F(0)}, F(0)},
    {Op::kLogF32, "ii", {F(1)}, F(0)},
    {Op::kLog10F32, "ii", {F(1)}, F(0)},
    {Op::kLog1pF32, "ii", {F(0)}, F(0)},
    {Op::kLog2F32, "ii", {F(8)}, F(3)},
    {Op::kPowF32, "iii", {F(2), F(10)}, F(1024)},
    {Op::kRsqrtF32, "ii", {F(4)}, F(0.5f)},
    {Op::kSqrtF32, "ii", {F(9)}, F(3)},
    {Op::kTanhF32, "ii", {F(kInf)}, F(1)},
    {Op::kErfF32, "ii", {F(0)}, F(0)},
};

// The bytes of an opcode as the file has them.
Code& PutOp(Code& code, Op op) {
  const auto number = static_cast<uint8_t>(op);
  return number >= kF32Base ? code.U8(kPrefixF32).U8(number - kF32Base) : code.U8(number);
}

TEST(InterpreterTest, ScalarInstructions) {
  for (const ScalarRow& row : kScalarRows) {
    SCOPED_TRACE("opcode " + std::to_string(static_cast<int>(row.op)));
    const std::string kinds = row.operands;
    Code code;
    code.Block();
    uint16_t next = 0;
    std::vector<uint16_t> registers;
    for (size_t i = 0; i < row.values.size(); ++i, next += 2) {
      registers.push_back(next);
      if (kinds[i] == 'I') {
        code.ConstI64(static_cast<int64_t>(row.values[i]), next);
      } else {
        code.ConstI32(static_cast<int32_t>(row.values[i]), next);
      }
    }
    PutOp(code, row.op);
    for (const uint16_t encoded : registers) code.U16(encoded);
    code.U16(next);
    code.Return({next});
    Machine machine(MainOnly(code, std::string("0v_") + kinds.back()));
    ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
    const auto result = machine.Call();
    ASSERT_TRUE(result.has_value()) << machine.runtime.failure().text();
    const uint64_t mask = kinds.back() == 'I' ? UINT64_MAX : UINT32_MAX;
    EXPECT_EQ(static_cast<uint64_t>((*result)[0].i64) & mask, row.expected);
  }
}

TEST(InterpreterTest, EveryScalarOpcodeHasARow) {
  std::set<Op> covered;
  for (const ScalarRow& row : kScalarRows) covered.insert(row.op);
#define OPCODE(number, name, mnemonic, operands, version)                               \
  {                                                                                     \
    const std::string text = mnemonic;                                                  \
    const std::string letters = operands;                                               \
    const bool scalar = letters.find_first_not_of("iI") == std::string::npos &&         \
                        letters.size() > 1 && text.find("global") == std::string::npos; \
    EXPECT_TRUE(!scalar || covered.contains(Op::k##name)) << text;                      \
  }
#define OPCODE_F32 OPCODE
#include "runtime/vm/opcodes.def"
#undef OPCODE_F32
#undef OPCODE
}

TEST(InterpreterTest, DivisionByZeroIsAStatus) {
  for (const uint32_t op : {0x25u, 0x26u, 0x27u, 0x28u, 0x2Du, 0x2Eu, 0x2Fu, 0x30u}) {
    Machine machine(MainOnly(Code().Block().Op(op, {I(0), I(2), I(4)}).Return(), "0v_v"));
    EXPECT_EQ(machine.Call().error(), Status::kVmDivisionByZero);
  }
}

TEST(InterpreterTest, LoopsCountAndRemapInOrder) {
  // Sums 1 … n; the remap list swaps through a scratch register, one pair after the other.
  Code code;
  code.Block().ConstI32(0, I(1)).ConstI32(1, I(2));
  const uint32_t jump = code.position();
  Code tail = code;
  tail.U8(0x56).Branch(0);
  const uint32_t loop = tail.position();
  code.U8(0x56).Branch(loop);
  ASSERT_EQ(code.position(), loop);
  (void)jump;
  code.Block().Op(0x22, {I(1), I(0), I(1)}).Op(0x23, {I(0), I(2), I(0)}).Op(0x4D, {I(0), I(3)});
  Code measured = code;
  measured.U8(0x57)
      .U16(I(3))
      .Branch(loop, {I(0), I(4), I(1), I(0), I(4), I(1), I(0), I(4), I(1), I(0), I(4), I(1)})
      .Branch(0);
  const uint32_t done = measured.position();
  code.U8(0x57)
      .U16(I(3))
      .Branch(loop, {I(0), I(4), I(1), I(0), I(4), I(1), I(0), I(4), I(1), I(0), I(4), I(1)})
      .Branch(done);
  ASSERT_EQ(code.position(), done);
  code.Block().Return({I(1)});
  Machine machine(MainOnly(code, "0i_i"));
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  EXPECT_EQ((*machine.Call({I32(10)}))[0].i32, 55);
  EXPECT_EQ((*machine.Call({I32(1)}))[0].i32, 1);
}

TEST(InterpreterTest, EndlessLoopEndsWithTheBudget) {
  Machine machine(MainOnly(Code().Block().U8(0x56).Branch(0), "0v_v"), 1000);
  EXPECT_EQ(machine.Call().error(), Status::kVmBudgetExhausted);
  EXPECT_NE(machine.runtime.failure().text().find("budget"), std::string_view::npos)
      << machine.runtime.failure().text();
  EXPECT_TRUE(machine.runtime.loaded());
}

// What computes counts too, lest a loop with a long body takes many times as long as a short one.
TEST(InterpreterTest, BudgetCountsComputingInstructions) {
  Code code;
  code.Block();
  for (int i = 0; i < 100; ++i) code.Op(0x22, {I(0), I(0), I(0)});
  code.Return();
  EXPECT_TRUE(Machine(MainOnly(code, "0v_v"), 102).Call().has_value());
  EXPECT_EQ(Machine(MainOnly(code, "0v_v"), 100).Call().error(), Status::kVmBudgetExhausted);
}

TEST(InterpreterTest, EndlessRecursionEndsWithTheDepth) {
  Machine machine(MainOnly(Code().Block().Call(0, {}, {}).Return(), "0v_v"));
  EXPECT_EQ(machine.Call().error(), Status::kVmCallTooDeep);
  EXPECT_EQ(machine.Call().error(), Status::kVmCallTooDeep);
}

TEST(InterpreterTest, CallsPassEveryKindByConvention) {
  ModuleSpec spec = MainOnly(
      Code().Block().Call(1, {I(0), I(2), I(4), R(0)}, {R(1), I(6), I(8)}).Return({I(6), I(8)}),
      "0iIf_Ii");
  // Arguments arrive left-aligned, the pair on an even slot: i at 0, I at 2, f at 4.
  spec.functions.push_back({Code().Block().Return({R(0), I(2), I(0)}), "0iIfr_rIi"});
  Machine machine(spec);
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  Value number = {};
  number.kind = ValueKind::kF32;
  number.f32 = 1.5f;
  const auto result = machine.Call({I32(-7), I64(0x123456789ABCDEF0), number});
  ASSERT_TRUE(result.has_value()) << machine.runtime.failure().text();
  EXPECT_EQ((*result)[0].i64, 0x123456789ABCDEF0);
  EXPECT_EQ((*result)[1].i32, -7);
}

// Compilers up to 3.4.0 put the i32 behind an i64 into the slot that the pair left free.
TEST(InterpreterTest, ArgumentsLieWhereTheCodeReadsThem) {
  constexpr uint32_t kExtend = 0x47, kAdd64 = 0x2A, kStoreI64 = 0x05, kConstI32Zero = 0x0C;
  struct Row {
    const char* what;
    std::string convention;
    Code code;
    std::vector<Value> arguments;
    int64_t expected;
  };
  const std::vector<Value> four = {I32(1), I64(100), I32(20), I64(3000)};
  const Row rows[] = {
      {"in order", "0iIiI_I",
       Code().Block().Op(kExtend, {I(4), I(8)}).Op(kAdd64, {I(8), I(6), I(8)}).Return({I(8)}), four,
       3020},
      {"hole filled", "0iIiI_I",
       Code().Block().Op(kExtend, {I(1), I(8)}).Op(kAdd64, {I(8), I(4), I(8)}).Return({I(8)}), four,
       3020},
      {"hole filled, the i32 is not used", "0iIiI_I",
       Code().Block().Op(kAdd64, {I(2), I(4), I(4)}).Return({I(4)}), four, 3100},
      {"in order, the hole is scratch", "0iIiI_I",
       Code()
           .Block()
           .Op(kConstI32Zero, {I(1)})
           .Op(kExtend, {I(1), I(8)})
           .Op(kAdd64, {I(8), I(6), I(8)})
           .Return({I(8)}),
       four, 3000},
      {"hole filled, read by a store", "0iIiI_I",
       Code().Block().U8(kStoreI64).U32(0).U16(I(4)).Op(kExtend, {I(1), I(4)}).Return({I(4)}), four,
       20},
  };
  for (const Row& row : rows) {
    ModuleSpec spec = MainOnly(row.code, row.convention);
    spec.global_bytes = 8;
    Machine machine(spec);
    ASSERT_EQ(machine.status, Status::kOk) << row.what << machine.runtime.failure().text();
    const auto main = machine.runtime.Find("main");
    ASSERT_EQ(machine.runtime.Invoke(*main, row.arguments), Status::kOk)
        << row.what << machine.runtime.failure().text();
    EXPECT_EQ(machine.runtime.results()[0].i64, row.expected) << row.what;
  }
}

TEST(InterpreterTest, InternalCallsFillTheHolesOfTheirCallee) {
  constexpr uint32_t kExtend = 0x47, kAdd64 = 0x2A;
  ModuleSpec spec =
      MainOnly(Code().Block().Call(1, {I(1), I(2), I(1), I(4)}, {I(6)}).Return({I(6)}), "0iIiI_I");
  spec.functions.push_back(
      {Code().Block().Op(kExtend, {I(1), I(8)}).Op(kAdd64, {I(8), I(4), I(8)}).Return({I(8)}),
       "0iIiI_I"});
  Machine machine(spec);
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  EXPECT_EQ((*machine.Call({I32(1), I64(100), I32(20), I64(3000)}))[0].i64, 3020);
}

TEST(InterpreterTest, OldInternalCallsCopySlotBySlot) {
  ModuleSpec spec = MainOnly(Code().Call(1, {I(0), I(1)}, {I(2)}).Return({I(2)}), "0ii_i");
  spec.bytecode_major = 13;
  spec.functions.push_back({Code().Op(0x23, {I(0), I(1), I(0)}).Return({I(0)}), ""});
  Machine machine(spec);
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  EXPECT_EQ((*machine.Call({I32(9), I32(4)}))[0].i32, 5);
}

TEST(InterpreterTest, BrTableTakesTheCaseOrTheDefault) {
  std::array<uint32_t, 3> starts = {};
  Code code;
  // Twice: the first time to measure where the blocks come to lie.
  for (int round = 0; round < 2; ++round) {
    code = Code();
    code.Block().U8(0x83).U16(I(0));
    code.Branch(starts[0], {}).U16(2).Branch(starts[1], {}).Branch(starts[2], {});
    for (size_t i = 0; i < starts.size(); ++i) {
      starts[i] = code.position();
      code.Block().ConstI32(static_cast<int32_t>(10 * i + 10), I(1)).Return({I(1)});
    }
  }
  Machine good(MainOnly(code, "0i_i"));
  ASSERT_EQ(good.status, Status::kOk) << good.runtime.failure().text();
  EXPECT_EQ((*good.Call({I32(0)}))[0].i32, 20);
  EXPECT_EQ((*good.Call({I32(1)}))[0].i32, 30);
  EXPECT_EQ((*good.Call({I32(2)}))[0].i32, 10);
  EXPECT_EQ((*good.Call({I32(-1)}))[0].i32, 10);
  Machine open(MainOnly(code.Block(), "0i_i"));
  EXPECT_EQ(open.status, Status::kVmInvalidBytecode);  // ends in a marker: runs past its end
}

TEST(InterpreterTest, GlobalsLastAndIndirectOnesAreChecked) {
  Code code;
  code.Block().U8(0x00).U32(4).U16(I(1));
  code.Op(0x22, {I(0), I(1), I(1)}).U8(0x01).U32(4).U16(I(1));
  code.ConstI32(4, I(2)).Op(0x02, {I(2), I(3)}).Return({I(3)});
  ModuleSpec spec = MainOnly(code, "0i_i");
  spec.global_bytes = 8;
  Machine machine(spec);
  EXPECT_EQ((*machine.Call({I32(5)}))[0].i32, 5);
  EXPECT_EQ((*machine.Call({I32(6)}))[0].i32, 11);

  for (const int32_t offset : {8, 2, -4}) {
    Code bad;
    bad.Block().ConstI32(offset, I(0)).Op(0x02, {I(0), I(1)}).Return();
    spec.functions[0] = {bad, "0v_v"};
    Machine checked(spec);
    EXPECT_EQ(checked.Call().error(), Status::kOutOfBounds) << offset;
  }
  Code ref;
  ref.Block().ConstI32(0, I(0)).U8(0x0A).U16(I(0)).U32(0).U16(R(0)).Return();
  spec.functions[0] = {ref, "0v_v"};
  Machine no_refs(spec);
  EXPECT_EQ(no_refs.Call().error(), Status::kOutOfBounds);
}

TEST(InterpreterTest, ListsGrowConvertAndCheck) {
  Code code;
  code.Block().ConstI32(1, I(0)).ConstI32(3, I(1)).ConstI32(2, I(2)).ConstI32(-9, I(3));
  code.U8(0x12).U32(0).U16(I(0)).U16(R(0));            // alloc
  code.Op(0x15, {R(0), I(1)});                         // resize to 3
  code.Op(0x17, {R(0), I(2), I(3)});                   // [2] = -9 (i32)
  code.Op(0x18, {R(0), I(2), I(4)});                   // read as i64
  code.Op(0x14, {R(0), I(6)});                         // size
  code.Op(0x1B, {R(0), I(0), R(0)});                   // [1] = the list itself
  code.U8(0x1A).U16(R(0)).U16(I(0)).U32(0).U16(R(1));  // and back
  code.Op(0x53, {R(0), R(1), I(7)});                   // the same object
  code.Return({I(4), I(6), I(7)});
  Machine machine(MainOnly(code, "0v_Iii"));
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  const auto result = machine.Call();
  ASSERT_TRUE(result.has_value()) << machine.runtime.failure().text();
  EXPECT_EQ((*result)[0].i64, -9);
  EXPECT_EQ((*result)[1].i32, 3);
  EXPECT_EQ((*result)[2].i32, 1);

  Machine null(MainOnly(Code().Block().Op(0x14, {R(0), I(0)}).Return(), "0v_v"));
  EXPECT_EQ(null.Call().error(), Status::kVmNullReference);
  Machine range(MainOnly(
      Code().Block().U8(0x12).U32(0).U16(I(0)).U16(R(0)).Op(0x16, {R(0), I(0), I(1)}).Return(),
      "0v_v"));
  EXPECT_EQ(range.Call().error(), Status::kOutOfBounds);
}

TEST(InterpreterTest, DeepListsEndWithoutRecursion) {
  // A list in a list in a list …: destroying the outermost must not need stack for each.
  Code code;
  code.Block().ConstI32(1, I(1)).ConstI32(0, I(2));
  Code measured = code;
  measured.U8(0x56).Branch(0);
  const uint32_t loop = measured.position();
  code.U8(0x56).Branch(loop);
  const auto body = [&](Code& out, uint32_t done) {
    out.Block().U8(0x12).U32(0).U16(I(1)).U16(R(1)).Op(0x15, {R(1), I(1)});
    out.Op(0x1B, {R(1), I(2), R(0)}).Op(0x23, {I(0), I(1), I(0)}).Op(0x4D, {I(0), I(3)});
    out.U8(0x57).U16(I(3)).Branch(loop, {R(1), R(0)}).Branch(done);
  };
  Code second = code;
  body(second, 0);
  body(code, second.position());
  code.Block().Return();
  Aligned file(Build(MainOnly(code, "0i_v")));
  Aligned arena(size_t{32} << 20);
  Runtime runtime;
  ASSERT_EQ(runtime.Load(file.bytes(), arena.bytes()), Status::kOk) << runtime.failure().text();
  const Value depth = I32(100'000);
  EXPECT_EQ(runtime.Invoke(*runtime.Find("main"), {&depth, 1}), Status::kOk)
      << runtime.failure().text();
}

TEST(InterpreterTest, BuffersCheckBoundsAndConstants) {
  Code code;
  code.Block().ConstI64(16, I(0)).ConstI64(1, I(2)).ConstI64(3, I(4)).ConstI32(-2, I(6));
  code.ConstI32(16, I(7)).U8(0x6C).U16(I(0)).U16(I(7)).U16(R(0));  // alloc 16
  code.Op(0x6A, {R(0), I(2), I(6)});                               // i32 element 1 = -2
  code.Op(0x65, {R(0), I(4), I(8)});                               // i16 element 3, signed
  code.Op(0x73, {R(0), I(4), I(2), I(7)});                         // i32 element 3 = 16
  code.Op(0x66, {R(0), I(4), I(9)});
  code.Return({I(8), I(9)});
  ModuleSpec spec = MainOnly(code, "0v_ii");
  Machine machine(spec);
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  const auto result = machine.Call();
  ASSERT_TRUE(result.has_value()) << machine.runtime.failure().text();
  EXPECT_EQ((*result)[0].i32, -1);
  EXPECT_EQ((*result)[1].i32, 16);

  struct Bad {
    Code code;
    Status status;
  };
  const auto with_rodata = [](Code tail) {
    Code out;
    out.Block().U8(0x11).U32(0).U16(R(0)).ConstI64(1, I(0)).ConstI64(-1, I(2));
    Code joined = out;
    for (const uint8_t byte : tail.bytes()) joined.U8(byte);
    joined.Return();
    return joined;
  };
  const Bad bad[] = {
      {with_rodata(Code().Op(0x6A, {R(0), I(0), I(4)})), Status::kVmReadOnly},
      {with_rodata(Code().Op(0x66, {R(0), I(0), I(4)})), Status::kOutOfBounds},
      {with_rodata(Code().Op(0x62, {R(0), I(2), I(4)})), Status::kOutOfBounds},
      {with_rodata(Code().Op(0x62, {R(1), I(0), I(4)})), Status::kVmNullReference},
      {with_rodata(Code().Op(0x71, {R(0), I(0), I(2), I(4)})), Status::kVmReadOnly},
      {with_rodata(Code().Op(0x6F, {R(0), I(0), R(0), I(0), I(2)})), Status::kOutOfBounds},
      {with_rodata(Code().U8(0x6C).U16(I(2)).U16(I(4)).U16(R(1))), Status::kOutOfMemory},
  };
  for (const Bad& row : bad) {
    ModuleSpec broken = MainOnly(row.code, "0v_v");
    broken.rodata.push_back({1, 2, 3, 4});
    Machine checked(broken);
    ASSERT_EQ(checked.status, Status::kOk) << checked.runtime.failure().text();
    EXPECT_EQ(checked.Call().error(), row.status);
  }
}

TEST(InterpreterTest, FillCountsBytesInTheOldestVersion) {
  for (const uint32_t major : {13u, 15u}) {
    Code code;
    if (major > 13) code.Block();
    code.ConstI64(8, I(0)).ConstI64(0, I(2)).ConstI64(4, I(4)).ConstI32(0x0101, I(6));
    code.U8(0x6C).U16(I(0));
    if (major > 13) code.U16(I(7));
    code.U16(R(0)).Op(0x72, {R(0), I(2), I(4), I(6)});
    code.Op(0x67, {R(0), I(2), I(8)}).Return({I(8)});
    ModuleSpec spec = MainOnly(code, "0v_I");
    spec.bytecode_major = major;
    Machine machine(spec);
    ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
    EXPECT_EQ((*machine.Call())[0].i64, major == 13 ? 0x01010101 : 0x0101010101010101);
  }
}

TEST(InterpreterTest, FailReportsTheMessageOfTheModel) {
  Machine machine(
      MainOnly(Code().Block().ConstI32(9, I(0)).U8(0x5B).U16(I(0)).Text("no such shape"), "0v_v"));
  EXPECT_EQ(machine.Call().error(), Status::kVmFailed);
  EXPECT_EQ(machine.runtime.failure().text(), "model failed: no such shape (IREE status 9)");
}

TEST(InterpreterTest, YieldableCallsContinueAtTheirBlock) {
  const auto make = [](uint32_t target) {
    Code code;
    code.Block().ConstI32(-1, I(0)).ConstI64(0, I(2));
    code.U8(0x88).U32(ImportOrdinal(0)).List({0xFFFF, 0xFFFF, 1}).List({I(0), I(2), R(0)});
    code.U32(target).List({I(1)});
    return code;
  };
  Code code = make(make(0).position());
  code.Block().Return({I(1)});
  ModuleSpec spec = MainOnly(code, "0v_i");
  spec.bytecode_major = 17;
  spec.imports.push_back({"hal.fence.await", "0iICrD_i"});
  Machine machine(spec);
  ASSERT_EQ(machine.status, Status::kOk) << machine.runtime.failure().text();
  EXPECT_EQ((*machine.Call())[0].i32, 0);
}

TEST(InterpreterTest, OptionalImportsAreAskedForAndRefusedWhenCalled) {
  ModuleSpec spec = MainOnly(Code()
                                 .Block()
                                 .U8(0x5C)
                                 .U32(ImportOrdinal(0))
                                 .U16(I(0))
                                 .U8(0x5C)
                                 .U32(ImportOrdinal(1))
                                 .U16(I(1))
                                 .Return({I(0), I(1)}),
                             "0v_ii");
  spec.imports.push_back({"other.thing", "0v_v", true});
  spec.imports.push_back({"hal.fence.query", "0r_i", true});
  Machine machine(spec);
  const auto result = machine.Call();
  ASSERT_TRUE(result.has_value()) << machine.runtime.failure().text();
  EXPECT_EQ((*result)[0].i32, 0);
  EXPECT_EQ((*result)[1].i32, 1);
  spec.functions[0] = {Code().Block().Call(ImportOrdinal(0), {}, {}).Return(), "0v_v"};
  Machine calls(spec);
  EXPECT_EQ(calls.Call().error(), Status::kVmUnknownImport);
}

TEST(InterpreterTest, ArgumentsMustFitTheConvention) {
  Machine machine(MainOnly(Code().Block().Return({I(0)}), "0i_i"));
  EXPECT_EQ(machine.Call().error(), Status::kVmSignatureMismatch);
  EXPECT_EQ(machine.Call({I64(1)}).error(), Status::kVmSignatureMismatch);
  EXPECT_EQ(machine.Call({I32(1), I32(2)}).error(), Status::kVmSignatureMismatch);
  EXPECT_TRUE(machine.Call({I32(1)}).has_value());
}

}  // namespace
}  // namespace runtime
