// SPDX-License-Identifier: Apache-2.0

#include "host/terminal/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "host/terminal/progress.h"

namespace host {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// A Log that writes to a temporary file, and what was written.
class LogTest : public ::testing::Test {
 protected:
  std::string Written() {
    std::string text;
    std::rewind(file_.get());
    for (int c = std::fgetc(file_.get()); c != EOF; c = std::fgetc(file_.get())) {
      text.push_back(static_cast<char>(c));
    }
    return text;
  }
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{std::tmpfile(), &std::fclose};
  Log log_{LogLevel::kInfo, file_.get()};
};

TEST_F(LogTest, LineHasTimePlaceAndLevel) {
  log_.Info("Compiled model path: x.vmfb");
  EXPECT_THAT(Written(),
              ContainsRegex("^\\[20[0-9-]+ [0-9:]+ kenning log_test.cc:[0-9]+\\] \\[INFO\\] "
                            "Compiled model path: x.vmfb\n$"));
}

TEST_F(LogTest, ThresholdDrops) {
  log_.Debug("hidden");
  log_.set_threshold(LogLevel::kError);
  log_.Warning("hidden too");
  log_.Write(LogLevel::kDevice, "hidden as well");
  EXPECT_EQ(Written(), "");
}

TEST_F(LogTest, DeviceTextCannotControlTheTerminal) {
  log_.Write(LogLevel::kDevice, "a\x1b[2Jb\rc\nd");
  const std::string text = Written();
  EXPECT_THAT(text, HasSubstr("a?[2Jb?c\n"));
  EXPECT_THAT(text, HasSubstr("] [DEVICE] d\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(LogLevelFromName, SixNames) {
  for (const char* name : {"NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}) {
    EXPECT_TRUE(LogLevelFromName(name)) << name;
  }
  for (const char* name : {"", "LOUD", "info", "DEVICE"}) {
    EXPECT_FALSE(LogLevelFromName(name)) << name;
  }
}

TEST_F(LogTest, ProgressWritesOneLineWhenNotATerminal) {
  {
    Progress progress(log_, "Inference", 3);
    progress.Advance(1);
    progress.Advance(2);
    progress.Finish();
  }
  EXPECT_THAT(Written(), ContainsRegex("\\[INFO\\] Inference: 3 in [0-9.]+ s\n$"));
}

TEST_F(LogTest, AbandonedProgressClaimsNothing) {
  {
    Progress progress(log_, "Inference", 3);
  }
  EXPECT_EQ(Written(), "");
}

TEST_F(LogTest, ProgressBar) {
  Progress progress(log_, "Upload", 2000, Progress::Unit::kBytes);
  progress.Advance(1000);
  EXPECT_EQ(progress.Render(0.5),
            "Upload [############............] 1.0 kB/2.0 kB 2.0 kB/s, 0 s left");
}

}  // namespace
}  // namespace host
