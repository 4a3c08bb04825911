// SPDX-License-Identifier: Apache-2.0

#include "host/results/atomic_file.h"

#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string Read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] size_t FileCount() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, MakesFoldersAndReplacesWholeFiles) {
  const fs::path path = folder_ / "a" / "b.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "first, and longer"));
  ASSERT_TRUE(WriteFileAtomically(path, std::string_view("se\0cond", 7)));
  EXPECT_EQ(Read(path), std::string("se\0cond", 7));
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(AtomicFileTest, FailureNamesThePathAndLeavesNothingBehind) {
  fs::create_directories(folder_ / "taken" / "inside");
  const Result<> result = WriteFileAtomically(folder_ / "taken", "x");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place, (folder_ / "taken").string());
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(AtomicFileTest, AFileInPlaceOfAFolderIsAnError) {
  ASSERT_TRUE(WriteFileAtomically(folder_ / "file", "kept"));
  EXPECT_FALSE(WriteFileAtomically(folder_ / "file" / "below", "x"));
  EXPECT_EQ(Read(folder_ / "file"), "kept");
}

}  // namespace
}  // namespace host
