// SPDX-License-Identifier: Apache-2.0

#include "host/compile/module_cache.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;

std::string Content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class ModuleCacheTest : public testing::Test {
 protected:
  ModuleCacheTest() : root_(fs::path(testing::TempDir()) / "module_cache_test") {
    fs::remove_all(root_);
    fs::create_directories(root_);
    std::ofstream(root_ / "module") << "compiled";
  }
  ~ModuleCacheTest() override { fs::remove_all(root_); }
  const fs::path root_;
};

TEST_F(ModuleCacheTest, GivesBackWhatWasStoredUnderTheKey) {
  const ModuleCache cache(root_ / "cache");
  EXPECT_FALSE(cache.Fetch("key", root_ / "out"));
  cache.Store("key", root_ / "module");
  ASSERT_TRUE(cache.Fetch("key", root_ / "out"));
  EXPECT_EQ(Content(root_ / "out"), "compiled");
  EXPECT_FALSE(cache.Fetch("another key", root_ / "other"));
  EXPECT_FALSE(fs::exists(root_ / "other"));
}

TEST_F(ModuleCacheTest, DamagedEntriesAreMisses) {
  const ModuleCache cache(root_ / "cache");
  cache.Store("key", root_ / "module");
  for (const auto& entry : fs::directory_iterator(root_ / "cache")) {
    if (entry.path().extension() == ".vmfb") std::ofstream(entry.path()) << "cut";
  }
  EXPECT_FALSE(cache.Fetch("key", root_ / "out"));
  cache.Store("key", root_ / "module");
  EXPECT_TRUE(cache.Fetch("key", root_ / "out"));
  for (const auto& entry : fs::directory_iterator(root_ / "cache")) {
    if (entry.path().extension() == ".key") std::ofstream(entry.path()) << "another key of 8 bytes";
  }
  EXPECT_FALSE(cache.Fetch("key", root_ / "out"));
}

TEST_F(ModuleCacheTest, NoFolderMeansNoCache) {
  const ModuleCache none("");
  none.Store("key", root_ / "module");
  EXPECT_FALSE(none.Fetch("key", root_ / "out"));
  const ModuleCache unwritable("/proc/nonexistent");
  unwritable.Store("key", root_ / "module");
  EXPECT_FALSE(unwritable.Fetch("key", root_ / "out"));
}

}  // namespace
}  // namespace host
