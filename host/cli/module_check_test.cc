// SPDX-License-Identifier: Apache-2.0

#include "host/cli/module_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace host::cli {
namespace {

using runtime::inspect::Report;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Report WithExports(std::vector<std::string> names) {
  Report report;
  report.module_name = "module";
  for (std::string& name : names) report.exports.emplace_back().name = std::move(name);
  return report;
}

TEST(DefaultFunction, MainOrTheOnlyOne) {
  EXPECT_EQ(DefaultFunction(WithExports({"other", "main", "__init"})), "main");
  EXPECT_EQ(DefaultFunction(WithExports({"tf2onnx$async", "tf2onnx", "__init"})), "tf2onnx");
  EXPECT_EQ(DefaultFunction(WithExports({"a", "b"})), "");
  EXPECT_EQ(DefaultFunction(WithExports({"__init"})), "");
}

TEST(FindExport, WithAndWithoutTheModulesName) {
  const Report report = WithExports({"main"});
  EXPECT_NE(FindExport(report, "main"), nullptr);
  EXPECT_NE(FindExport(report, "module.main"), nullptr);
  EXPECT_EQ(FindExport(report, "other.main"), nullptr);
}

TEST(ResultTypesOf, ScalarsTensorsAndUnknowns) {
  runtime::inspect::Export function;
  function.results.resize(4);
  function.results[0].kind = runtime::ValueKind::kI64;
  function.results[1] = {.kind = runtime::ValueKind::kTensor,
                         .shape_known = true,
                         .type = runtime::kFloat32,
                         .rank = 2,
                         .dims = {1, runtime::ValueInfo::kDynamic}};
  function.results[2].kind = runtime::ValueKind::kTensor;
  // A type that no .npy file has: shown as bytes.
  function.results[3].kind = runtime::ValueKind::kTensor;
  function.results[3].type = runtime::ElementType::Of(runtime::NumericalKind::kFloatBrain, 16);
  const std::vector<ResultType> results = ResultTypesOf(function);
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0].size_bytes(), 8u);
  EXPECT_EQ(results[1].type, (wire::ElementType{wire::TypeCode::kFloat, 32}));
  EXPECT_THAT(*results[1].dims, ElementsAre(1, ResultType::kUnknownExtent));
  EXPECT_FALSE(results[1].size_bytes());
  EXPECT_FALSE(results[2].type);
  EXPECT_FALSE(results[3].type);
}

TEST(ElementTypeOf, BooleansAreBytes) {
  runtime::ValueInfo info = {};
  info.kind = runtime::ValueKind::kTensor;
  info.type = runtime::ElementType::Of(runtime::NumericalKind::kBoolean, 1);
  EXPECT_EQ(ElementTypeOf(info), (wire::ElementType{wire::TypeCode::kBool, 8}));
}

TEST(CheckAccepted, NamesTheReason) {
  CheckedModule module;
  EXPECT_TRUE(CheckAccepted(module, "m.vmfb"));
  module.report.load_status = base::Status::kOutOfBounds;
  module.report.load_failure = "import hal.x.y is not implemented";
  module.report.problems = {"something else"};
  const auto accepted = CheckAccepted(module, "m.vmfb");
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error().exit_code(), 2);
  EXPECT_EQ(accepted.error().Format(),
            "m.vmfb: the device does not accept this model\n"
            "  import hal.x.y is not implemented (OutOfBounds)\n"
            "  something else");
}

TEST(CheckAccepted, ModulesForAnotherMachineAreToldWhereTheyRun) {
  CheckedModule module;
  module.report.load_status = base::Status::kKernelElfUnsupported;
  module.report.load_failure = "kernels are for riscv64, the firmware runs riscv32";
  module.report.kernels_for = runtime::Machine::kRiscV64;
  EXPECT_THAT(CheckAccepted(module, "m.vmfb").error().Format(), HasSubstr("--simulator qemu-rv64"));
  module.report.kernels_for = runtime::Machine::kX8664;
  EXPECT_THAT(CheckAccepted(module, "m.vmfb").error().Format(), HasSubstr("no device runs it"));
}

TEST(ReadModule, HostileFilesAreDescribedNotTrusted) {
  const auto missing = ReadModule("no/such.vmfb");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().sentence, HasSubstr("cannot be opened"));
  const auto text = ReadModule("host/cli/README.md");
  ASSERT_TRUE(text);
  EXPECT_NE(text->report.load_status, base::Status::kOk);
}

}  // namespace
}  // namespace host::cli
