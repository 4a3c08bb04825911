// SPDX-License-Identifier: Apache-2.0

#include "host/compile/compiler_release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A "python3" that plays pip: a shell script that is given pip's arguments.
class CompilerReleaseTest : public ::testing::Test {
 protected:
  CompilerReleaseTest() {
    fs::create_directories(folder_);
    source_.cache_dir = folder_ / "cache";
    source_.python = folder_ / "python3";
  }
  ~CompilerReleaseTest() override { fs::remove_all(folder_); }

  void Pip(const std::string& script) {
    std::ofstream(source_.python) << "#!/bin/sh\necho \"$@\" >>" << (folder_ / "calls").string()
                                  << "\n"
                                     "while [ $# -gt 0 ]; do case $1 in --target) target=$2;; "
                                     "--report) report=$2;; --requirement) list=$2;; esac; shift; "
                                     "done\ncat \"$list\" >>"
                                  << (folder_ / "lists").string() << "\n"
                                  << script;
    fs::permissions(source_.python, fs::perms::owner_all);
  }
  static std::string Text(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<Compiler> Get(const char* release) {
    return CompilerOfRelease(
        release, source_, [this](std::string_view line) { log_ += std::string(line) + "\n"; }, {});
  }

  // Installs a program and reports the checksum aa…
  std::string good_ =
      "mkdir -p $target/iree/compiler/_mlir_libs\n"
      "echo x >$target/iree/compiler/_mlir_libs/iree-compile\n"
      "hash=$(printf 'a%.0s' $(seq 64))\n"
      "echo "
      "'{\"install\":[{\"download_info\":{\"archive_info\":{\"hashes\":{\"sha256\":\"'$hash'\"}}}}]"
      "}'"
      " >$report\necho installed\n";
  fs::path folder_ =
      fs::temp_directory_path() / ("compiler_release_test." + std::to_string(::getpid()));
  ReleaseSource source_{};
  std::string log_;
};

TEST_F(CompilerReleaseTest, InstalledOnceAndCheckedByHashAgain) {
  Pip(good_);
  const auto compiler = Get("3.5.0");
  ASSERT_TRUE(compiler) << compiler.error().Format();
  EXPECT_EQ(compiler->release, "3.5.0");
  EXPECT_TRUE(fs::exists(compiler->program));
  EXPECT_THAT(log_, HasSubstr("installed\n"));
  EXPECT_EQ(Text(folder_ / "lists"), "iree-base-compiler==3.5.0\n");
  // From then on without pip, and without a network.
  source_.offline = true;
  Pip("exit 1\n");
  EXPECT_TRUE(Get("3.5.0"));
  // Installed anew it must be the same.
  source_.offline = false;
  fs::remove_all(source_.cache_dir / "compilers" / "3.5.0");
  Pip(good_);
  ASSERT_TRUE(Get("3.5.0"));
  EXPECT_THAT(Text(folder_ / "lists"),
              HasSubstr("iree-base-compiler==3.5.0 --hash=sha256:" + std::string(64, 'a') + "\n"));
}

TEST_F(CompilerReleaseTest, OldReleasesHaveAnotherPackage) {
  Pip(good_);
  ASSERT_TRUE(Get("20230209.425"));
  EXPECT_EQ(Text(folder_ / "lists"), "iree-compiler==20230209.425\n");
}

TEST_F(CompilerReleaseTest, AFailureLeavesNothingAndSaysWhy) {
  Pip("echo 'ERROR: No matching distribution found'; exit 1\n");
  const auto unknown = Get("9.9.9");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().exit_code(), 2);
  EXPECT_THAT(unknown.error().Format(), HasSubstr("there is no iree-base-compiler==9.9.9"));
  Pip("echo 'Connection refused'; exit 1\n");
  const auto unreachable = Get("3.5.0");
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().exit_code(), 1);
  EXPECT_THAT(unreachable.error().Format(), HasSubstr("Connection refused"));
  Pip("mkdir -p $target\n");
  EXPECT_FALSE(Get("3.5.0"));
  for (const auto& entry : fs::directory_iterator(source_.cache_dir / "compilers")) {
    EXPECT_THAT(entry.path().filename().string(), HasSubstr(".lock"));
  }
}

TEST_F(CompilerReleaseTest, OfflineAndNames) {
  source_.offline = true;
  const auto offline = Get("3.5.0");
  ASSERT_FALSE(offline);
  EXPECT_THAT(offline.error().Format(), HasSubstr("KENNING_OFFLINE"));
  for (const char* wrong : {"../x", "3.5.0; rm", "latest", "-3"}) {
    const auto refused = Get(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().exit_code(), 2) << wrong;
  }
}

}  // namespace
}  // namespace host
