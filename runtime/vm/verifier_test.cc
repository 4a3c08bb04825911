// SPDX-License-Identifier: Apache-2.0

// One broken module per rule of the verifier, each a good one with one thing wrong.
#include <string>
#include <string_view>

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

Status LoadStatus(const ModuleSpec& spec, std::string& text) {
  Aligned file(Build(spec));
  Aligned arena(size_t{1} << 18);
  Runtime runtime;
  const Status status =
      runtime.Load(file.bytes(), arena.bytes(), {.kernel_mode = KernelMode::kSkip});
  text = runtime.failure().text();
  return status;
}

struct Row {
  const char* name;
  Code code;
  const char* convention = "0v_v";
  Status status = Status::kVmInvalidBytecode;
  const char* words = "";
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

// Surroundings that every row may use: 16 value and 8 reference registers, 16 bytes of globals, two
// global references, one rodata segment, two imports and a second function 0iI_I.
ModuleSpec Surroundings(const Row& row, uint32_t major) {
  ModuleSpec spec = MainOnly(row.code, row.convention);
  spec.bytecode_major = major;
  spec.functions.push_back({Code().Block().Return({I(2)}), "0iI_I"});
  spec.imports.push_back({"hal.fence.query", "0r_i"});
  spec.imports.push_back({"hal.fence.join", "0CrD_r"});
  spec.rodata.push_back({1});
  spec.global_bytes = 16;
  spec.global_refs = 2;
  return spec;
}

class VerifierTest : public ::testing::TestWithParam<Row> {};

TEST_P(VerifierTest, Refuses) {
  std::string text;
  EXPECT_EQ(LoadStatus(Surroundings(GetParam(), 15), text), GetParam().status) << text;
  EXPECT_NE(text.find(GetParam().words), std::string::npos) << text;
}

const Row kRows[] = {
    {"EmptyBlockOnly", Code().Block(), "0v_v", Status::kVmInvalidBytecode, "past its end"},
    {"NoTerminator", Code().Block().ConstI32(1, I(0)), "0v_v", Status::kVmInvalidBytecode,
     "past its end"},
    {"UnknownOpcode", Code().Block().U8(0x8F).Return(), "0v_v", Status::kVmUnknownOpcode, "0x8F"},
    {"UnknownF32Opcode", Code().Block().U8(0xE0).U8(0x60).Return(), "0v_v",
     Status::kVmUnknownOpcode, "0x60"},
    {"F32OpcodeThatWouldWrap", Code().Block().U8(0xE0).U8(0xF0).Return(), "0v_v",
     Status::kVmUnknownOpcode, "0xF0"},
    {"F64", Code().Block().U8(0xE1).U8(0x0A).Return(), "0v_v", Status::kVmUnknownOpcode, "f64"},
    {"RefusedByName", Code().Block().Op(0x1F).Return(), "0v_v", Status::kVmUnknownOpcode,
     "switch.i32"},
    {"OpcodeOfALaterVersion", Code().Block().U8(0x85).List({}).Return(), "0v_v",
     Status::kVmUnknownOpcode, "0x85"},
    {"CutOff", Code().Block().U8(0x22).U16(0), "0v_v", Status::kVmInvalidBytecode, "cut off"},
    {"ValueRegisterTooHigh", Code().Block().Op(0x22, {I(0), I(16), I(0)}).Return()},
    {"RefWhereValue", Code().Block().Op(0x22, {I(0), R(0), I(0)}).Return()},
    {"ValueWhereRef", Code().Block().Op(0x10, {I(0)}).Return()},
    {"RefRegisterTooHigh", Code().Block().Op(0x10, {R(8)}).Return()},
    {"OddPair", Code().Block().Op(0x2A, {I(0), I(3), I(0)}).Return()},
    {"PairPastTheEnd", Code().Block().ConstI64(1, I(16)).Return()},
    {"GlobalTooHigh", Code().Block().U8(0x00).U32(16).U16(I(0)).Return()},
    {"GlobalMisaligned", Code().Block().U8(0x00).U32(2).U16(I(0)).Return()},
    {"WideGlobalTooHigh", Code().Block().U8(0x04).U32(16).U16(I(0)).Return()},
    {"GlobalOffsetWraps", Code().Block().U8(0x00).U32(0xFFFFFFFC).U16(I(0)).Return()},
    {"GlobalRefTooHigh", Code().Block().U8(0x08).U32(2).U32(0).U16(R(0)).Return()},
    {"TypeTooHigh", Code().Block().U8(0x08).U32(0).U32(1).U16(R(0)).Return()},
    {"RodataTooHigh", Code().Block().U8(0x11).U32(1).U16(R(0)).Return()},
    {"BranchOut", Code().Block().U8(0x56).Branch(1000), "0v_v", Status::kVmInvalidBytecode,
     "leaves the function"},
    {"BranchBehindMarker", Code().Block().U8(0x56).Branch(1), "0v_v", Status::kVmInvalidBytecode,
     "middle"},
    {"BranchIntoOperand", Code().Block().ConstI32(0x79797979, I(0)).U8(0x56).Branch(3), "0v_v",
     Status::kVmInvalidBytecode, "middle"},
    {"RemapMixesBanks", Code().Block().U8(0x56).Branch(0, {I(0), R(0)})},
    {"RemapTooHigh", Code().Block().U8(0x56).Branch(0, {I(0), I(16)})},
    {"RemapListTooLong", Code().Block().U8(0x56).U32(0).U16(0x7000)},
    {"BrTableCutOff", Code().Block().U8(0x83).U16(I(0)).Branch(0).U16(3).Branch(0), "0v_v",
     Status::kVmInvalidBytecode, ""},
    {"ReturnTooFew", Code().Block().Return(), "0v_i"},
    {"ReturnTooMany", Code().Block().Return({I(0), I(1)}), "0v_i"},
    {"ReturnWrongBank", Code().Block().Return({R(0)}), "0v_i"},
    {"ReturnOddPair", Code().Block().Return({I(1)}), "0v_I"},
    {"CallUnknownFunction", Code().Block().Call(2, {}, {}).Return()},
    {"CallUnknownImport", Code().Block().Call(ImportOrdinal(2), {}, {}).Return()},
    {"CallTooFewArguments", Code().Block().Call(1, {I(0)}, {I(2)}).Return()},
    {"CallOddPair", Code().Block().Call(1, {I(0), I(1)}, {I(2)}).Return()},
    {"CallNoResult", Code().Block().Call(1, {I(0), I(2)}, {}).Return()},
    {"ImportWrongBank", Code().Block().Call(ImportOrdinal(0), {I(0)}, {I(0)}).Return()},
    {"ImportTooManyArguments",
     Code().Block().Call(ImportOrdinal(0), {R(0), R(0)}, {I(0)}).Return()},
    {"ImportNoResult", Code().Block().Call(ImportOrdinal(0), {R(0)}, {}).Return()},
    {"VariadicImportCalledPlainly", Code().Block().Call(ImportOrdinal(1), {R(0)}, {R(0)}).Return()},
    {"PlainImportCalledVariadic",
     Code().Block().CallVariadic(ImportOrdinal(0), {0xFFFF}, {R(0)}, {I(0)}).Return()},
    {"VariadicInternal", Code().Block().CallVariadic(1, {0xFFFF, 0xFFFF}, {I(0), I(2)}, {I(2)})},
    {"SegmentsMissing", Code().Block().CallVariadic(ImportOrdinal(1), {}, {R(0)}, {R(0)}).Return()},
    {"SegmentsTooMany",
     Code().Block().CallVariadic(ImportOrdinal(1), {1, 1}, {R(0)}, {R(0)}).Return()},
    {"SegmentMarksSpanAsPlain",
     Code().Block().CallVariadic(ImportOrdinal(1), {0xFFFF}, {R(0)}, {R(0)}).Return()},
    {"SegmentLongerThanArguments",
     Code().Block().CallVariadic(ImportOrdinal(1), {2}, {R(0)}, {R(0)}).Return()},
    {"SegmentShorterThanArguments",
     Code().Block().CallVariadic(ImportOrdinal(1), {1}, {R(0), R(0)}, {R(0)}).Return()},
    {"FailTextTooLong", Code().Block().U8(0x5B).U16(I(0)).U16(0xFFFF)},
    {"ImportResolvedOfInternal", Code().Block().U8(0x5C).U32(0).U16(I(0)).Return()},
    {"BadConvention", Code().Block().Return(), "0q_v"},
    {"ConventionWithF64", Code().Block().Return(), "0F_v"},
    {"ConventionWithoutResults", Code().Block().Return(), "0i"},
    {"SpanInFunction", Code().Block().Return(), "0CiD_v"},
};

INSTANTIATE_TEST_SUITE_P(Rules, VerifierTest, ::testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(VerifierTest, TheSurroundingsAreGood) {
  std::string text;
  const Row row = {"Good", Code().Block().Call(1, {I(0), I(2)}, {I(4)}).Return()};
  EXPECT_EQ(LoadStatus(Surroundings(row, 15), text), Status::kOk) << text;
}

TEST(VerifierTest, OldestVersionNeedsNoMarkersAndAllowsPadding) {
  std::string text;
  Row row = {"Old", Code().U8(0x56).Branch(8).Return()};
  row.code.U8(0).U8(0).U8(0);
  ModuleSpec spec = Surroundings(row, 13);
  spec.functions[1].code = Code().Return({I(2)});
  EXPECT_EQ(LoadStatus(spec, text), Status::kOk) << text;
  spec.functions[0].code.U8(1);
  EXPECT_NE(LoadStatus(spec, text), Status::kOk);
}

TEST(VerifierTest, NamesTheUnknownImportAndItsConvention) {
  ModuleSpec spec = MainOnly(Code().Block().Return(), "0v_v");
  spec.imports.push_back({"hal.device.allocator", "0rr_r"});
  std::string text;
  EXPECT_EQ(LoadStatus(spec, text), Status::kVmUnknownImport);
  EXPECT_NE(text.find("hal.device.allocator 0rr_r"), std::string::npos) << text;
  spec.imports[0].optional = true;
  EXPECT_EQ(LoadStatus(spec, text), Status::kOk) << text;
}

TEST(VerifierTest, RefusesMoreRegistersThanCellsCanName) {
  ModuleSpec spec = MainOnly(Code().Block().Return(), "0v_v");
  spec.functions[0].value_registers = 0x7FFF;
  std::string text;
  EXPECT_EQ(LoadStatus(spec, text), Status::kVmTooBig);
}

// The first function does not even have room for its blocks, when it is read for its arguments'
// places.
TEST(VerifierTest, RefusesAFunctionThatLeavesNoRoom) {
  Code code;
  for (int i = 0; i < 200'000; ++i) code.Block();
  std::string text;
  EXPECT_EQ(LoadStatus(MainOnly(code.Return(), "0iIiI_v"), text), Status::kOutOfMemory);
}

TEST(VerifierTest, OnlyRefusedOpcodesHaveANameInTheProgram) {
  size_t refused = 0;
  for (size_t number = 0; number < kOpcodeRows.size(); ++number) {
    const OpcodeRow& row = kOpcodeRows[number];
    if (row.first_version == OpcodeRow::kUnknown) continue;
    const std::string_view letters = OperandLetters(row.shape);
    const bool is_refused = letters.starts_with('!');
    EXPECT_EQ(letters.find_first_of("._") != std::string_view::npos, is_refused) << number;
    refused += is_refused ? 1 : 0;
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace runtime
