// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler_flags.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(CompilerFlagsTest, NamesFollowTheRelease) {
  const struct {
    const char* release;
    const char* flag;
    const char* expected;
    size_t notes;
  } rows[] = {
      {"3.0.0", "iree-llvm-target-abi=ilp32", "--iree-llvmcpu-target-abi=ilp32", 1},
      {"3.0.0", "--iree-llvm-target-abi=ilp32", "--iree-llvmcpu-target-abi=ilp32", 1},
      {"3.0.0", "iree-llvmcpu-target-abi=ilp32", "--iree-llvmcpu-target-abi=ilp32", 0},
      {"20230404.479", "iree-llvm-debug-symbols=false", "--iree-llvmcpu-debug-symbols=false", 1},
      {"20230228.444", "iree-llvm-debug-symbols=false", "--iree-llvm-debug-symbols=false", 0},
      {"20230209.425", "iree-llvmcpu-loop-unrolling", "--iree-llvm-loop-unrolling", 1},
      {"3.13.0", "iree-vm-emit-polyglot-zip=false", "--iree-vm-emit-polyglot-zip=false", 0},
  };
  for (const auto& row : rows) {
    const auto translated = TranslateCompilerFlags({row.flag}, row.release);
    ASSERT_TRUE(translated) << row.flag;
    EXPECT_THAT(translated->flags, ElementsAre(row.expected)) << row.release;
    EXPECT_THAT(translated->notes, SizeIs(row.notes)) << row.release << " " << row.flag;
  }
}

TEST(CompilerFlagsTest, InputTypeIsOurs) {
  const auto translated = TranslateCompilerFlags({"iree-input-type=mhlo"}, "3.0.0");
  ASSERT_TRUE(translated);
  EXPECT_THAT(translated->flags, SizeIs(0));
  EXPECT_THAT(translated->notes, SizeIs(1));
}

TEST(CompilerFlagsTest, RefusesFlagsThatKeepTheModuleAway) {
  for (const char* flag :
       {"", "--", "=x", "o=/tmp/x", "-o", "help", "--version", "a\nb", "\x1b[1m"}) {
    const auto translated = TranslateCompilerFlags({flag}, "3.0.0");
    ASSERT_FALSE(translated) << flag;
    EXPECT_EQ(translated.error().kind, ErrorKind::kInput) << flag;
  }
}

TEST(CompilerFlagsTest, BackendsOfScenarios) {
  EXPECT_EQ(TargetBackend("dylib"), "llvm-cpu");
  EXPECT_EQ(TargetBackend("llvm-cpu"), "llvm-cpu");
  EXPECT_EQ(TargetBackend("vulkan"), "vulkan-spirv");
}

}  // namespace
}  // namespace host
