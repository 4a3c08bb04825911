// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/recording.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(RecordingTest, ReadsRowsBetweenTerminalNoise) {
  const auto content = ParseRecordings(
      "Script started on Sun Aug  4 20:17:02 2019\r\n"
      "\x1b[?1049h\x1b[!p\x1b[H\r\n"
      " -,-,-\r\n"
      "-795.0,502.0,749.0\r\n"
      "1,+2, 3e1\r\n"
      "12,34\r\n"
      "\b\r\n"
      " -,-,-\r\n"
      "4,5,6\n"
      ",,\n"
      ",,\n"
      "7,8,9\r"
      "10,11,12\n",
      "a.txt");
  ASSERT_TRUE(content) << content.error().Format();
  EXPECT_THAT(content->recordings,
              ElementsAre(ElementsAre(AccelerationRow{-795, 502, 749}, AccelerationRow{1, 2, 30}),
                          ElementsAre(AccelerationRow{4, 5, 6})));
  EXPECT_EQ(content->dropped_rows, 2u);
}

TEST(RecordingTest, TextOutsideOfARecordingIsNoise) {
  const auto content = ParseRecordings("Sun, 4 Aug, 2019\nx,y,z\n1,2,3\n-,-,-\nbye,bye,now\n", "a");
  ASSERT_TRUE(content) << content.error().Format();
  EXPECT_THAT(content->recordings, SizeIs(1));
}

TEST(RecordingTest, FaultsNameFileAndLine) {
  const struct {
    const char* text;
    const char* place;
    const char* sentence;
  } rows[] = {
      {"", "f.txt", "no line"},
      {"hello\nworld\n", "f.txt", "no line"},
      {"\n\nred,green,blue\n", "f.txt:3", "'red,green,blue'"},
      {"1,2,3\n1,two,3\n-,-,-\n", "f.txt:2", "'1,two,3'"},
      {"1,2,3\na,b,c\n-,-,-\n", "f.txt:2", "'a,b,c'"},
      {"1,2,3\n1,,3\n-,-,-\n", "f.txt:2", "'1,,3'"},
      {"nan,0,0\n", "f.txt:1", "finite"},
      {"1,2,3\n0,inf,0\n", "f.txt:2", "finite"},
      {"1,2,3\n0,1e300,0\n", "f.txt:2", "finite"},
      {"1,2,3\r\n1,0x12,3\r\n", "f.txt:2", "'1,0x12,3'"},
      {"1,2,3\n1,\x1b[31m9,3\n", "f.txt:2", "'1,?[31m9,3'"},
  };
  for (const auto& row : rows) {
    const auto content = ParseRecordings(row.text, "f.txt");
    ASSERT_FALSE(content) << row.text;
    EXPECT_EQ(content.error().kind, ErrorKind::kInput) << row.text;
    EXPECT_EQ(content.error().place, row.place) << row.text;
    EXPECT_THAT(content.error().sentence, HasSubstr(row.sentence)) << row.text;
  }
}

}  // namespace
}  // namespace host
