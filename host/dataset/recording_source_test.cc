// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/recording_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kClasses = {"wing", "ring"};

struct Entry {
  std::string path;
  std::string text;
  mode_t type = AE_IFREG;
  std::string link = {};  // hard link target, if any
};

std::vector<uint8_t> MakeTarGz(const std::vector<Entry>& entries) {
  std::vector<uint8_t> bytes(4 << 20);
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_pax_restricted(writer);
  archive_write_open_memory(writer, bytes.data(), bytes.size(), &used);
  for (const Entry& entry : entries) {
    archive_entry* header = archive_entry_new();
    archive_entry_set_pathname(header, entry.path.c_str());
    archive_entry_set_filetype(header, entry.type);
    archive_entry_set_perm(header, 0644);
    archive_entry_set_size(header, static_cast<la_int64_t>(entry.text.size()));
    if (entry.type == AE_IFLNK) archive_entry_set_symlink(header, "/etc/passwd");
    if (!entry.link.empty()) archive_entry_set_hardlink(header, entry.link.c_str());
    archive_write_header(writer, header);
    archive_write_data(writer, entry.text.data(), entry.text.size());
    archive_entry_free(header);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}

const Entry kRing{"ring/b.txt", "r"};

TEST(RecordingSourceTest, TakesOnlyClassRecordingsSorted) {
  const auto files =
      ReadRecordingArchive(MakeTarGz({kRing,
                                      {"./wing/z.txt", "2"},
                                      {"wing/", "", AE_IFDIR},
                                      {"wing/._z.txt", "twin"},
                                      {"wing/.ipynb_checkpoints/z-checkpoint.txt", "stray"},
                                      {"wing/readme.md", "no"},
                                      {"other/x.txt", "no"},
                                      {"data/wing/a.txt", "1"}}),
                           "a.tar.gz", kClasses);
  ASSERT_TRUE(files) << files.error().Format();
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[0].file_name, "a.txt");
  EXPECT_EQ((*files)[0].text, "1");
  EXPECT_EQ((*files)[1].file_name, "z.txt");
  EXPECT_EQ((*files)[2].class_name, "ring");
}

TEST(RecordingSourceTest, RefusesHostileArchives) {
  const SourceLimits limits{.entries = 4, .file_bytes = 1000, .total_bytes = 2500};
  const Entry wing{"wing/a.txt", "w"};
  const struct {
    const char* what;
    std::vector<Entry> entries;
    const char* sentence;
  } rows[] = {
      {"parent", {wing, kRing, {"../wing/x.txt", "x"}}, "leaves the archive"},
      {"inner parent", {wing, kRing, {"a/../../x.txt", "x"}}, "leaves the archive"},
      {"absolute", {wing, kRing, {"/wing/x.txt", "x"}}, "leaves the archive"},
      {"backslash", {wing, kRing, {"wing\\..\\x.txt", "x"}}, "leaves the archive"},
      {"symlink", {wing, kRing, {"wing/x.txt", "", AE_IFLNK}}, "link or a device"},
      {"hard link", {wing, kRing, {"wing/x.txt", "", AE_IFREG, "wing/a.txt"}}, "link or a device"},
      {"fifo", {wing, kRing, {"wing/x.txt", "", AE_IFIFO}}, "link or a device"},
      {"big file", {wing, kRing, {"wing/x.txt", std::string(1001, '0')}}, "larger than 1000"},
      {"big file passed over", {{"junk", std::string(1001, '0')}}, "larger than 1000"},
      {"big sum",
       {{"wing/1.txt", std::string(900, '0')},
        {"wing/2.txt", std::string(900, '0')},
        {"wing/3.txt", std::string(900, '0')}},
       "larger than 2500"},
      {"many", {wing, kRing, {"1", ""}, {"2", ""}, {"3", ""}}, "more than 4"},
      {"twice", {wing, kRing, {"data/wing/a.txt", "x"}}, "occurs twice"},
      {"class missing", {wing}, "no recording ring/*.txt"},
      {"empty", {}, "no recording wing/*.txt"},
  };
  for (const auto& row : rows) {
    const auto files = ReadRecordingArchive(MakeTarGz(row.entries), "a.tar.gz", kClasses, limits);
    ASSERT_FALSE(files) << row.what;
    EXPECT_EQ(files.error().kind, ErrorKind::kInput) << row.what;
    EXPECT_THAT(files.error().Format(), HasSubstr(row.sentence)) << row.what;
    EXPECT_THAT(files.error().place, HasSubstr("a.tar.gz")) << row.what;
  }
}

TEST(RecordingSourceTest, RefusesDamagedArchives) {
  std::vector<uint8_t> bytes = MakeTarGz({{"wing/a.txt", std::string(5000, 'w')}, kRing});
  EXPECT_FALSE(ReadRecordingArchive(std::span(bytes).first(bytes.size() / 2), "cut", kClasses));
  EXPECT_FALSE(ReadRecordingArchive(std::span<const uint8_t>(), "empty", kClasses));
  bytes[bytes.size() / 2] ^= 0x40;
  EXPECT_FALSE(ReadRecordingArchive(bytes, "flipped", kClasses));
  EXPECT_FALSE(ReadRecordingArchive(std::filesystem::path("/nonexistent"), kClasses));
}

TEST(RecordingSourceTest, FolderMustHaveEachClass) {
  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / "recording_source_test";
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root / "wing");
  std::ofstream(root / "wing" / "a.txt") << "w";
  std::ofstream(root / "wing" / "._a.txt") << "twin";
  const auto missing = ReadRecordingFolder(root, kClasses);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().Format(), HasSubstr("ring"));
  std::filesystem::create_directories(root / "ring");
  EXPECT_FALSE(ReadRecordingFolder(root, kClasses));
  std::ofstream(root / "ring" / "b.txt") << "r";
  const auto files = ReadRecordingFolder(root, kClasses);
  ASSERT_TRUE(files) << files.error().Format();
  EXPECT_EQ(files->size(), 2u);
  EXPECT_FALSE(ReadRecordingFolder(root, kClasses, {.file_bytes = 0}));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace host
