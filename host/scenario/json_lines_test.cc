// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/json_lines.h"

#include <gtest/gtest.h>

namespace host {
namespace {

constexpr std::string_view kText = R"({
  "a": {"b": [1, 2,
    {"c/d": "x\"}"}, "]"]},
  "e~": null,

  "f": "last"
})";

struct Row {
  std::string_view pointer;
  size_t line;
};

class LineOfPointerTest : public ::testing::TestWithParam<Row> {};

TEST_P(LineOfPointerTest, Line) {
  EXPECT_EQ(LineOfPointer(kText, GetParam().pointer), GetParam().line) << GetParam().pointer;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LineOfPointerTest,
    ::testing::Values(Row{"", 1}, Row{"/a", 2}, Row{"/a/b", 2}, Row{"/a/b/1", 2}, Row{"/a/b/2", 3},
                      Row{"/a/b/2/c~1d", 3}, Row{"/a/b/3", 3}, Row{"/e~0", 4}, Row{"/f", 6},
                      // Unknown members give their closest ancestor.
                      Row{"/a/nothing", 2}, Row{"/a/b/17", 2}, Row{"/zzz/deeper", 1}));

TEST(LineOfPointer, AnyTextGivesSomeLine) {
  for (const std::string_view text :
       {"", "{", "[", "{\"a\"", "{\"a\":", "[1,", "\"", "\"\\", "]"}) {
    EXPECT_GE(LineOfPointer(text, "/a/0/b"), 1u) << text;
  }
}

TEST(NestingDepth, CountsBracketsOutsideTexts) {
  EXPECT_EQ(NestingDepth(""), 0u);
  EXPECT_EQ(NestingDepth("[[{}], []]"), 3u);
  EXPECT_EQ(NestingDepth(R"({"[[[[": "\"[["})"), 1u);
  EXPECT_EQ(NestingDepth("]]]["), 1u);
}

}  // namespace
}  // namespace host
