// SPDX-License-Identifier: Apache-2.0

#include "host/report/html_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "host/report/assets.h"
#include "host/report/text.h"

namespace host::report {
namespace {

constexpr size_t kShareColours = 8;  // span.s1 to s8 of page.css

using nlohmann::literals::operator""_json_pointer;

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'";

// Of a column; a longer one may be broken anywhere, so that the name of a file does not push the
// others out of sight.
constexpr size_t kLongTitle = 28;

// Columns of a table that still reads well on half of the page.
constexpr size_t kWidestBeside = 8;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < have ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (size_t i = 0; i < 4; ++i) {
      text.push_back(i <= have ? kDigits[group >> (18 - 6 * i) & 63] : '=');
    }
  }
  return text;
}

std::string WriteInline(const Inline& text) {
  std::string html;
  for (const Span& span : text) {
    const std::string content = EscapeHtml(span.text);
    switch (span.style) {
      case Style::kPlain:
        html.append(content);
        break;
      case Style::kStrong:
        html.append("<strong>").append(content).append("</strong>");
        break;
      case Style::kEmphasis:
        html.append("<em>").append(content).append("</em>");
        break;
      case Style::kCode:
        html.append("<code>").append(content).append("</code>");
        break;
    }
  }
  return html;
}

class Writer {
 public:
  explicit Writer(const HtmlOptions& options) : options_(options) {}

  std::string Write(const Document& document) {
    const std::string title = EscapeHtml(document.title);
    Add("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    Add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    Add("<meta name=\"color-scheme\" content=\"light dark\">\n");
    Add("<meta http-equiv=\"Content-Security-Policy\" content=\"", kPolicy, "\">\n");
    Add("<title>", title, "</title>\n<style>\n", kPageCss, "</style>\n</head>\n<body>\n");
    Add("<a class=\"skip\" href=\"#main\">Skip to the report</a>\n");
    Add("<header class=\"top\"><span class=\"brand\">Kenning report</span><span class=\"where\">",
        title, "</span>");
    Add("<button type=\"button\" id=\"theme\" hidden>Theme</button></header>\n");
    Add("<div class=\"frame\">\n");
    WriteContents(document);
    Add("<main id=\"main\">\n<h1>", title, "</h1>\n");
    WriteFacts(document);
    if (!options_.note.empty()) {
      Add("<p class=\"callout\" role=\"note\">", EscapeHtml(options_.note), "</p>\n");
    }
    for (const bool provenance : {false, true}) {
      for (const Section& section : document.sections) {
        if (section.provenance == provenance) WriteSection(section);
      }
    }
    Add("</main>\n</div>\n");
    if (!options_.web_bundle.empty()) {
      Add("<script type=\"application/json\" id=\"figure-data\">", JsonForScript(specs_),
          "</script>\n<script>", ScriptSafe(options_.web_bundle), "</script>\n");
    }
    Add("<script>\n", kPageJs, "</script>\n</body>\n</html>\n");
    return std::move(html_);
  }

 private:
  template <typename... Parts>
  void Add(const Parts&... parts) {
    (html_.append(parts), ...);
  }

  void WriteContents(const Document& document) {
    Add("<nav class=\"contents\" aria-label=\"Contents\"><details "
        "open><summary>Contents</summary>\n<ul>");
    for (const bool provenance : {false, true}) {
      for (const Section& section : document.sections) {
        if (section.provenance != provenance) continue;
        Add("\n<li class=\"level", std::to_string(section.level), "\"><a href=\"#", section.anchor,
            "\">", EscapeHtml(section.short_title), "</a></li>");
      }
    }
    Add("\n</ul></details></nav>\n");
  }

  void WriteFacts(const Document& document) {
    Add("<p class=\"facts\">");
    if (document.synthetic_data) Add("<span class=\"chip synthetic\">synthetic data</span> ");
    for (const std::string& fact : document.facts) {
      Add("<span class=\"chip\">", EscapeHtml(fact), "</span> ");
    }
    Add("</p>\n");
  }

  void WriteSection(const Section& section) {
    const std::string tag = section.level <= 2 ? "h2" : "h3";
    Add("<section aria-labelledby=\"", section.anchor, "\">\n<", tag, " id=\"", section.anchor,
        "\">", EscapeHtml(section.title), "</", tag, ">\n");
    for (size_t i = 0; i < section.blocks.size();) {
      const size_t beside = TablesBeside(section, i);
      if (beside > 0) {
        const auto& first = std::get<Table>(section.blocks[i + 1]);
        Add("<div class=\"pair", first.columns.size() > 2 ? " even" : "", "\"><div>\n");
        WriteAnyBlock(section.blocks[i++]);
        Add("</div><div>\n");
        for (size_t table = 0; table < beside; ++table) WriteAnyBlock(section.blocks[i++]);
        Add("</div></div>\n");
      } else {
        WriteAnyBlock(section.blocks[i++]);
      }
    }
    Add("</section>\n");
  }

  void WriteAnyBlock(const Block& block) {
    std::visit([this](const auto& content) { WriteBlock(content); }, block);
  }

  // How many tables after block `at` can stand at the right of it: narrow ones beside any figure,
  // wide ones only beside a figure that leaves them half of the width.
  static size_t TablesBeside(const Section& section, size_t at) {
    const auto* figures = std::get_if<Figures>(&section.blocks[at]);
    if (figures == nullptr || figures->items.size() != 1) return 0;
    const bool square = figures->items.front().spec.value("/usermeta/square"_json_pointer, false);
    size_t tables = 0;
    for (size_t i = at + 1; i < section.blocks.size(); ++i, ++tables) {
      const auto* table = std::get_if<Table>(&section.blocks[i]);
      if (table == nullptr || table->collapsed) break;
      if (table->columns.size() > (square ? kWidestBeside : size_t{2})) break;
    }
    return tables;
  }

  void WriteBlock(const Paragraph& paragraph) { Add("<p>", WriteInline(paragraph.text), "</p>\n"); }

  void WriteBlock(const Bullets& bullets) {
    Add("<ul class=\"bullets\">\n");
    for (const Bullet& item : bullets.items) {
      Add("<li>", WriteInline(item.text));
      if (!item.nested.empty()) {
        Add("<ul>");
        for (const Inline& nested : item.nested) Add("<li>", WriteInline(nested), "</li>");
        Add("</ul>");
      }
      Add("</li>\n");
    }
    Add("</ul>\n");
  }

  void WriteCell(const Cell& cell, const Column& column, bool is_row_name) {
    const std::string tag = is_row_name ? "th" : "td";
    Add("<", tag, is_row_name ? " scope=\"row\"" : "");
    std::string classes = column.numeric ? "num" : "";
    const auto add_class = [&](const char* name) {
      classes.append(classes.empty() ? "" : " ").append(name);
    };
    if (cell.bar) add_class("bar");
    if (cell.tone == Tone::kGood) add_class("good");
    if (cell.tone == Tone::kBad) add_class("bad");
    if (!classes.empty()) Add(" class=\"", classes, "\"");
    const double weight = cell.bar ? *cell.bar : cell.shade;
    if (weight > 0) Add(" style=\"--w:", Fixed(std::clamp(weight, 0.0, 1.0), 4), "\"");
    const std::string text = EscapeHtml(cell.text);
    Add(">", cell.strong ? "<strong>" + text + "</strong>" : text, "</", tag, ">");
  }

  void WriteBlock(const Table& table) {
    const std::string caption = "<span class=\"number\">Table " + std::to_string(++tables_) +
                                "</span> " + EscapeHtml(table.caption);
    // A scrolling region must be reachable by keyboard and have a name. The caption stands outside
    // of it, so that it does not scroll away.
    const std::string name = "table-" + std::to_string(tables_);
    const std::string opening =
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"" + name +
        "\"><table aria-labelledby=\"" + name + "\">\n";
    if (table.collapsed) {
      Add("<details class=\"fold\" id=\"", table.label, "\"><summary id=\"", name, "\">", caption,
          "</summary>", opening);
    } else {
      Add("<div class=\"table", table.columns.size() <= 2 ? " small" : "", "\" id=\"", table.label,
          "\"><p class=\"caption\" id=\"", name, "\">", caption, "</p>", opening);
    }
    Add("<thead><tr>");
    for (const Column& column : table.columns) {
      const bool is_long = column.title.size() > kLongTitle;
      Add("<th scope=\"col\"", column.numeric || is_long ? " class=\"" : "",
          column.numeric ? "num" : "", column.numeric && is_long ? " " : "", is_long ? "long" : "",
          column.numeric || is_long ? "\">" : ">", EscapeHtml(column.title), "</th>");
    }
    Add("</tr></thead>\n<tbody>\n");
    for (const auto& row : table.rows) {
      Add("<tr>");
      for (size_t i = 0; i < row.size(); ++i) WriteCell(row[i], table.columns[i], i == 0);
      Add("</tr>\n");
    }
    Add("</tbody></table></div>", table.collapsed ? "</details>\n" : "</div>\n");
  }

  void WriteBlock(const Figures& figures) {
    Add("<div class=\"figures", figures.items.size() > 1 ? " two" : "", "\">\n");
    for (const Figure& figure : figures.items) {
      Add("<figure id=\"", figure.label, "\">");
      const auto png = options_.pngs.find(figure.file_stem);
      if (!options_.web_bundle.empty()) {
        Add("<div class=\"plot\" role=\"img\" aria-label=\"", EscapeHtml(figure.description),
            "\" data-figure=\"", std::to_string(specs_.size()),
            "\"><noscript>Figures are drawn by a script; the tables hold the "
            "numbers.</noscript></div>");
        specs_.push_back(figure.spec);
      } else if (png != options_.pngs.end()) {
        Add("<img alt=\"", EscapeHtml(figure.description), "\" src=\"data:image/png;base64,",
            Base64(png->second), "\">");
      } else {
        Add("<p class=\"missing\">", EscapeHtml(figure.description), "</p>");
      }
      Add("<figcaption><span class=\"number\">Figure ", std::to_string(++figures_), "</span> ",
          EscapeHtml(figure.caption), "</figcaption></figure>\n");
    }
    Add("</div>\n");
  }

  void WriteBlock(const Code& code) {
    Add("<details class=\"fold code\"><summary>",
        EscapeHtml(code.title.substr(0, code.title.find(':'))),
        "</summary><pre tabindex=\"0\"><code>", EscapeHtml(code.text), "</code></pre></details>\n");
  }

  void WriteBlock(const Callout& callout) {
    Add("<p class=\"callout", callout.warning ? " warning" : "", "\" role=\"note\">",
        WriteInline(callout.text), "</p>\n");
  }

  void WriteBlock(const Cards& cards) {
    Add("<dl class=\"cards\">\n");
    for (const Card& card : cards.items) {
      Add("<div><dt>", EscapeHtml(card.label), "</dt><dd class=\"value\">", EscapeHtml(card.value));
      if (!card.unit.empty()) Add(" <span class=\"unit\">", EscapeHtml(card.unit), "</span>");
      Add("</dd>");
      if (!card.detail.empty()) Add("<dd class=\"detail\">", EscapeHtml(card.detail), "</dd>");
      Add("</div>\n");
    }
    Add("</dl>\n");
  }

  void WriteBlock(const Shares& shares) {
    double sum = 0;
    for (const Share& share : shares.items) sum += share.value;
    if (sum <= 0) return;
    Add("<div class=\"shares\"><p class=\"title\">", EscapeHtml(shares.title),
        "</p>\n<div class=\"strip\" aria-hidden=\"true\">");
    for (size_t i = 0; i < shares.items.size(); ++i) {
      Add("<span class=\"s", std::to_string(i % kShareColours + 1),
          "\" style=\"flex-grow:", Fixed(shares.items[i].value / sum * 1000, 2), "\"></span>");
    }
    Add("</div>\n<ul>");
    for (size_t i = 0; i < shares.items.size(); ++i) {
      const Share& share = shares.items[i];
      Add("<li><span class=\"key s", std::to_string(i % kShareColours + 1), "\"></span>",
          EscapeHtml(share.name), " <strong>", EscapeHtml(share.text),
          "</strong> <span class=\"part\">", Percent(share.value / sum), "</span></li>");
    }
    Add("</ul></div>\n");
  }

  const HtmlOptions& options_;
  std::string html_;
  Json specs_ = Json::array();
  size_t figures_ = 0;
  size_t tables_ = 0;
};

}  // namespace

std::string ScriptSafe(std::string_view script) {
  // What may end a script element or change how its end is found. In a string, template or regular
  // expression, the only places where these can stand, "\x3c" means "<".
  constexpr std::string_view kDangers[] = {"</script", "<script", "<!--"};
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  std::string safe;
  safe.reserve(script.size());
  for (size_t i = 0; i < script.size(); ++i) {
    const bool dangerous =
        script[i] == '<' && std::ranges::any_of(kDangers, [&](std::string_view danger) {
          const std::string_view here = script.substr(i, danger.size());
          return std::ranges::equal(here, danger, same);
        });
    if (dangerous) {
      safe.append("\\x3c");
    } else {
      safe.push_back(script[i]);
    }
  }
  return safe;
}

std::string WriteHtml(const Document& document, const HtmlOptions& options) {
  return Writer(options).Write(document);
}

std::string WriteFigurePage(const Figure& figure) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{0}</title>\n"
      "<style>\n{1}</style>\n</head>\n<body class=\"single\">\n"
      "<figure><div class=\"plot\" role=\"img\" aria-label=\"{2}\" data-figure=\"0\"></div>"
      "<figcaption>{0}</figcaption></figure>\n"
      "<script type=\"application/json\" id=\"figure-data\">[{3}]</script>\n"
      "<script src=\"vega-embed.js\"></script>\n<script>\n{4}</script>\n</body>\n</html>\n",
      EscapeHtml(figure.caption), kPageCss, EscapeHtml(figure.description),
      JsonForScript(figure.spec), kPageJs);
}

}  // namespace host::report
