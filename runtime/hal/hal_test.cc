// SPDX-License-Identifier: Apache-2.0

// The import table as a whole, and what its functions do, called from small modules.
#include <cstring>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "runtime/hal/import_table.h"
#include "runtime/runtime.h"
#include "runtime/testing/elf_builder.h"
#include "runtime/testing/module_builder.h"
#include "runtime/vm/call_signature.h"

namespace runtime {
namespace {

using base::Status;
using testing::Aligned;
using testing::Build;
using testing::BuildElf;
using testing::Code;
using testing::I;
using testing::ImportOrdinal;
using testing::MainOnly;
using testing::ModuleSpec;
using testing::R;

// What a module would write: rows use other letters than r for references with a rule.
std::string Plain(const char* convention) {
  std::string plain = convention;
  for (char& c : plain) {
    if (c >= 'a' && c != 'i' && c != 'f' && c != 'v') c = 'r';
  }
  return plain;
}

TEST(ImportTableTest, EveryRowIsWellFormedAndFound) {
  std::set<std::string> seen;
  for (const ImportDeclaration& row : ImportDeclarations()) {
    const std::string plain = Plain(row.convention);
    SCOPED_TRACE(std::string(row.name) + " " + plain);
    EXPECT_TRUE(seen.insert(row.name + plain).second) << "two rows for one signature";
    const ImportRow* found = kHalImports.find(row.name, plain);
    ASSERT_NE(found, nullptr);
    EXPECT_STREQ(kHalImports.conventions + found->convention, row.convention + 1);
    EXPECT_EQ(kHalImports.functions[found->function], row.function);
    EXPECT_EQ(found->shift, row.shift);
    CallSignature signature;
    ASSERT_TRUE(signature.Parse(plain));
    EXPECT_LE(signature.results.size(), kMaxImportResults);
    EXPECT_LE(std::count(plain.begin(), plain.end(), 'C'), ptrdiff_t{kMaxImportSpans});
    for (const char* c = row.convention; *c != '\0'; ++c) {
      if (*c >= 'a' && *c != 'i' && *c != 'f' && *c != 'v' && *c != 'r') {
        EXPECT_NE(kHalImports.rules[*c - 'a'].type, nullptr) << *c;
      }
    }
    EXPECT_EQ(kHalImports.find(row.name, plain + "r"), nullptr);
    EXPECT_EQ(kHalImports.find(std::string(row.name) + "x", plain), nullptr);
    EXPECT_EQ(kHalImports.find(row.name, plain.substr(0, plain.size() - 1)), nullptr);
  }
  // The letters of rules are not for modules.
  EXPECT_EQ(kHalImports.find("hal.buffer.length", "0b_I"), nullptr);
}

// A module whose imports are added as its code names them.
class Program {
 public:
  uint16_t Import(const std::string& name, const std::string& convention) {
    spec.imports.push_back({name, convention});
    return static_cast<uint16_t>(spec.imports.size() - 1);
  }
  Program& Call(const std::string& name, const std::string& convention,
                std::initializer_list<uint16_t> arguments, std::initializer_list<uint16_t> into) {
    code.Call(ImportOrdinal(Import(name, convention)), arguments, into);
    return *this;
  }
  Program& CallVariadic(const std::string& name, const std::string& convention,
                        std::initializer_list<uint16_t> segments,
                        std::initializer_list<uint16_t> arguments,
                        std::initializer_list<uint16_t> into) {
    code.CallVariadic(ImportOrdinal(Import(name, convention)), segments, arguments, into);
    return *this;
  }
  // `convention` is main's.
  Status Run(const std::string& convention, std::initializer_list<uint16_t> returns,
             std::vector<Value> arguments = {}) {
    code.Return(returns);
    ModuleSpec main = MainOnly(code, convention);
    main.imports = spec.imports;
    main.rodata = spec.rodata;
    file_ = std::make_unique<Aligned>(Build(main));
    const Status loaded =
        runtime.Load(file_->bytes(), arena_.bytes(), {.kernel_mode = KernelMode::kSkip});
    EXPECT_EQ(loaded, Status::kOk) << runtime.failure().text();
    if (loaded != Status::kOk) return loaded;
    const Status called = runtime.Invoke(*runtime.Find("main"), arguments);
    results = runtime.results();
    return called;
  }

  Code code = Code().Block();
  ModuleSpec spec;
  std::span<const Value> results;

 private:
  std::unique_ptr<Aligned> file_;
  Aligned arena_{size_t{1} << 20};

 public:
  Runtime runtime;  // after its memory
};

Value FloatTensor(std::vector<float>& data, uint32_t rows) {
  Value value = {};
  value.kind = ValueKind::kTensor;
  value.tensor.type = kFloat32;
  value.tensor.rank = 2;
  value.tensor.dims = {rows, static_cast<uint32_t>(data.size()) / rows};
  value.tensor.data = reinterpret_cast<uint8_t*>(data.data());
  value.tensor.size_bytes = data.size() * sizeof(float);
  return value;
}

// R0 = a buffer of I0 bytes.
void Allocate(Program& program, int64_t size) {
  program.code.ConstI64(size, I(0));
  program.Call("hal.allocator.allocate", "0riiI_r", {R(7), I(2), I(2), I(0)}, {R(0)});
}

TEST(HalTest, BuffersStoreLoadAndCheck) {
  Program good;
  Allocate(good, 16);
  good.code.ConstI64(12, I(4)).ConstI32(-5, I(6)).ConstI32(4, I(7));
  good.Call("hal.buffer.store", "0irIi_v", {I(6), R(0), I(4), I(7)}, {});
  good.Call("hal.buffer.load", "0rIi_i", {R(0), I(4), I(7)}, {I(8)});
  EXPECT_EQ(good.Run("0v_i", {I(8)}), Status::kOk) << good.runtime.failure().text();
  EXPECT_EQ(good.results[0].i32, -5);

  struct Row {
    int64_t offset;
    int32_t size;
    Status status;
  };
  for (const Row& row :
       {Row{13, 4, Status::kOutOfBounds}, Row{-1, 4, Status::kOutOfBounds},
        Row{0, 5, Status::kHalInvalidArgument}, Row{0, 0, Status::kHalInvalidArgument}}) {
    Program bad;
    Allocate(bad, 16);
    bad.code.ConstI64(row.offset, I(4)).ConstI32(row.size, I(7));
    bad.Call("hal.buffer.load", "0rIi_i", {R(0), I(4), I(7)}, {I(8)});
    EXPECT_EQ(bad.Run("0v_v", {}), row.status) << bad.runtime.failure().text();
    EXPECT_NE(bad.runtime.failure().text().find("hal.buffer.load"), std::string_view::npos);
  }
}

TEST(HalTest, ReferencesAreCheckedBeforeTheCall) {
  Program null;
  null.Call("hal.buffer.length", "0r_I", {R(0)}, {I(0)});
  EXPECT_EQ(null.Run("0v_v", {}), Status::kVmNullReference);
  Program wrong;
  wrong.Call("hal.ex.shared_device", "0v_r", {}, {R(0)});
  wrong.Call("hal.buffer.length", "0r_I", {R(0)}, {I(0)});
  EXPECT_EQ(wrong.Run("0v_v", {}), Status::kVmWrongType);
}

TEST(HalTest, AMovedArgumentMayBeReplacedByTheResult) {
  Program program;
  Allocate(program, 64);
  program.code.ConstI64(16, I(4)).ConstI64(32, I(6));
  program.Call("hal.buffer.subspan", "0rII_r", {R(0, true), I(4), I(6)}, {R(0)});
  program.Call("hal.buffer.length", "0r_I", {R(0)}, {I(8)});
  EXPECT_EQ(program.Run("0v_I", {I(8)}), Status::kOk) << program.runtime.failure().text();
  EXPECT_EQ(program.results[0].i64, 32);
  program.runtime.ReleaseResults();
  const Statistics statistics = program.runtime.statistics();
  EXPECT_EQ(statistics.device_bytes_allocated, statistics.device_bytes_freed);
}

TEST(HalTest, DeallocatedStorageIsRefusedNotReached) {
  Program program;
  Allocate(program, 64);
  program.code.ConstI64(0, I(4)).ConstI64(32, I(6)).ConstI32(4, I(8));
  program.Call("hal.buffer.subspan", "0rII_r", {R(0), I(4), I(6)}, {R(1)});
  program.Call("hal.device.queue.dealloca", "0rIrrr_v", {R(7), I(4), R(7), R(7), R(0)}, {});
  program.Call("hal.buffer.load", "0rIi_i", {R(1), I(4), I(8)}, {I(9)});
  EXPECT_EQ(program.Run("0v_v", {}), Status::kHalBufferReleased);
}

TEST(HalTest, ConstantsAreAliasedAndStayConstant) {
  Program program;
  program.spec.rodata.push_back({1, 2, 3, 4, 5, 6, 7, 8});
  program.code.U8(0x11).U32(0).U16(R(1)).ConstI64(4, I(4)).ConstI64(-1, I(6));
  program.Call("hal.allocator.import", "0riIiirII_r",
               {R(7), I(0), I(2), I(0), I(0), R(1), I(4), I(6)}, {R(0)});
  program.Call("hal.buffer.length", "0r_I", {R(0)}, {I(8)});
  program.code.ConstI64(0, I(10)).ConstI32(4, I(12));
  program.Call("hal.buffer.load", "0rIi_i", {R(0), I(10), I(12)}, {I(13)});
  EXPECT_EQ(program.Run("0v_Ii", {I(8), I(13)}), Status::kOk) << program.runtime.failure().text();
  EXPECT_EQ(program.results[0].i64, 4);
  EXPECT_EQ(program.results[1].i32, 0x08070605);

  Program writes;
  writes.spec.rodata.push_back({1, 2, 3, 4});
  writes.code.U8(0x11).U32(0).U16(R(1)).ConstI64(0, I(4)).ConstI64(-1, I(6)).ConstI32(1, I(8));
  writes.Call("hal.allocator.map.byte_buffer", "0riiirII_r",
              {R(7), I(0), I(0), I(0), R(1), I(4), I(6)}, {R(0)});
  writes.Call("hal.buffer.store", "0irIi_v", {I(8), R(0), I(4), I(8)}, {});
  EXPECT_EQ(writes.Run("0v_v", {}), Status::kVmReadOnly);
}

TEST(HalTest, ViewsCarryTypeAndShape) {
  std::vector<float> data = {1, 2, 3, 4, 5, 6};
  Program program;
  program.code.ConstI32(1, I(0));
  program.Call("hal.buffer_view.dim", "0ri_I", {R(0), I(0)}, {I(2)});
  program.Call("hal.buffer_view.rank", "0r_i", {R(0)}, {I(4)});
  program.Call("hal.buffer_view.element_type", "0r_i", {R(0)}, {I(5)});
  program.Call("hal.buffer_view.buffer", "0r_r", {R(0)}, {R(1)});
  program.code.ConstI64(8, I(6)).ConstI64(16, I(8)).ConstI64(2, I(10)).ConstI32(1, I(12));
  program.CallVariadic("hal.buffer_view.create", "0rIIiiCID_r",
                       {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2},
                       {R(1), I(6), I(8), I(5), I(12), I(10), I(10)}, {R(2)});
  ASSERT_EQ(program.Run("0r_Iir", {I(2), I(4), R(2)}, {FloatTensor(data, 2)}), Status::kOk)
      << program.runtime.failure().text();
  EXPECT_EQ(program.results[0].i64, 3);
  EXPECT_EQ(program.results[1].i32, 2);
  const Tensor& tensor = program.results[2].tensor;
  EXPECT_EQ(tensor.type, kFloat32);
  ASSERT_EQ(tensor.size_bytes, 16u);
  // The loan of the argument ended: the result is a copy.
  EXPECT_NE(tensor.data, reinterpret_cast<uint8_t*>(data.data() + 2));
  EXPECT_EQ(std::memcmp(tensor.data, data.data() + 2, 16), 0);
}

TEST(HalTest, AssertComparesTypeAndShape) {
  struct Row {
    uint32_t type;
    std::vector<int64_t> dims;
    const char* words;  // nullptr: accepted
  };
  const Row rows[] = {
      {0x21000020, {2, 3}, nullptr},
      {0x00000020, {2, 3}, nullptr},
      {0x10000020, {2, 3}, "element type"},
      {0x21000020, {3, 2}, "dimension"},
      {0x21000020, {6}, "rank"},
  };
  for (const Row& row : rows) {
    std::vector<float> data = {1, 2, 3, 4, 5, 6};
    Program program;
    program.spec.rodata.push_back({'i', 'n', 'p', 'u', 't'});
    program.code.U8(0x11).U32(0).U16(R(1)).ConstI32(static_cast<int32_t>(row.type), I(0));
    program.code.ConstI64(row.dims[0], I(2)).ConstI64(row.dims.back(), I(4));
    if (row.dims.size() == 1) {
      program.CallVariadic("hal.buffer_view.assert", "0rriiCID_v",
                           {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1}, {R(0), R(1), I(0), I(1), I(2)}, {});
    } else {
      program.CallVariadic("hal.buffer_view.assert", "0rriiCID_v",
                           {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2},
                           {R(0), R(1), I(0), I(1), I(2), I(4)}, {});
    }
    const Status status = program.Run("0r_v", {}, {FloatTensor(data, 2)});
    EXPECT_EQ(status, row.words == nullptr ? Status::kOk : Status::kHalShapeMismatch);
    if (row.words == nullptr) {
      // The same constants are what Describe finds.
      FunctionInfo info;
      ASSERT_EQ(program.runtime.Describe(*program.runtime.Find("main"), info), Status::kOk);
      EXPECT_EQ(info.arguments[0].type.code, row.type);
      EXPECT_EQ(info.arguments[0].dims[1], 3u);
    } else {
      EXPECT_NE(program.runtime.failure().text().find(row.words), std::string_view::npos)
          << program.runtime.failure().text();
      EXPECT_NE(program.runtime.failure().text().find("input"), std::string_view::npos);
    }
  }
}

TEST(HalTest, DeviceQueriesAnswerWhatIsKnown) {
  struct Row {
    const char* category;
    const char* key;
    int expected;
  };
  const Row rows[] = {
      {"hal.executable.format", "embedded-elf-riscv_32", 1},
      {"hal.executable.format", "embedded-elf-arm_64", 0},
      {"hal.device.id", "local*", 1},
      {"hal.device.id", "*ca?", 1},
      {"hal.device.id", "vulkan*", 0},
      {"hal.dispatch", "concurrency", 1},
      {"hal.cpu", "avx", 0},
  };
  for (const Row& row : rows) {
    Program program;
    for (const char* text : {row.category, row.key}) {
      program.spec.rodata.emplace_back(text, text + std::strlen(text));
    }
    program.code.U8(0x11).U32(0).U16(R(0)).U8(0x11).U32(1).U16(R(1));
    program.Call("hal.device.query.i64", "0rrr_iI", {R(2), R(0), R(1)}, {I(0), I(2)});
    ASSERT_EQ(program.Run("0v_iI", {I(0), I(2)}), Status::kOk);
    EXPECT_EQ(program.results[0].i32, row.expected) << row.category << " " << row.key;
    EXPECT_EQ(program.results[1].i64, row.expected) << row.category << " " << row.key;
  }
}

// R0 is a command buffer of `mode`, R1 a buffer of 64 bytes that a fill of the first 16 goes to.
void RecordFill(Program& program, int32_t mode) {
  Allocate(program, 64);
  program.code.U8(0x1E).U16(I(2)).U32(0).U16(R(0)).U16(R(0)).U16(R(1));  // select.ref: R1 = R0
  program.code.ConstI32(mode, I(2)).ConstI32(0, I(3)).ConstI64(0, I(4)).ConstI64(16, I(6));
  program.code.ConstI32(0x01020304, I(8)).ConstI32(4, I(9));
  program.Call("hal.command_buffer.create", "0riii_r", {R(7), I(2), I(3), I(3)}, {R(0)});
  program.Call("hal.command_buffer.fill_buffer", "0rrIIii_v", {R(0), R(1), I(4), I(6), I(8), I(9)},
               {});
  program.Call("hal.command_buffer.finalize", "0r_v", {R(0)}, {});
}

TEST(HalTest, CommandsOfTheOldApiRunAsTheyCome) {
  for (const int32_t mode : {0x11, 0x01, 0x00}) {
    Program program;
    RecordFill(program, mode);
    program.code.ConstI64(12, I(10)).ConstI32(4, I(12));
    program.Call("hal.buffer.load", "0rIi_i", {R(1), I(10), I(12)}, {I(13)});
    program.CallVariadic("hal.device.queue.execute", "0rIrrCrD_v",
                         {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1}, {R(7), I(4), R(7), R(7), R(0)}, {});
    program.Call("hal.buffer.load", "0rIi_i", {R(1), I(10), I(12)}, {I(14)});
    ASSERT_EQ(program.Run("0v_ii", {I(13), I(14)}), Status::kOk)
        << program.runtime.failure().text();
    EXPECT_EQ(program.results[0].i32, 0x01020304) << mode;
    EXPECT_EQ(program.results[1].i32, 0x01020304) << mode;
  }
}

TEST(HalTest, ACommandBufferForOneSubmissionTakesOne) {
  Program program;
  RecordFill(program, 1);
  program.CallVariadic("hal.device.queue.execute", "0rIrrCrD_v",
                       {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2}, {R(7), I(4), R(7), R(7), R(0), R(0)},
                       {});
  EXPECT_EQ(program.Run("0v_v", {}), Status::kHalInvalidArgument);
  EXPECT_NE(program.runtime.failure().text().find("twice"), std::string_view::npos);
}

TEST(HalTest, PushedBuffersLiveAsLongAsTheirBinding) {
  // Compilers move the last reference of an input into the push.
  Program program;
  Allocate(program, 512);
  program.code.ConstI64(0, I(4)).ConstI64(512, I(6)).ConstI32(0, I(2));
  program.Call("hal.command_buffer.create", "0riii_r", {R(7), I(2), I(2), I(2)}, {R(1)});
  for (const bool first : {true, false}) {
    if (!first) Allocate(program, 512);
    program.CallVariadic("hal.command_buffer.push_descriptor_set", "0rriCiirIID_v",
                         {0xFFFF, 0xFFFF, 0xFFFF, 1},
                         {R(1), R(7), I(2), I(2), I(2), R(0, true), I(4), I(6)}, {});
  }
  program.code.Return();
  ASSERT_EQ(program.Run("0v_v", {}), Status::kOk) << program.runtime.failure().text();
  program.runtime.DropReplay();
  const Statistics statistics = program.runtime.statistics();
  EXPECT_EQ(statistics.device_bytes_peak, 2 * 512u);
  EXPECT_EQ(statistics.device_bytes_allocated, statistics.device_bytes_freed);
}

TEST(HalTest, UpdatesCarryTheirBytes) {
  // Found by the fuzzer: the bytes' reference lay misaligned behind an odd header.
  Program program;
  program.spec.rodata.push_back({1, 2, 3, 4, 5});
  Allocate(program, 64);
  program.code.U8(0x11).U32(0).U16(R(1)).ConstI32(0, I(2)).ConstI32(0, I(3));
  program.code.ConstI64(0, I(4)).ConstI64(1, I(6)).ConstI64(4, I(8)).ConstI32(4, I(10));
  program.Call("hal.command_buffer.create", "0riiIi_r", {R(7), I(2), I(3), I(4), I(3)}, {R(2)});
  program.Call("hal.command_buffer.update_buffer", "0rrIrIIi_v",
               {R(2), R(1), I(6), R(0), I(4), I(8), I(3)}, {});
  program.Call("hal.command_buffer.copy_buffer", "0riirIrII_v",
               {R(2), I(3), I(3), R(0), I(4), R(0), I(8), I(8)}, {});
  program.Call("hal.device.queue.execute", "0rIrrrI_v", {R(7), I(4), R(7), R(7), R(2), I(4)}, {});
  program.Call("hal.buffer.load", "0rIi_i", {R(0), I(8), I(10)}, {I(13)});
  ASSERT_EQ(program.Run("0v_i", {I(13)}), Status::kOk) << program.runtime.failure().text();
  EXPECT_EQ(program.results[0].i32, 0x05040302);
}

TEST(HalTest, BindingTableStandsForNullBuffers) {
  for (const int64_t table_length : {64, 8}) {
    Program program;
    Allocate(program, 64);
    program.code.ConstI32(0, I(2)).ConstI64(0, I(4)).ConstI64(16, I(6)).ConstI32(0, I(8));
    program.code.ConstI64(0xAB, I(10)).ConstI32(1, I(12)).ConstI64(table_length, I(14));
    program.Call("hal.command_buffer.create", "0riiIi_r", {R(7), I(2), I(2), I(4), I(12)}, {R(1)});
    program.Call("hal.command_buffer.fill_buffer", "0rrIIiIiI_v",
                 {R(1), R(7), I(4), I(6), I(8), I(10), I(12), I(4)}, {});
    program.CallVariadic("hal.device.queue.execute.indirect", "0rIrrrICrIID_v",
                         {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1},
                         {R(7), I(4), R(7), R(7), R(1), I(4), R(0), I(4), I(14)}, {});
    program.Call("hal.buffer.load", "0rIi_i", {R(0), I(4), I(12)}, {I(13)});
    const Status status = program.Run("0v_i", {I(13)});
    if (table_length == 8) {
      EXPECT_EQ(status, Status::kOutOfBounds);  // the slot's range is shorter than the fill
    } else {
      ASSERT_EQ(status, Status::kOk) << program.runtime.failure().text();
      EXPECT_EQ(program.results[0].i32, 0xAB);
    }
  }
}

TEST(HalTest, ExecutablesAreCheckedAndLookedUp) {
  struct Row {
    std::vector<uint8_t> elf;
    std::string kernel;
    Status status;
  };
  std::vector<uint8_t> broken = BuildElf({});
  broken[20] = 0xFF;
  broken[30] = 0xFF;
  const Row rows[] = {
      {BuildElf({}), "second_kernel", Status::kOk},
      {BuildElf({.is_64_bit = true}), "second_kernel", Status::kOk},
      {BuildElf({}), "third_kernel", Status::kHalInvalidArgument},
      {broken, "second_kernel", Status::kKernelElfMalformed},
      {{1, 2, 3}, "second_kernel", Status::kKernelElfUnsupported},
  };
  for (const Row& row : rows) {
    Program program;
    const std::string format = "embedded-elf-riscv_32";
    program.spec.rodata.emplace_back(format.begin(), format.end());
    program.spec.rodata.push_back(row.elf);
    program.spec.rodata.emplace_back(row.kernel.begin(), row.kernel.end());
    for (uint16_t i = 0; i < 3; ++i) program.code.U8(0x11).U32(i).U16(R(i));
    program.Call("hal.executable.create", "0rIrrr_r", {R(7), I(0), R(0), R(1), R(7)}, {R(3)});
    program.Call("hal.executable.lookup.function", "0rr_I", {R(3), R(2)}, {I(2)});
    EXPECT_EQ(program.Run("0v_I", {I(2)}), row.status) << program.runtime.failure().text();
    if (row.status == Status::kOk) {
      EXPECT_EQ(program.results[0].i64, 1);
    }
  }
}

TEST(HalTest, DispatchesAreCheckedBeforeAnyKernelRuns) {
  struct Row {
    int64_t kernel;
    int64_t length;
    int32_t workgroups;
    Status status;
  };
  for (const Row& row :
       {Row{1, 64, 2, Status::kOk}, Row{2, 64, 2, Status::kHalInvalidArgument},
        Row{-1, 64, 2, Status::kHalInvalidArgument}, Row{1, 65, 2, Status::kOutOfBounds},
        Row{1, 64, 0x7FFFFFFF, Status::kHalInvalidArgument}}) {
    Program program;
    const std::string format = "embedded-elf-riscv_32";
    program.spec.rodata.emplace_back(format.begin(), format.end());
    program.spec.rodata.push_back(BuildElf({}));
    Allocate(program, 64);
    for (uint16_t i = 0; i < 2; ++i) {
      program.code.U8(0x11).U32(i).U16(R(static_cast<uint16_t>(i + 1)));
    }
    program.code.ConstI32(0, I(2)).ConstI64(0, I(4)).ConstI64(row.kernel, I(6));
    program.code.ConstI32(row.workgroups, I(3)).ConstI64(row.length, I(8)).ConstI32(0x11, I(10));
    program.Call("hal.executable.create", "0rIrrr_r", {R(7), I(4), R(1), R(2), R(7)}, {R(3)});
    program.Call("hal.command_buffer.create", "0riiIi_r", {R(7), I(10), I(2), I(4), I(2)}, {R(4)});
    program.CallVariadic(
        "hal.command_buffer.dispatch", "0rrIiiiICiDCiirIID_v",
        {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1, 1},
        {R(4), R(3), I(6), I(3), I(3), I(3), I(4), I(2), I(2), I(2), R(0), I(4), I(8)}, {});
    program.Call("hal.device.queue.execute", "0rIrrrI_v", {R(7), I(4), R(7), R(7), R(4), I(4)}, {});
    EXPECT_EQ(program.Run("0v_v", {}), row.status) << program.runtime.failure().text();
  }
}

// Format and ELF of two kernels in R0 and R1, workgroup counts in the buffer R2; 0 in I2 and I4,
// `offset` in I6, -1 in I8.
void AddKernelAndCounts(Program& program, const std::vector<uint32_t>& counts, int64_t offset) {
  const std::string format = "embedded-elf-riscv_32";
  program.spec.rodata.emplace_back(format.begin(), format.end());
  program.spec.rodata.push_back(BuildElf({}));
  std::vector<uint8_t> bytes(counts.size() * sizeof(uint32_t));
  std::memcpy(bytes.data(), counts.data(), bytes.size());
  program.spec.rodata.push_back(bytes);
  for (uint16_t i = 0; i < 3; ++i) program.code.U8(0x11).U32(i).U16(R(i));
  program.code.ConstI32(0, I(2)).ConstI64(0, I(4)).ConstI64(offset, I(6)).ConstI64(-1, I(8));
  program.Call("hal.allocator.map.byte_buffer", "0riiirII_r",
               {R(7), I(2), I(2), I(2), R(2), I(4), I(8)}, {R(2)});
}

struct IndirectRow {
  std::vector<uint32_t> counts;
  int64_t offset;
  Status status;
};
const IndirectRow kIndirectRows[] = {
    {{1, 1, 1}, 0, Status::kOk},
    {{9, 2, 3, 4}, 4, Status::kOk},
    {{2, 3, 4}, 4, Status::kOutOfBounds},
    {{2, 3, 4}, -1, Status::kOutOfBounds},
    {{2, 3, 0x10000}, 0, Status::kHalInvalidArgument},
    {{0xFFFFFFFF, 3, 1}, 0, Status::kHalInvalidArgument},
    {{0, 3, 1}, 0, Status::kOk},
    // Nothing to run, but for ever.
    {{0, 0xFFFFFFFF, 0xFFFF}, 0, Status::kHalInvalidArgument},
};

TEST(HalTest, IndirectDispatchesReadTheirCounts) {
  for (const IndirectRow& row : kIndirectRows) {
    Program program;
    AddKernelAndCounts(program, row.counts, row.offset);
    program.Call("hal.executable.create", "0rIrrr_r", {R(7), I(4), R(0), R(1), R(7)}, {R(3)});
    program.Call("hal.command_buffer.create", "0riiIi_r", {R(7), I(2), I(2), I(4), I(2)}, {R(4)});
    program.CallVariadic(
        "hal.command_buffer.dispatch.indirect", "0rriirIICiDCiirIID_v",
        {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 1, 1},
        {R(4), R(3), I(2), I(2), R(2), I(6), I(4), I(2), I(2), I(2), R(2), I(4), I(8)}, {});
    program.Call("hal.device.queue.execute", "0rIrrrI_v", {R(7), I(4), R(7), R(7), R(4), I(4)}, {});
    EXPECT_EQ(program.Run("0v_v", {}), row.status) << program.runtime.failure().text();
  }
}

TEST(HalTest, IndirectDispatchesWithPushedBindings) {
  for (const IndirectRow& row : kIndirectRows) {
    Program program;
    AddKernelAndCounts(program, row.counts, row.offset);
    program.CallVariadic("hal.descriptor_set_layout.create", "0riCiiiD_r", {0xFFFF, 0xFFFF, 1},
                         {R(7), I(2), I(2), I(2), I(2)}, {R(5)});
    program.CallVariadic("hal.pipeline_layout.create", "0riCrD_r", {0xFFFF, 0xFFFF, 1},
                         {R(7), I(2), R(5)}, {R(5)});
    program.CallVariadic("hal.executable.create", "0rrrrCrD_r", {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2},
                         {R(7), R(0), R(1), R(7), R(5), R(5)}, {R(3)});
    program.Call("hal.command_buffer.create", "0riii_r", {R(7), I(2), I(2), I(2)}, {R(4)});
    program.CallVariadic("hal.command_buffer.push_descriptor_set", "0rriCiirIID_v",
                         {0xFFFF, 0xFFFF, 0xFFFF, 1},
                         {R(4), R(5), I(2), I(2), I(2), R(2), I(4), I(8)}, {});
    program.Call("hal.command_buffer.dispatch.indirect", "0rrirI_v", {R(4), R(3), I(2), R(2), I(6)},
                 {});
    EXPECT_EQ(program.Run("0v_v", {}), row.status) << program.runtime.failure().text();
  }
}

TEST(HalTest, ADispatchNeedsItsBindings) {
  Program program;
  AddKernelAndCounts(program, {1, 1, 1}, 0);
  program.CallVariadic("hal.descriptor_set_layout.create", "0riCiiiD_r", {0xFFFF, 0xFFFF, 1},
                       {R(7), I(2), I(2), I(2), I(2)}, {R(5)});
  program.CallVariadic("hal.pipeline_layout.create", "0riCrD_r", {0xFFFF, 0xFFFF, 1},
                       {R(7), I(2), R(5)}, {R(5)});
  program.CallVariadic("hal.executable.create", "0rrrrCrD_r", {0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 2},
                       {R(7), R(0), R(1), R(7), R(5), R(5)}, {R(3)});
  program.Call("hal.command_buffer.create", "0riii_r", {R(7), I(2), I(2), I(2)}, {R(4)});
  program.Call("hal.command_buffer.dispatch.indirect", "0rrirI_v", {R(4), R(3), I(2), R(2), I(6)},
               {});
  EXPECT_EQ(program.Run("0v_v", {}), Status::kHalInvalidArgument);
  EXPECT_NE(program.runtime.failure().text().find("never pushed"), std::string_view::npos);
}

}  // namespace
}  // namespace runtime
