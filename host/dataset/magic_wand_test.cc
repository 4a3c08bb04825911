// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/magic_wand.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

fs::path Shared() {
  const char* shared = std::getenv("KN_SHARED");
  return shared != nullptr ? shared : "../shared";
}

std::vector<float> Floats(const Sample& sample) {
  std::vector<float> values(sample.bytes.size() / sizeof(float));
  std::memcpy(values.data(), sample.bytes.data(), sample.bytes.size());
  return values;
}

// A folder with `recordings` recordings of `rows` rows in one file a class.
class GestureFolder {
 public:
  explicit GestureFolder(const std::string& name, int rows = 128, int recordings = 5)
      : root_(fs::path(testing::TempDir()) / name) {
    fs::remove_all(root_);
    for (const char* class_name : {"wing", "ring", "slope", "negative"}) {
      fs::create_directories(root_ / class_name);
      std::ofstream file(root_ / class_name / "a.txt");
      for (int i = 0; i < recordings; ++i) {
        for (int row = 0; row < rows; ++row) file << row << ".5,-1," << i << "\r\n";
        file << "-,-,-\r\n";
      }
    }
  }
  ~GestureFolder() { fs::remove_all(root_); }
  [[nodiscard]] MagicWandParameters parameters() const {
    return {.dataset_root = root_, .download_dataset = false};
  }
  [[nodiscard]] const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

TEST(MagicWandTest, WholeWindowsAreTheRecordedNumbers) {
  const GestureFolder folder("magic_wand_whole");
  const auto dataset = LoadMagicWand(folder.parameters());
  ASSERT_TRUE(dataset) << dataset.error().Format();
  EXPECT_THAT(dataset->class_names, ElementsAre("wing", "ring", "slope", "negative"));
  ASSERT_EQ(dataset->samples.size(), 20u);
  EXPECT_EQ(dataset->samples[0].label, 0u);
  EXPECT_EQ(dataset->samples[19].label, 3u);
  EXPECT_THAT(dataset->test_order, ElementsAre(6, 7, 16, 4));  // kenning-contract, section 3.3
  EXPECT_EQ(dataset->train_order.size(), 16u);
  const std::vector<float> values = Floats(dataset->samples[7]);
  ASSERT_EQ(values.size(), 384u);
  for (size_t row = 0; row < 128; ++row) {
    EXPECT_EQ(values[3 * row], static_cast<float>(row) + 0.5f);
    EXPECT_EQ(values[3 * row + 1], -1.0f);
    EXPECT_EQ(values[3 * row + 2], 2.0f);
  }
}

// Windows per recording length: kenning-contract, section 3.2.
TEST(MagicWandTest, PaddingGivesTheReferencesNumberOfWindows) {
  const struct {
    int rows;
    size_t windows;
  } rows[] = {{90, 1}, {128, 1}, {129, 2}, {170, 2}, {256, 2}, {300, 3}, {400, 4}};
  for (const auto& row : rows) {
    const GestureFolder folder("magic_wand_padding", row.rows, 2);
    MagicWandParameters parameters = folder.parameters();
    parameters.split_fraction_test = 1.0;
    const auto dataset = LoadMagicWand(parameters);
    ASSERT_TRUE(dataset) << dataset.error().Format();
    EXPECT_EQ(dataset->samples.size(), 8 * row.windows) << row.rows;
  }
}

TEST(MagicWandTest, NoiseIsSeededAndBounded) {
  const GestureFolder folder("magic_wand_noise", 90);
  MagicWandParameters parameters = folder.parameters();
  const auto first = LoadMagicWand(parameters);
  const auto second = LoadMagicWand(parameters);
  parameters.noise_seed = 1;
  const auto other = LoadMagicWand(parameters);
  parameters.noise_level = 0;
  const auto silent = LoadMagicWand(parameters);
  ASSERT_TRUE(first && second && other && silent);
  EXPECT_EQ(first->samples[3].bytes, second->samples[3].bytes);
  EXPECT_NE(first->samples[3].bytes, other->samples[3].bytes);
  const std::vector<float> noisy = Floats(first->samples[3]);
  const std::vector<float> quiet = Floats(silent->samples[3]);
  for (size_t i = 0; i < noisy.size(); ++i) EXPECT_NEAR(noisy[i], quiet[i], 10.0f);
}

TEST(MagicWandTest, MatchesTheRecordedWindows) {
  const fs::path folder = Shared() / "spec/kenning/vectors/magic-wand-windows";
  std::ifstream stream(folder / "windows_seed0.f32", std::ios::binary);
  if (!stream) GTEST_SKIP() << folder << " is absent (set KN_SHARED)";
  const std::vector<uint8_t> expected((std::istreambuf_iterator<char>(stream)), {});
  const auto dataset = LoadMagicWand(
      {.dataset_root = folder / "MW", .download_dataset = false, .split_fraction_test = 1.0});
  ASSERT_TRUE(dataset) << dataset.error().Format();
  std::vector<uint8_t> actual;
  for (const Sample& sample : dataset->samples) {
    actual.insert(actual.end(), sample.bytes.begin(), sample.bytes.end());
  }
  EXPECT_EQ(actual, expected);
  EXPECT_THAT(dataset->notes, ElementsAre(HasSubstr("rows at the end of files were left out")));
}

TEST(MagicWandTest, ReadsTheRealArchive) {
  const fs::path archive = Shared() / "data/magic-wand/data.tar.gz";
  if (!fs::exists(archive)) GTEST_SKIP() << archive << " is absent (set KN_SHARED)";
  const auto dataset = LoadMagicWand({.dataset_root = archive, .download_dataset = false});
  ASSERT_TRUE(dataset) << dataset.error().Format();
  const auto again =
      LoadMagicWand({.dataset_root = archive.parent_path(), .download_dataset = true});
  ASSERT_TRUE(again) << again.error().Format();
  EXPECT_EQ(dataset->test_order, again->test_order);
  EXPECT_EQ(dataset->test_order.size() + dataset->train_order.size(), dataset->samples.size());
  EXPECT_GT(dataset->samples.size(), 500u);
}

TEST(MagicWandTest, ReduceKeepsOrder) {
  const GestureFolder folder("magic_wand_reduce", 128, 10);
  MagicWandParameters parameters = folder.parameters();
  parameters.reduce_dataset = 0.5;
  const auto dataset = LoadMagicWand(parameters);
  ASSERT_TRUE(dataset) << dataset.error().Format();
  ASSERT_EQ(dataset->samples.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(dataset->samples, {}, &Sample::label));
  EXPECT_THAT(dataset->notes, ElementsAre("Dataset reduced from 40 to 20 entries"));
}

TEST(MagicWandTest, WrongParametersAreInputErrors) {
  const GestureFolder folder("magic_wand_parameters");
  const struct {
    const char* sentence;
    void (*change)(MagicWandParameters&);
  } rows[] = {
      {"window_size 0", [](auto& p) { p.window_size = 0; }},
      {"window_size 99999999", [](auto& p) { p.window_size = 99999999; }},
      {"window_shift 64", [](auto& p) { p.window_shift = 64; }},
      {"window_shift -128", [](auto& p) { p.window_shift = -128; }},
      {"noise_level -1", [](auto& p) { p.noise_level = -1; }},
      {"reduce_dataset 0", [](auto& p) { p.reduce_dataset = 0; }},
      {"test fraction 2", [](auto& p) { p.split_fraction_test = 2; }},
      {"dataset_root is empty", [](auto& p) { p.dataset_root.clear(); }},
      {"no recordings here", [](auto& p) { p.dataset_root /= "nothing"; }},
      {"something else", [](auto& p) { p.dataset_root /= "wing"; }},
  };
  for (const auto& row : rows) {
    MagicWandParameters parameters = folder.parameters();
    row.change(parameters);
    const auto dataset = LoadMagicWand(parameters);
    ASSERT_FALSE(dataset) << row.sentence;
    EXPECT_EQ(dataset.error().kind, ErrorKind::kInput) << row.sentence;
    EXPECT_THAT(dataset.error().Format(), HasSubstr(row.sentence));
  }
}

TEST(MagicWandTest, HandMadeDataIsNeverTouched) {
  const GestureFolder folder("magic_wand_keep");
  std::ofstream(folder.root() / "wing" / "b.txt") << "1,2,3\nnot,a,number\n";
  const auto dataset = LoadMagicWand({.dataset_root = folder.root(), .download_dataset = true});
  ASSERT_FALSE(dataset);
  EXPECT_THAT(dataset.error().place, HasSubstr("wing/b.txt:2"));
  EXPECT_TRUE(fs::exists(folder.root() / "ring" / "a.txt"));
}

}  // namespace
}  // namespace host
