// SPDX-License-Identifier: Apache-2.0

#include "sim/springbok_sim/pty.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>

namespace sim {
namespace {

// A folder of its own, so that two runs never meet.
class PtyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
  void TearDown() override {
    unlink(path().c_str());
    rmdir(folder_.data());
  }
  [[nodiscard]] std::string path() const { return std::string(folder_.data()) + "/uart"; }
  [[nodiscard]] bool Exists() const {
    struct stat status{};
    return lstat(path().c_str(), &status) == 0;
  }

  std::array<char, 32> folder_ = {"/tmp/pty_test.XXXXXX"};
};

TEST_F(PtyTest, CarriesEveryByteBothWaysAndRemovesItsLink) {
  {
    auto pty = Pty::Open(path(), false);
    ASSERT_TRUE(pty.has_value()) << pty.error();
    const int client = open(path().c_str(), O_RDWR | O_NOCTTY);
    ASSERT_GE(client, 0);
    std::array<uint8_t, 256> all{};
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
    ASSERT_EQ(write(client, all.data(), all.size()), 256);
    EXPECT_EQ(pty->Read(), std::vector<uint8_t>(all.begin(), all.end()));
    EXPECT_TRUE(pty->Read().empty());
    EXPECT_EQ(pty->Write(all), 256u);
    std::array<uint8_t, 256> answer{};
    size_t length = 0;
    while (length < answer.size()) {
      const ssize_t count = read(client, answer.data() + length, answer.size() - length);
      ASSERT_GT(count, 0);
      length += static_cast<size_t>(count);
    }
    EXPECT_EQ(answer, all);
    close(client);
  }
  EXPECT_FALSE(Exists());
}

TEST_F(PtyTest, RefusesAnExistingPathUnlessForced) {
  ASSERT_EQ(symlink("/nowhere", path().c_str()), 0);
  EXPECT_FALSE(Pty::Open(path(), false).has_value());
  EXPECT_TRUE(Exists());
  EXPECT_TRUE(Pty::Open(path(), true).has_value());
}

TEST_F(PtyTest, NeverReplacesAFile) {
  std::ofstream(path()) << "precious";
  EXPECT_FALSE(Pty::Open(path(), true).has_value());
  EXPECT_TRUE(Exists());
}

TEST_F(PtyTest, LeavesALinkThatSomebodyElsePutThere) {
  {
    auto pty = Pty::Open(path(), false);
    ASSERT_TRUE(pty.has_value());
    unlink(path().c_str());
    ASSERT_EQ(symlink("/elsewhere", path().c_str()), 0);
  }
  EXPECT_TRUE(Exists());
}

}  // namespace
}  // namespace sim
