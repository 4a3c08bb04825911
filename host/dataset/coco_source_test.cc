// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/coco_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Entry {
  std::string path;
  std::string content;
  std::string link = {};
};

void WriteZip(const fs::path& path, const std::vector<Entry>& entries) {
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  for (const Entry& row : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, row.path.c_str());
    archive_entry_set_filetype(entry, row.link.empty() ? AE_IFREG : AE_IFLNK);
    if (!row.link.empty()) archive_entry_set_symlink(entry, row.link.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(row.content.size()));
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    archive_write_data(writer, row.content.data(), row.content.size());
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_free(writer), ARCHIVE_OK);
}

std::string TextOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class CocoSourceTest : public testing::Test {
 protected:
  CocoSourceTest() : root_(fs::path(testing::TempDir()) / "coco_source_test") {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~CocoSourceTest() override { fs::remove_all(root_); }

  void Annotations() const {
    WriteZip(
        root_ / "annotations_trainval2017.zip",
        {{"annotations/captions_val2017.json", "c"}, {"annotations/instances_val2017.json", "{}"}});
  }

  const fs::path root_;
};

TEST_F(CocoSourceTest, ArchivesThatLieThereAreUnpacked) {
  Annotations();
  WriteZip(root_ / "val2017.zip", {{"val2017/1.jpg", "one"}, {"val2017/2.jpg", "two"}, {"x", "y"}});
  const auto done = EnsureCoco({.root = root_});
  ASSERT_TRUE(done) << done.error().Format();
  EXPECT_EQ(TextOf(root_ / "annotations/instances_val2017.json"), "{}");
  EXPECT_FALSE(fs::exists(root_ / "annotations/captions_val2017.json"));
  EXPECT_EQ(TextOf(root_ / "val2017/2.jpg"), "two");
  EXPECT_FALSE(fs::exists(root_ / "x"));
  EXPECT_TRUE(fs::exists(root_ / "val2017.zip"));
  fs::remove(root_ / "val2017.zip");
  EXPECT_TRUE(EnsureCoco({.root = root_}));  // what is there is enough
}

TEST_F(CocoSourceTest, WhatIsMissingIsNamed) {
  const auto nothing = EnsureCoco({.root = root_});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().kind, ErrorKind::kInput);
  EXPECT_THAT(nothing.error().sentence, HasSubstr("annotations_trainval2017.zip"));
  const auto refused =
      EnsureCoco({.root = root_, .may_download = true, .url = "http://127.0.0.1:1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kRun);
  EXPECT_THAT(refused.error().Format(), HasSubstr("without a network, put"));
  EXPECT_FALSE(EnsureCoco({.root = root_, .type = "../val2017"}));
}

TEST_F(CocoSourceTest, HostileArchivesLeaveNothingBehind) {
  const struct {
    std::vector<Entry> entries;
    const char* sentence;
  } rows[] = {
      {{{"val2017/1.jpg", "one"}, {"../evil.jpg", "x"}}, "leaves the archive"},
      {{{"/val2017/evil.jpg", "x"}}, "leaves the archive"},
      {{{"val2017/link.jpg", "", "/etc/passwd"}}, "is a link or a device"},
      {{{"val2017/large.jpg", std::string(5000, 'x')}}, "unpacks to more than COCO has"},
      {{{"val2017/1.jpg", "x"}, {"val2017/2.jpg", "x"}, {"val2017/3.jpg", "x"}},
       "more than 2 files"},
      {{{"other/1.jpg", "x"}}, "there is no val2017/*"},
  };
  for (const auto& row : rows) {
    Annotations();
    fs::remove(root_ / "val2017.zip");
    WriteZip(root_ / "val2017.zip", row.entries);
    const auto done = EnsureCoco({.root = root_}, {}, {}, {.files = 2, .file_bytes = 4096});
    ASSERT_FALSE(done) << row.sentence;
    EXPECT_EQ(done.error().kind, ErrorKind::kInput);
    EXPECT_THAT(done.error().sentence, HasSubstr(row.sentence));
    EXPECT_FALSE(fs::exists(root_ / "val2017")) << row.sentence;
    EXPECT_FALSE(fs::exists(root_ / ".val2017.zip.part"));
    EXPECT_FALSE(fs::exists(root_.parent_path() / "evil.jpg"));
  }
  std::ofstream(root_ / "val2017.zip") << "<html>no such file</html>";
  EXPECT_FALSE(EnsureCoco({.root = root_}));
}

}  // namespace
}  // namespace host
