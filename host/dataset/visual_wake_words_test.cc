// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/visual_wake_words.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

fs::path Shared() {
  const char* shared = std::getenv("KN_SHARED");
  return shared != nullptr ? shared : "../shared";
}

std::vector<uint8_t> FileBytes(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(VisualWakeWordsTest, DeviceBytesAreTheReferences) {
  const fs::path folder = Shared() / "spec/kenning/vectors/vww";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent (set KN_SHARED)";
  const auto dataset =
      LoadVisualWakeWords({.dataset_root = folder / "COCO", .split_fraction_test = 1.0});
  ASSERT_TRUE(dataset) << dataset.error().Format();
  ASSERT_EQ(dataset->samples.size(), 3u);
  const uint32_t labels[] = {0, 1, 0};  // the first lies exactly at the threshold
  for (size_t i = 0; i < 3; ++i) {
    const auto wanted = FileBytes(folder / (std::to_string(i + 1) + "_device_9216.i8"));
    const auto& bytes = dataset->samples[i].bytes;
    EXPECT_EQ(dataset->samples[i].label, labels[i]);
    ASSERT_EQ(bytes.size(), 9216u);
    ASSERT_EQ(wanted.size(), 9216u);
    size_t different = 0;
    for (size_t k = 0; k < wanted.size(); ++k) different += bytes[k] != wanted[k];
    EXPECT_EQ(different, 0u) << "image " << i + 1;
  }
}

TEST(VisualWakeWordsTest, ReadsRealPhotographs) {
  const fs::path folder = Shared() / "data/coco128";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is absent (set KN_SHARED)";
  const auto dataset = LoadVisualWakeWords({.dataset_root = folder, .split_fraction_test = 1.0});
  ASSERT_TRUE(dataset) << dataset.error().Format();
  EXPECT_EQ(dataset->test_order.size(), 128u);
  for (const Sample& sample : dataset->samples) EXPECT_EQ(sample.bytes.size(), 9216u);
}

TEST(VisualWakeWordsTest, LabelsByTheAreaOfBoxes) {
  const auto images = ParseAnnotations(
      R"({"categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}],
          "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 100},
                     {"id": 8, "file_name": "b.jpg", "width": 100, "height": 100}],
          "annotations": [{"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 5]},
                          {"image_id": 7, "category_id": 1, "bbox": [0, 0, 6, 5]},
                          {"image_id": 8, "category_id": 1, "bbox": [0, 0, 10, 5]},
                          {"image_id": 8, "category_id": 2, "bbox": [0, 0, 90, 90]}]})",
      "a.json", "person", 0.005);
  ASSERT_TRUE(images) << images.error().Format();
  ASSERT_EQ(images->size(), 2u);
  EXPECT_EQ((*images)[0].label, 1u);  // 25 + 30 > 50
  EXPECT_EQ((*images)[1].label, 0u);  // 50 is not more
}

TEST(VisualWakeWordsTest, FaultsOfAnnotationsAreNamed) {
  const std::string lists = R"("categories": [{"id": 1, "name": "person"}], "annotations": [)";
  const struct {
    std::string json;
    const char* sentence;
  } rows[] = {
      {"{", "not valid JSON"},
      {"[]", "not valid JSON"},
      {std::string(100, '[') + std::string(100, ']'), "not valid JSON"},
      {R"({"categories": [], "annotations": [1], "images": []})", "no lists of objects"},
      {R"({"categories": [], "annotations": [], "images": []})", "no category is called person"},
      {"{" + lists + R"({"category_id": 1}], "images": []})", "an annotation has no"},
      {"{" + lists + R"(], "images": [{"id": 1}]})", "an image has not all"},
      {"{" + lists + R"(], "images": [{"id": 1, "file_name": "../x", "width": 1, "height": 1}]})",
       "leaves its folder"},
  };
  for (const auto& row : rows) {
    const auto images = ParseAnnotations(row.json, "a.json", "person", 0.005);
    ASSERT_FALSE(images) << row.json;
    EXPECT_THAT(images.error().sentence, HasSubstr(row.sentence));
    EXPECT_EQ(images.error().place, "a.json");
  }
}

TEST(VisualWakeWordsTest, AbsentFilesAndBadImagesAreInputErrors) {
  EXPECT_FALSE(LoadVisualWakeWords({.dataset_root = "/nonexistent"}));
  const std::string cut_png = "\x89PNG\r\n\x1a\n";
  const std::string cut_jpeg = "\xff\xd8\xff\xe0";
  for (const std::string& bytes : {std::string(), std::string("BM"), cut_png, cut_jpeg}) {
    const auto image =
        DecodeImage({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "i");
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().kind, ErrorKind::kInput);
    EXPECT_EQ(image.error().place, "i");
  }
}

void Append(std::string* to, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) to->push_back(static_cast<char>(value >> (8 * i)));
}

// A bitmap of 2 x 2 pixels: red, green / blue, white.
std::string Bitmap(uint16_t bits, bool is_top_first) {
  std::string pixels;
  std::string palette;
  const uint32_t colours[] = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff};  // as 0xRRGGBB
  const size_t bottom_first[] = {2, 3, 0, 1};
  for (size_t i = 0; i < 4; ++i) {
    const size_t at = is_top_first ? i : bottom_first[i];
    if (bits == 8) {
      Append(&palette, colours[i], 4);
      pixels.push_back(static_cast<char>(at));
    } else {
      Append(&pixels, colours[at], bits / 8);
    }
    if (i % 2 == 1) pixels.append(bits == 32 ? 0 : 2, '\0');
  }
  std::string file = "BM";
  Append(&file, 0, 8);
  Append(&file, 54 + static_cast<uint32_t>(palette.size()), 4);
  Append(&file, 40, 4);
  Append(&file, 2, 4);
  Append(&file, is_top_first ? 0xfffffffe : 2, 4);
  Append(&file, 1, 2);
  Append(&file, bits, 2);
  file.append(24, '\0');
  return file + palette + pixels;
}

TEST(VisualWakeWordsTest, BitmapsAreRead) {
  const std::vector<uint8_t> wanted = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  for (const uint16_t bits : {uint16_t{8}, uint16_t{24}, uint16_t{32}}) {
    for (bool is_top_first : {false, true}) {
      const std::string file = Bitmap(bits, is_top_first);
      const auto decode = [&](std::string_view text) {
        return DecodeImage({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, "b");
      };
      const auto image = decode(file);
      ASSERT_TRUE(image) << bits << image.error().Format();
      EXPECT_EQ(image->pixels, wanted) << bits << " bits";
      for (size_t size = 0; size < file.size(); ++size) {
        EXPECT_FALSE(decode(std::string_view(file).substr(0, size))) << size;
      }
    }
  }
}

}  // namespace
}  // namespace host
