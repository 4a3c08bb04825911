// SPDX-License-Identifier: Apache-2.0

#include "host/device/background_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Clock = std::chrono::steady_clock;

class BackgroundProcessTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path File(const char* name) const {
    return folder_->path() / name;
  }
  Result<BackgroundProcess> Shell(const std::string& text) {
    return BackgroundProcess::Start({"sh", "-c", text}, File("output"));
  }
  void WaitFor(const std::filesystem::path& file) {
    for (int i = 0; i < 500 && !std::filesystem::exists(file); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(std::filesystem::exists(file));
  }
  Result<ScratchFolder> folder_ = ScratchFolder::Make();
};

TEST_F(BackgroundProcessTest, ProgramThatIsNone) {
  const auto process = BackgroundProcess::Start({"/no/such/program"}, File("output"));
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().sentence, HasSubstr("cannot be started"));
  EXPECT_EQ(process.error().place, "/no/such/program");
}

TEST_F(BackgroundProcessTest, TellsThatItEndedAndItsLastWords) {
  auto process = Shell("echo one; echo two >&2");
  ASSERT_TRUE(process);
  for (int i = 0; i < 500 && process->Running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(process->Running());
  EXPECT_EQ(process->LastWords(), "one / two");
}

TEST_F(BackgroundProcessTest, IsAskedToEndAndCleansUp) {
  {
    auto process = Shell("trap 'echo bye >" + File("bye").string() + "; exit 0' TERM; touch " +
                         File("ready").string() + "; while :; do sleep 0.05; done");
    ASSERT_TRUE(process);
    WaitFor(File("ready"));
    EXPECT_TRUE(process->Running());
  }
  EXPECT_TRUE(std::filesystem::exists(File("bye")));
}

TEST_F(BackgroundProcessTest, WhatDoesNotListenIsKilledWithItsChildren) {
  const auto before = Clock::now();
  {
    auto process = Shell("trap '' TERM; touch " + File("ready").string() +
                         "; sleep 1000 & while :; do sleep 0.05; done");
    ASSERT_TRUE(process);
    WaitFor(File("ready"));
  }
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(20));
}

TEST_F(BackgroundProcessTest, TheFolderGoesWithItsObject) {
  std::filesystem::path path;
  {
    auto folder = ScratchFolder::Make();
    ASSERT_TRUE(folder);
    path = folder->path();
    std::ofstream(path / "file") << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(BackgroundProcessTest, AGrowingLogGivesWholeLinesOnce) {
  GrowingLog log(File("log"));
  EXPECT_THAT(log.NewLines(), IsEmpty());
  std::ofstream file(File("log"));
  file << "first\r\nsec" << std::flush;
  EXPECT_THAT(log.NewLines(), ElementsAre("first"));
  EXPECT_THAT(log.NewLines(), IsEmpty());
  file << "ond\nthird\n" << std::flush;
  EXPECT_THAT(log.NewLines(), ElementsAre("second", "third"));
}

}  // namespace
}  // namespace host
