// SPDX-License-Identifier: Apache-2.0

#include "host/model/keras_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/model/keras_test_file.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class KerasFileTest : public testing::Test {
 protected:
  KerasFileTest() : path_(fs::path(testing::TempDir()) / "keras_file_test.h5") {}
  ~KerasFileTest() override { fs::remove(path_); }
  const fs::path path_;
};

TEST_F(KerasFileTest, GivesConfigurationAndWeights) {
  for (TestDefect form : {TestDefect::kNone, TestDefect::kFixedLengthConfig}) {
    WriteKerasTestFile(path_, SmallKerasModel(), form);
    const auto file = ReadKerasFile(path_);
    ASSERT_TRUE(file) << file.error().Format();
    EXPECT_EQ(file->model_config, SmallKerasModel().model_config);
    EXPECT_EQ(file->keras_version, "2.15.0");
    ASSERT_EQ(file->layers.size(), 2u);
    EXPECT_THAT(file->layers[0].weights, IsEmpty());
    ASSERT_EQ(file->layers[1].weights.size(), 2u);
    const KerasWeight& kernel = file->layers[1].weights[0];
    EXPECT_EQ(kernel.name, "kernel");
    EXPECT_EQ(kernel.owner, "d");
    EXPECT_THAT(kernel.shape, ElementsAre(3, 2));
    EXPECT_THAT(kernel.values, ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(file->layers[1].weights[1].name, "bias");
  }
}

TEST_F(KerasFileTest, DefectsAreNamed) {
  const struct {
    TestDefect defect;
    const char* sentence;
  } rows[] = {
      {TestDefect::kNoConfig, "no attribute model_config"},
      {TestDefect::kConfigIsNumber, "model_config is not text"},
      {TestDefect::kWeightsOnly, "weights only"},
      {TestDefect::kIntegerWeights, "layer d, weight d/kernel:0: is not floating point"},
      {TestDefect::kMissingDataset, "layer d, weight d/kernel:0: there is no d/kernel:0"},
      {TestDefect::kExternalLink, "d/kernel:0 is a link"},
      {TestDefect::kExternalStorage, "is stored outside of this file"},
  };
  for (const auto& row : rows) {
    WriteKerasTestFile(path_, SmallKerasModel(), row.defect);
    const auto file = ReadKerasFile(path_);
    ASSERT_FALSE(file) << row.sentence;
    EXPECT_EQ(file.error().kind, ErrorKind::kInput);
    EXPECT_EQ(file.error().place, path_.string());
    EXPECT_THAT(file.error().sentence, HasSubstr(row.sentence));
  }
}

TEST_F(KerasFileTest, FilesThatAreNotHdf5AreRefused) {
  EXPECT_FALSE(ReadKerasFile(path_));                // absent
  EXPECT_FALSE(ReadKerasFile(path_.parent_path()));  // a folder
  std::ofstream(path_) << "not an HDF5 file at all";
  const auto file = ReadKerasFile(path_);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().sentence, HasSubstr("not a readable HDF5 file"));
}

// Cuts and flipped bytes anywhere end in a file or in an Error, never in a fault of this process.
TEST_F(KerasFileTest, DamagedFilesAreSurvived) {
  WriteKerasTestFile(path_, SmallKerasModel());
  std::ifstream stream(path_, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(stream)), {});
  std::mt19937 random(1);
  size_t refused = 0;
  for (int i = 0; i < 60; ++i) {
    std::string bad = good;
    if (i % 3 == 0) bad.resize(random() % good.size());
    for (int flips = 0; flips < 1 + i % 8 && !bad.empty(); ++flips) {
      bad[random() % bad.size()] = static_cast<char>(random());
    }
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bad;
    const auto file = ReadKerasFile(path_, std::chrono::seconds(10));
    if (!file) {
      ++refused;
      EXPECT_EQ(file.error().kind, ErrorKind::kInput);
    }
  }
  EXPECT_GT(refused, 20u);
}

}  // namespace
}  // namespace host
