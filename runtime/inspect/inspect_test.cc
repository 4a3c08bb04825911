// SPDX-License-Identifier: Apache-2.0

// What is said of modules made here; those of the real compiler are looked at in runtime_test.cc.
#include "runtime/inspect/inspect.h"

#include "gtest/gtest.h"
#include "runtime/testing/elf_builder.h"
#include "runtime/testing/module_builder.h"

namespace runtime::inspect {
namespace {

using base::Status;
using testing::Build;
using testing::BuildElf;
using testing::Code;
using testing::MainOnly;
using testing::ModuleSpec;

ModuleSpec WithKernels(const std::vector<testing::ElfSpec>& elfs) {
  ModuleSpec spec = MainOnly(Code().Block().Return(), "0v_v");
  for (const testing::ElfSpec& elf : elfs) spec.rodata.push_back(BuildElf(elf));
  return spec;
}

TEST(InspectTest, TablesOfAModule) {
  ModuleSpec spec = WithKernels({{}});
  spec.name = "classifier";
  spec.rodata.push_back({1, 2, 3});
  spec.global_bytes = 8;
  spec.global_refs = 2;
  spec.imports = {{"hal.devices.get", "0i_r"}, {"hal.unheard.of", "0v_v", true}};
  for (const bool zip : {false, true}) {
    const Report report = Inspect(Build(spec, zip));
    EXPECT_EQ(report.load_status, Status::kOk) << report.load_failure;
    EXPECT_EQ(report.module_name, "classifier");
    EXPECT_EQ(report.zip, zip);
    EXPECT_EQ(report.bytecode_major, 15u);
    EXPECT_EQ(report.bytecode_minor, 0u);
    EXPECT_EQ(report.function_count, 1u);
    EXPECT_GT(report.bytecode_size_bytes, 0u);
    EXPECT_EQ(report.rodata_segment_count, 2u);
    EXPECT_EQ(report.rodata_size_bytes, BuildElf({}).size() + 3);
    EXPECT_EQ(report.global_bytes, 8u);
    EXPECT_EQ(report.global_ref_count, 2u);
    EXPECT_GT(report.arena_bytes_after_load, 0u);
    EXPECT_EQ(report.compiler_generation, "20231218 … 20240724");
    ASSERT_EQ(report.imports.size(), 2u);
    EXPECT_TRUE(report.imports[0].implemented);
    EXPECT_FALSE(report.imports[1].implemented);
    EXPECT_TRUE(report.problems.empty());
  }
}

TEST(InspectTest, KernelsOfAnExecutable) {
  const Report report = Inspect(Build(WithKernels({{.library_version = 5}})));
  ASSERT_EQ(report.executables.size(), 1u);
  const Executable& executable = report.executables[0];
  EXPECT_EQ(executable.machine, "riscv32");
  EXPECT_EQ(executable.file_size_bytes, BuildElf({.library_version = 5}).size());
  EXPECT_GT(executable.image_size_bytes, 0u);
  EXPECT_EQ(executable.library_version, 5u);
  EXPECT_EQ(executable.kernels, (std::vector<std::string>{"first_kernel", "second_kernel"}));
  EXPECT_EQ(report.kernels_for, Machine::kRiscV32);
}

TEST(InspectTest, KernelsOfAnotherMachineDoNotRunOnTheFirmware) {
  const std::vector<uint8_t> file = Build(WithKernels({{.is_64_bit = true}}));
  const Report report = Inspect(file);
  EXPECT_EQ(report.kernels_for, Machine::kX8664);
  EXPECT_EQ(report.load_status, Status::kKernelElfUnsupported);
  EXPECT_EQ(report.load_failure, "kernels are for x86-64, the firmware runs riscv32");
  EXPECT_EQ(Inspect(file, Machine::kX8664).load_status, Status::kOk);
}

TEST(InspectTest, MachinesThatDiffer) {
  const Report report = Inspect(Build(WithKernels({{}, {.is_64_bit = true}})));
  EXPECT_EQ(report.executables.size(), 2u);
  EXPECT_FALSE(report.kernels_for.has_value());
}

TEST(InspectTest, ADamagedExecutableIsAProblemAndTheRestIsStillTold) {
  ModuleSpec spec = WithKernels({{}, {}});
  spec.rodata[0].resize(40);
  const Report report = Inspect(Build(spec));
  ASSERT_EQ(report.executables.size(), 2u);
  EXPECT_EQ(report.executables[0].machine, "unknown");
  EXPECT_EQ(report.executables[1].kernels.size(), 2u);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].find("header is cut off"), std::string::npos) << report.problems[0];

  spec = WithKernels({{.relocation_type = 5}});
  EXPECT_NE(Inspect(Build(spec)).problems.at(0).find("relocation type 5"), std::string::npos);
}

TEST(InspectTest, AModuleThatDoesNotLoadIsStillRead) {
  ModuleSpec spec = WithKernels({{}});
  spec.imports = {{"hal.unheard.of", "0v_v"}};
  const Report report = Inspect(Build(spec));
  EXPECT_EQ(report.load_status, Status::kVmUnknownImport);
  EXPECT_NE(report.load_failure.find("hal.unheard.of"), std::string::npos) << report.load_failure;
  EXPECT_EQ(report.executables.size(), 1u);
  EXPECT_EQ(report.exports.size(), 1u);
}

TEST(InspectTest, NoModuleAtAll) {
  for (const std::vector<uint8_t>& file :
       {std::vector<uint8_t>{}, std::vector<uint8_t>(100, 'x')}) {
    const Report report = Inspect(file);
    EXPECT_EQ(report.load_status, Status::kVmfbNotAModule);
    ASSERT_EQ(report.problems.size(), 1u);
    EXPECT_EQ(report.problems[0], report.load_failure);
  }
}

TEST(InspectTest, GenerationsByVersionAndImport) {
  struct Row {
    uint32_t bytecode_major;
    std::vector<ModuleSpec::Import> imports;
    const char* releases;
  };
  for (const Row& row :
       {Row{13, {}, "20230209 … 20230228"}, Row{15, {}, "20230404 … 3.9.0"},
        Row{15, {{"hal.executable.create", "0rIrrr_r"}}, "3.4.0 … 3.9.0"},
        Row{15, {{"hal.executable.create", "0rrrr_r"}}, "20240828 … 3.3.0"}, Row{16, {}, "3.10.0"},
        Row{17, {{"hal.executable.create", "0rIrrr_r"}}, "3.11.0"}, Row{14, {}, "unknown"}}) {
    ModuleSpec spec =
        MainOnly(row.bytecode_major == 13 ? Code().Return() : Code().Block().Return(), "0v_v");
    spec.bytecode_major = row.bytecode_major;
    spec.imports = row.imports;
    EXPECT_EQ(Inspect(Build(spec)).compiler_generation, row.releases);
  }
}

TEST(InspectTest, ValuesOfAnExport) {
  ModuleSpec spec = MainOnly(Code()
                                 .Block()
                                 .Op(0x22, {testing::I(0), testing::I(0), testing::I(2)})
                                 .Return({testing::I(2)}),
                             "0i_i");
  const Report report = Inspect(Build(spec));
  EXPECT_EQ(report.load_status, Status::kOk) << report.load_failure;
  ASSERT_EQ(report.exports.size(), 1u);
  EXPECT_EQ(report.exports[0].name, "main");
  EXPECT_EQ(report.exports[0].calling_convention, "0i_i");
  ASSERT_EQ(report.exports[0].arguments.size(), 1u);
  EXPECT_EQ(TypeText(report.exports[0].arguments[0]), "i32");
  EXPECT_EQ(TypeText(report.exports[0].results.at(0)), "i32");
}

TEST(InspectTest, TypesInWords) {
  struct Row {
    uint32_t code;
    const char* text;
  };
  // Numerical kind << 24 | bits (spec iree-formats).
  for (const Row& row :
       {Row{0x10000020, "2x?xi32"}, Row{0x11000008, "2x?xsi8"}, Row{0x12000010, "2x?xui16"},
        Row{0x13000008, "2x?xbool8"}, Row{0x21000020, "2x?xf32"}, Row{0x22000010, "2x?xbf16"},
        Row{0x23000040, "2x?xcomplex64"}, Row{0, "2x?xunknown"}}) {
    ValueInfo info = {};
    info.kind = ValueKind::kTensor;
    info.type = ElementType{row.code};
    info.shape_known = true;
    info.rank = 2;
    info.dims[0] = 2;
    info.dims[1] = ValueInfo::kDynamic;
    EXPECT_EQ(TypeText(info), row.text);
    info.shape_known = false;
    EXPECT_TRUE(TypeText(info).starts_with("…x"));
  }
  ValueInfo scalar = {};
  scalar.kind = ValueKind::kI64;
  EXPECT_EQ(TypeText(scalar), "i64");
  scalar.kind = ValueKind::kF32;
  EXPECT_EQ(TypeText(scalar), "f32");
  EXPECT_EQ(MachineName(Machine::kRiscV64), "riscv64");
}

}  // namespace
}  // namespace runtime::inspect
