// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// A virtual environment whose compiler is a shell script.
class CompilerTest : public testing::Test {
 protected:
  CompilerTest() : root_(fs::path(testing::TempDir()) / "compiler_test") {
    fs::remove_all(root_);
    fs::create_directories(root_ / "venv/bin");
    fs::create_directories(root_ /
                           "venv/lib/python3.11/site-packages/iree_base_compiler-3.0.0.dist-info");
    // Appends to `runs` each time, so that a test sees whether it ran.
    SetScript("echo run >> '" + (root_ / "runs").string() +
              "'\n"
              "while [ $# -gt 1 ]; do [ \"$1\" = -o ] && echo module > \"$2\"; shift; done\n");
  }
  ~CompilerTest() override { fs::remove_all(root_); }

  void SetScript(const std::string& script) {
    std::ofstream(program()) << "#!/bin/sh\n" << script;
    fs::permissions(program(), fs::perms::owner_all);
  }
  [[nodiscard]] fs::path program() const { return root_ / "venv/bin/iree-compile"; }
  [[nodiscard]] Compiler compiler() const { return {program(), "3.0.0"}; }
  [[nodiscard]] CompileRequest request() const {
    CompileRequest request;
    request.mlir = "module {}";
    request.output = root_ / "out/model.vmfb";
    request.cache_dir = root_ / "cache";
    return request;
  }
  [[nodiscard]] size_t files_in_out() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(root_ / "out"), fs::directory_iterator()));
  }

  const fs::path root_;
};

TEST_F(CompilerTest, ReleaseComesFromThePackage) {
  const auto found = FindCompiler(program());
  ASSERT_TRUE(found) << found.error().Format();
  EXPECT_EQ(found->release, "3.0.0");
  EXPECT_EQ(found->program, program());
  EXPECT_FALSE(FindCompiler(root_ / "venv/bin/other"));
  fs::remove_all(root_ / "venv/lib");
  EXPECT_FALSE(FindCompiler(program()));
}

TEST_F(CompilerTest, WritesModuleAndMlirAndCaches) {
  const auto first = Compile(compiler(), request());
  ASSERT_TRUE(first) << first.error().Format();
  EXPECT_EQ(first->size_bytes, 7u);
  EXPECT_FALSE(first->from_cache);
  EXPECT_EQ(Content(root_ / "out/model.vmfb"), "module\n");
  EXPECT_EQ(Content(root_ / "out/model.vmfb.mlir"), "module {}");
  EXPECT_EQ(files_in_out(), 2u);

  const auto second = Compile(compiler(), request());
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->from_cache);
  EXPECT_EQ(second->size_bytes, 7u);

  CompileRequest other_flag = request();
  other_flag.compiler_args = {"iree-llvmcpu-loop-unrolling=true"};
  CompileRequest other_text = request();
  other_text.mlir = "module { }";
  const Compiler other_release = {program(), "3.13.0"};
  EXPECT_FALSE(Compile(compiler(), other_flag)->from_cache);
  EXPECT_FALSE(Compile(compiler(), other_text)->from_cache);
  EXPECT_FALSE(Compile(other_release, request())->from_cache);
  EXPECT_EQ(Content(root_ / "runs"), "run\nrun\nrun\nrun\n");
}

TEST_F(CompilerTest, OwnFlagsYieldToTheScenarios) {
  CompileRequest own = request();
  own.compiler_args = {"mlir-print-debuginfo=false", "iree-llvm-target-abi=ilp32"};
  std::vector<std::string> lines;
  const auto outcome =
      Compile(compiler(), own, [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_TRUE(outcome) << outcome.error().Format();
  EXPECT_THAT(outcome->command, Contains("--mlir-print-debuginfo=false"));
  EXPECT_THAT(outcome->command, Not(Contains("--mlir-print-debuginfo")));
  EXPECT_THAT(outcome->command, Contains("--iree-llvmcpu-target-abi=ilp32"));
  EXPECT_THAT(outcome->command, Contains("--iree-hal-target-backends=llvm-cpu"));
  EXPECT_THAT(lines, Contains(HasSubstr("is called --iree-llvmcpu-target-abi=ilp32")));
}

TEST_F(CompilerTest, AFailingCompilerLeavesTheOldModule) {
  ASSERT_TRUE(Compile(compiler(), request()));
  CompileRequest changed = request();
  changed.mlir = "changed";
  const struct {
    const char* script;
    const char* sentence;
  } rows[] = {
      {"echo 'x.mlir:1: error: bad'; exit 3\n", "x.mlir:1: error: bad"},
      {"exit 3\n", "failed with exit code 3"},
      {"kill -SEGV $$\n", "was ended by signal 11"},
      {"exit 0\n", "wrote no module"},
      {"while [ $# -gt 1 ]; do [ \"$1\" = -o ] && : > \"$2\"; shift; done\n", "wrote no module"},
  };
  for (const auto& row : rows) {
    SetScript(row.script);
    const auto outcome = Compile(compiler(), changed);
    ASSERT_FALSE(outcome) << row.script;
    EXPECT_EQ(outcome.error().exit_code(), 1);
    EXPECT_THAT(outcome.error().Format(), HasSubstr(row.sentence));
    EXPECT_EQ(Content(root_ / "out/model.vmfb"), "module\n") << row.script;
    EXPECT_EQ(files_in_out(), 2u) << row.script;
  }
}

TEST_F(CompilerTest, ATimeLimitEndsTheCompiler) {
  SetScript("exec sleep 60\n");
  CompileRequest slow = request();
  slow.time_limit = std::chrono::milliseconds(100);
  const auto outcome = Compile(compiler(), slow);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().Format(), HasSubstr("did not finish within 0.1 s"));
}

TEST_F(CompilerTest, TheRealCompilerMakesAModule) {
  const char* env = std::getenv("KENNING_PYTHON_ENV");
  const fs::path real = fs::path(env != nullptr ? env : "build/venv") / "bin/iree-compile";
  if (!fs::exists(real)) GTEST_SKIP() << real << " is absent (make demo installs it)";
  const auto found = FindCompiler(real);
  ASSERT_TRUE(found) << found.error().Format();
  CompileRequest small = request();
  small.mlir =
      "func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }\n";
  small.compiler_args = {"iree-llvm-target-triple=riscv32-pc-linux-elf"};
  const auto outcome = Compile(*found, small);
  ASSERT_TRUE(outcome) << outcome.error().Format();
  EXPECT_GT(outcome->size_bytes, 100u);

  small.mlir = "func.func @main() { return %missing : f32 }\n";
  const auto wrong = Compile(*found, small);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().Format(), HasSubstr("error:"));
}

}  // namespace
}  // namespace host
