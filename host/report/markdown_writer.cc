// SPDX-License-Identifier: Apache-2.0

#include "host/report/markdown_writer.h"

#include <algorithm>
#include <string_view>

#include "host/report/text.h"

namespace host::report {
namespace {

// A fence longer than any run of backticks inside.
std::string Fence(std::string_view content, size_t least = 3) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : content) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

// A double-quoted YAML scalar: what JSON calls a string is one.
std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string CodeSpan(const std::string& text) {
  std::string line = text;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  const std::string fence = Fence(line, 1);
  const std::string pad = fence.size() > 1 || line.empty() ? " " : "";
  return fence + pad + line + pad + fence;
}

// A mark closes only directly behind a letter, so blanks at the end move behind it.
std::string Emphasised(std::string_view text, std::string_view mark) {
  const size_t end = text.find_last_not_of(' ') + 1;
  return std::string(mark) + EscapeMarkdown(text.substr(0, end)) + std::string(mark) +
         std::string(text.substr(end));
}

std::string WriteInline(const Inline& text) {
  std::string line;
  for (const Span& span : text) {
    switch (span.style) {
      case Style::kPlain:
        line.append(EscapeMarkdown(span.text));
        break;
      case Style::kStrong:
        line.append(Emphasised(span.text, "**"));
        break;
      case Style::kEmphasis:
        line.append(Emphasised(span.text, "*"));
        break;
      case Style::kCode:
        line.append(CodeSpan(span.text));
        break;
    }
  }
  return line;
}

class Writer {
 public:
  explicit Writer(const MarkdownOptions& options) : options_(options) {}

  std::string Write(const Document& document) {
    Line((options_.smaller_header ? "## " : "# ") + EscapeMarkdown(document.title));
    for (const bool provenance : {true, false}) {
      for (const Section& section : document.sections) {
        if (section.provenance == provenance) WriteSection(section);
      }
    }
    while (text_.ends_with("\n\n")) text_.pop_back();
    return std::move(text_);
  }

 private:
  // A line and the empty one after it.
  void Line(std::string_view line) { text_.append(line).append("\n\n"); }

  void WriteSection(const Section& section) {
    Line(std::string(static_cast<size_t>(section.level), '#') + " " +
         EscapeMarkdown(section.title));
    for (const Block& block : section.blocks) {
      std::visit([this](const auto& content) { WriteBlock(content); }, block);
    }
  }

  void WriteBlock(const Paragraph& paragraph) { Line(WriteInline(paragraph.text)); }

  void WriteBlock(const Bullets& bullets) {
    for (const Bullet& item : bullets.items) {
      text_.append("* ").append(WriteInline(item.text)).append("\n");
      for (const Inline& nested : item.nested) {
        text_.append("    * ").append(WriteInline(nested)).append("\n");
      }
    }
    text_.append("\n");
  }

  void WriteBlock(const Table& table) {
    if (table.page_only) return;
    std::string content = "|";
    for (const Column& column : table.columns) {
      content.append(" ").append(EscapeMarkdown(column.title)).append(" |");
    }
    content.append("\n|");
    for (const Column& column : table.columns)
      content.append(column.numeric ? " ---: |" : " :--- |");
    for (const auto& row : table.rows) {
      content.append("\n|");
      for (const Cell& cell : row) {
        const std::string text = EscapeMarkdown(cell.text);
        content.append(cell.strong ? " **" + text + "** |" : " " + text + " |");
      }
    }
    const std::string fence = Fence(content);
    text_.append(fence).append("{table} ").append(EscapeMarkdown(table.caption)).append("\n");
    text_.append("---\nname: ").append(table.label).append("\nalign: center\n---\n");
    Line(content + "\n" + fence);
  }

  void WriteBlock(const Figures& figures) {
    for (const Figure& figure : figures.items) {
      const std::string path = options_.image_folder + "/" + figure.file_stem;
      if (!options_.pngs.contains(figure.file_stem)) {
        // Nothing a figure directive could show; the link keeps the page free of warnings.
        const std::string caption = EscapeMarkdown(figure.caption);
        Line(options_.interactive_files ? "[" + caption + "](<" + path + ".html>)"
                                        : "*" + caption + "* (not drawn)");
        continue;
      }
      text_.append("```{figure} ").append(path).append(options_.interactive_files ? ".*" : ".png");
      text_.append("\n---\nname: ").append(figure.label);
      text_.append("\nalt: ").append(Quoted(figure.description));
      text_.append("\nalign: center\n---\n\n").append(EscapeMarkdown(figure.caption));
      Line("\n```");
    }
  }

  void WriteBlock(const Code& code) {
    const std::string fence = Fence(code.text);
    const std::string block = fence + code.language + "\n" + code.text + "\n" + fence;
    if (code.language == "bash") {
      const std::string outer(fence.size() + 1, '`');
      Line(outer + "{note}\n" + EscapeMarkdown(code.title) + "\n\n" + block + "\n" + outer);
      return;
    }
    Line("*" + EscapeMarkdown(code.title.substr(0, code.title.find(':'))) + "*:");
    Line(block);
  }

  void WriteBlock(const Callout& callout) {
    const std::string text = WriteInline(callout.text);
    const std::string fence = Fence(text);
    Line(fence + (callout.warning ? "{warning}\n" : "{note}\n") + text + "\n" + fence);
  }

  void WriteBlock(const Cards& cards) {
    for (const Card& card : cards.items) {
      text_.append("* ").append(EscapeMarkdown(card.label)).append(": **");
      text_.append(EscapeMarkdown(card.value));
      if (!card.unit.empty()) text_.append(" ").append(EscapeMarkdown(card.unit));
      text_.append("**");
      if (!card.detail.empty()) text_.append(" (").append(EscapeMarkdown(card.detail)).append(")");
      text_.append("\n");
    }
    text_.append("\n");
  }

  void WriteBlock(const Shares& shares) {
    double sum = 0;
    for (const Share& share : shares.items) sum += share.value;
    Line(EscapeMarkdown(shares.title) + ":");
    for (const Share& share : shares.items) {
      text_.append("* ").append(EscapeMarkdown(share.name)).append(": **");
      text_.append(EscapeMarkdown(share.text)).append("**");
      if (sum > 0) text_.append(" (").append(Percent(share.value / sum)).append(")");
      text_.append("\n");
    }
    text_.append("\n");
  }

  const MarkdownOptions& options_;
  std::string text_;
};

}  // namespace

std::string WriteMarkdown(const Document& document, const MarkdownOptions& options) {
  return Writer(options).Write(document);
}

}  // namespace host::report
