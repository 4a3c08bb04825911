// SPDX-License-Identifier: Apache-2.0

#include "host/report/text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace host::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextTest, HtmlHasNoMarkupLeft) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\" id='y'>&\x01\n"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\n");
}

TEST(TextTest, MarkdownKeepsNamesReadableAndMarkupInert) {
  EXPECT_EQ(EscapeMarkdown("magic_wand_fp32"), "magic_wand_fp32");
  EXPECT_EQ(EscapeMarkdown("_a_ *b* `c` | {d} <e> [f] #g $h"),
            "\\_a\\_ \\*b\\* \\`c\\` \\| \\{d\\} \\<e\\> \\[f\\] \\#g \\$h");
  EXPECT_EQ(EscapeMarkdown("one\ntwo\x7f"), "one two");
}

TEST(TextTest, JsonInAScriptCannotCloseIt) {
  const std::string text = JsonForScript({{"a", "</script><!--"}});
  EXPECT_THAT(text, Not(HasSubstr("<")));
  EXPECT_EQ(nlohmann::json::parse(text)["a"], "</script><!--");
}

TEST(TextTest, FileNamesStayInTheirFolder) {
  struct Row {
    const char* text;
    const char* part;
  };
  constexpr Row kRows[] = {
      {"plain-1.x", "plain-1.x"},
      {"../../etc/passwd", "_._.._etc_passwd"},
      {"", "_"},
      {".", "_"},
      {"..", "_."},
      {"a b\n", "a_b_"},
      {"caf\xc3\xa9", "caf__"},
  };
  for (const Row& row : kRows) EXPECT_EQ(FileNamePart(row.text), row.part) << row.text;
  EXPECT_EQ(FileNamePart(std::string(5000, 'x')).size(), 100u);
}

TEST(TextTest, NumbersForReaders) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Percent(0.28571, 1), "28.6 %");
  EXPECT_EQ(Bytes(9216), "9,216 B");
  EXPECT_EQ(Bytes(26944), "26.3 KiB");
  EXPECT_EQ(Bytes(1063808), "1.01 MiB");
}

TEST(TextTest, DurationsTakeTheUnitThatSuitsThem) {
  struct Row {
    double seconds;
    const char* value;
    const char* unit;
  };
  constexpr Row kRows[] = {
      {2.5, "2.500", "s"},      {0.0206, "20.60", "ms"}, {0.31, "310.0", "ms"},
      {0.00031, "310.0", "µs"}, {4e-9, "0.004", "µs"},   {0, "0.000", "µs"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(Duration(row.seconds).value, row.value) << row.seconds;
    EXPECT_EQ(Duration(row.seconds).unit, row.unit) << row.seconds;
  }
}

}  // namespace
}  // namespace host::report
