// SPDX-License-Identifier: Apache-2.0

#include "host/process/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <thread>

namespace host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class FileLockTest : public ::testing::Test {
 protected:
  ~FileLockTest() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("file_lock_test." + std::to_string(::getpid()));
};

TEST_F(FileLockTest, TheSecondWaitsItsTurn) {
  std::optional<Result<FileLock>> first = FileLock::Take(path_, seconds(10), {});
  ASSERT_TRUE(*first);
  const auto refused = FileLock::Take(path_, milliseconds(100), {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Format(), HasSubstr("another program has held it for 0.1 s"));
  const std::jthread holder([&first] {
    std::this_thread::sleep_for(milliseconds(100));
    first.reset();
  });
  EXPECT_TRUE(FileLock::Take(path_, seconds(60), {}));
}

TEST_F(FileLockTest, AStopRequestEndsTheWait) {
  const auto first = FileLock::Take(path_, seconds(10), {});
  std::stop_source stop;
  stop.request_stop();
  const auto refused = FileLock::Take(path_, seconds(60), stop.get_token());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().Format(), HasSubstr("stopped by the user"));
}

TEST_F(FileLockTest, WithoutAPlaceForTheFileThereAreNoTurns) {
  EXPECT_TRUE(FileLock::Take("/nonexistent/lock", seconds(1), {}));
}

}  // namespace
}  // namespace host
