// SPDX-License-Identifier: Apache-2.0

#include <regex>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "host/report/html_writer.h"
#include "host/report/markdown_writer.h"
#include "host/report/sections.h"

namespace host::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEvil = "</script><img src=x onerror=alert(1)>\n# x `` | {y}";

// Every kind of block, every text hostile.
Document Hostile() {
  Document document{.title = kEvil, .facts = {kEvil}, .synthetic_data = true, .sections = {}};
  Section section{.level = 2, .title = kEvil, .short_title = kEvil, .anchor = "s-1", .blocks = {}};
  const Inline all = {
      {kEvil}, {kEvil, Style::kStrong}, {kEvil, Style::kEmphasis}, {kEvil, Style::kCode}};
  section.blocks.emplace_back(Paragraph{all});
  section.blocks.emplace_back(Bullets{{{all, {all}}}});
  Table table{
      .caption = kEvil, .label = "t", .columns = {{kEvil, false}, {kEvil, true}}, .rows = {}};
  table.rows.push_back({Cell(kEvil), Cell(kEvil, true)});
  section.blocks.emplace_back(table);
  section.blocks.emplace_back(Figures{{{"f", "f", kEvil, kEvil, {{"title", kEvil}}}}});
  section.blocks.emplace_back(Code{"bash", std::string("````\n") + kEvil, "Run:"});
  section.blocks.emplace_back(Code{"json", kEvil, "Input:"});
  section.blocks.emplace_back(Callout{all, true});
  section.blocks.emplace_back(Cards{{{kEvil, kEvil, kEvil, kEvil}}});
  section.blocks.emplace_back(Shares{kEvil, {{kEvil, 1, kEvil}}});
  document.sections.push_back(std::move(section));
  return document;
}

// Elements must close in the order in which they were opened; content of scripts is skipped.
std::string UnbalancedTag(const std::string& html) {
  static const std::set<std::string> kEmpty = {"meta", "img", "br", "!doctype"};
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    if (end == std::string::npos) return "cut";
    size_t name_end = html.find_first_of(" >\n", at);
    const std::string name = html.substr(at + 1, name_end - at - 1);
    if (name.starts_with("/")) {
      if (open.empty() || open.back() != name.substr(1)) return name;
      open.pop_back();
    } else if (!kEmpty.contains(name)) {
      open.push_back(name);
      if (name == "script" || name == "style") at = html.find("</" + name, at) - 1;
    }
  }
  return open.empty() ? "" : open.back();
}

TEST(HtmlWriterTest, HostileTextsStayTextAndThePageIsBalanced) {
  for (const char* bundle : {"", "window.vegaEmbed = '</script>';"}) {
    const std::string html =
        WriteHtml(Hostile(), {.web_bundle = bundle, .pngs = {}, .note = kEvil});
    EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
    EXPECT_THAT(html, Not(HasSubstr("'</script>'")));
    EXPECT_EQ(UnbalancedTag(html), "");
  }
}

TEST(HtmlWriterTest, NothingIsFetched) {
  const std::string html = WriteHtml(Hostile(), {.web_bundle = "x", .pngs = {}, .note = ""});
  const std::regex reference("(src|href|action|data|poster)=\"([^\"]*)\"");
  for (std::sregex_iterator it(html.begin(), html.end(), reference), end; it != end; ++it) {
    EXPECT_TRUE((*it)[2].str().starts_with("#")) << (*it)[0];
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
}

TEST(HtmlWriterTest, PicturesStandInForTheBundle) {
  const std::string html =
      WriteHtml(Hostile(), {.web_bundle = "", .pngs = {{"f", "PNG!"}}, .note = ""});
  EXPECT_THAT(html, HasSubstr("src=\"data:image/png;base64,UE5HIQ==\""));
}

TEST(HtmlWriterTest, ScriptsCannotBeClosedFromInside) {
  EXPECT_EQ(ScriptSafe("a</ScRiPt>b"), "a\\x3c/ScRiPt>b");
  EXPECT_EQ(ScriptSafe("/<\\/g,x<y,\"<!--\""), "/<\\/g,x<y,\"\\x3c!--\"");
  EXPECT_EQ(ScriptSafe("</"), "</");
}

// The lines that are not inside a fence, where markup would count.
std::vector<std::string> OutsideFences(const std::string& text) {
  std::vector<std::string> lines;
  size_t open = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t ticks = std::min(line.find_first_not_of('`'), line.size());
    if (open == 0 && ticks >= 3) {
      open = ticks;
    } else if (open > 0 && ticks >= open && ticks == line.size()) {
      open = 0;
    } else if (open == 0) {
      lines.push_back(line);
    }
  }
  EXPECT_EQ(open, 0u) << "a fence is not closed";
  return lines;
}

TEST(MarkdownWriterTest, HostileTextsMakeNoHeadingElementOrColumn) {
  const std::string text = WriteMarkdown(Hostile(), {});
  size_t headings = 0;
  for (const std::string& line : OutsideFences(text)) {
    if (line.starts_with("#")) ++headings;
    EXPECT_FALSE(line.starts_with("<")) << line;
  }
  EXPECT_EQ(headings, 2u);  // title and section
  EXPECT_THAT(text, HasSubstr("| \\</script\\>\\<img src=x onerror=alert(1)\\> \\# x"));
}

TEST(MarkdownWriterTest, FiguresNeedTheirPicture) {
  const std::string without = WriteMarkdown(Hostile(), {});
  EXPECT_THAT(without, Not(HasSubstr("{figure}")));
  EXPECT_THAT(without, HasSubstr("(<img/f.html>)"));
  const std::string with = WriteMarkdown(Hostile(), {.pngs = {"f"}});
  EXPECT_THAT(with, HasSubstr("```{figure} img/f.*\n---\nname: f\nalt: \""));
  const std::string still = WriteMarkdown(Hostile(), {.interactive_files = false, .pngs = {"f"}});
  EXPECT_THAT(still, HasSubstr("```{figure} img/f.png\n"));
}

TEST(MarkdownWriterTest, SmallerHeader) {
  Document document;
  document.title = "T";
  MarkdownOptions options;
  EXPECT_TRUE(WriteMarkdown(document, options).starts_with("# T\n"));
  options.smaller_header = true;
  EXPECT_TRUE(WriteMarkdown(document, options).starts_with("## T\n"));
}

TEST(NamesTest, EveryNameIsGivenOnce) {
  Names names;
  EXPECT_EQ(names.FileStem("Plot"), "Plot");
  EXPECT_EQ(names.FileStem("plot"), "plot_2");
  EXPECT_EQ(names.Label("a b!"), "a_b");
  EXPECT_EQ(names.Label("A_B"), "a_b_2");
  EXPECT_EQ(names.Anchor("At a glance"), "s-at-a-glance");
  EXPECT_EQ(names.Anchor("At a glance"), "s-at-a-glance_2");
}

}  // namespace
}  // namespace host::report
