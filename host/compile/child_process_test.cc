// SPDX-License-Identifier: Apache-2.0

#include "host/compile/child_process.h"

#include <signal.h>

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

TEST(ChildProcessTest, PassesLinesAndExitCode) {
  std::vector<std::string> lines;
  const auto outcome =
      RunChildProcess(Shell("echo one; echo two >&2; printf three; exit 7"), seconds(60),
                      [&](std::string_view line) { lines.emplace_back(line); }, {});
  ASSERT_TRUE(outcome) << outcome.error().Format();
  EXPECT_EQ(outcome->exit_code, 7);
  EXPECT_EQ(outcome->signal, 0);
  EXPECT_EQ(outcome->output, "one\ntwo\nthree");
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
}

TEST(ChildProcessTest, ArgumentsAreNotInterpreted) {
  const auto outcome = RunChildProcess({"/bin/echo", "$HOME; ls *", "a b"}, seconds(60), {}, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "$HOME; ls * a b\n");
}

TEST(ChildProcessTest, KeepsOnlyTheEndOfLongOutput) {
  size_t lines = 0;
  const auto outcome = RunChildProcess(
      Shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; echo last"),
      seconds(60), [&](std::string_view) { ++lines; }, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(lines, 20001u);
  EXPECT_LE(outcome->output.size(), 64u << 10);
  EXPECT_TRUE(outcome->output.ends_with("0123456789\nlast\n"));
}

TEST(ChildProcessTest, ReportsTheEndingSignal) {
  const auto outcome = RunChildProcess(Shell("kill -SEGV $$"), seconds(60), {}, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->signal, SIGSEGV);
}

TEST(ChildProcessTest, EndsAtTheTimeLimit) {
  const auto outcome = RunChildProcess({"/bin/sleep", "60"}, milliseconds(50), {}, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::kRun);
  EXPECT_THAT(outcome.error().Format(), HasSubstr("/bin/sleep: did not finish within 0.05 s"));
}

TEST(ChildProcessTest, OneThatClosedItsOutputEndsAtTheTimeLimit) {
  const auto outcome = RunChildProcess(Shell("exec >&- 2>&-; sleep 60"), milliseconds(50), {}, {});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().Format(), HasSubstr("did not finish within 0.05 s"));
}

TEST(ChildProcessTest, AProgramIsSearchedInThePath) {
  const auto outcome = RunChildProcess({"echo", "here"}, seconds(60), {}, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "here\n");
}

TEST(ChildProcessTest, EndsOnRequest) {
  std::stop_source stop;
  const std::jthread asker([&] { stop.request_stop(); });
  const auto outcome = RunChildProcess({"/bin/sleep", "60"}, seconds(30), {}, stop.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().Format(), HasSubstr("ended on request"));
}

TEST(ChildProcessTest, RunsInTheFolderItIsGiven) {
  const auto outcome = RunChildProcess({"/bin/pwd"}, seconds(60), {}, {}, "/usr");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "/usr\n");
}

TEST(ChildProcessTest, MissingProgramIsAnError) {
  const auto outcome = RunChildProcess({"/nonexistent/program"}, seconds(60), {}, {});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().Format(), HasSubstr("/nonexistent/program: cannot be started"));
}

}  // namespace
}  // namespace host
