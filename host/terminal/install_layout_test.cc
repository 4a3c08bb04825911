// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/install_layout.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace host {
namespace {

namespace fs = std::filesystem;

class InstallLayoutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"KENNING_FIRMWARE", "KENNING_PYTHON_ENV", "KENNING_SHARE"}) {
      ::unsetenv(name);
    }
    prefix_ = fs::temp_directory_path() / ("install_layout_test." + std::to_string(::getpid()));
    fs::create_directories(prefix_ / "firmware/springbok");
    std::ofstream(prefix_ / "firmware/springbok/firmware.elf") << "elf";
  }
  void TearDown() override {
    ::unsetenv("KENNING_FIRMWARE");
    fs::remove_all(prefix_);
  }
  fs::path prefix_;
};

TEST_F(InstallLayoutTest, FindsPartsBelowThePrefix) {
  const auto firmware = InstallLayout(prefix_).Firmware();
  ASSERT_TRUE(firmware) << firmware.error().Format();
  EXPECT_EQ(*firmware, prefix_ / "firmware/springbok/firmware.elf");
}

TEST_F(InstallLayoutTest, MissingPartNamesPathAndVariable) {
  const auto program = InstallLayout(prefix_).PythonProgram("iree-compile");
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().place, (prefix_ / "venv/bin/iree-compile").string());
  EXPECT_NE(program.error().sentence.find("KENNING_PYTHON_ENV"), std::string::npos);
}

TEST_F(InstallLayoutTest, EnvironmentOverrides) {
  const fs::path other = prefix_ / "other.elf";
  std::ofstream(other) << "elf";
  ::setenv("KENNING_FIRMWARE", other.c_str(), 1);
  const auto firmware = InstallLayout(prefix_).Firmware();
  ASSERT_TRUE(firmware);
  EXPECT_EQ(*firmware, other);
}

TEST_F(InstallLayoutTest, ThisProgramHasAPrefix) {
  EXPECT_TRUE(fs::exists(InstallLayout::OfThisProgram().prefix()));
}

}  // namespace
}  // namespace host
