// SPDX-License-Identifier: Apache-2.0

// A report as data: what the sections say, before it is Markdown or HTML. Texts are plain (not
// escaped): each writer escapes where it prints, once, so a section cannot forget it.
//
// Why not write Markdown and convert it: MyST's figures and labels are not CommonMark, and the
// page's headline cards, share bars and shaded matrix have no Markdown form.
#ifndef HOST_REPORT_DOCUMENT_H_
#define HOST_REPORT_DOCUMENT_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace host::report {

using Json = nlohmann::ordered_json;

enum class Style { kPlain, kStrong, kEmphasis, kCode };

struct Span {
  std::string text;
  Style style = Style::kPlain;
};
using Inline = std::vector<Span>;

struct Paragraph {
  Inline text;
};

struct Bullet {
  Inline text;
  std::vector<Inline> nested;
};
struct Bullets {
  std::vector<Bullet> items;
};

struct Column {
  std::string title;
  bool numeric = false;
};

enum class Tone { kNeutral, kGood, kBad };

struct Cell {
  Cell(std::string cell_text, bool is_strong = false)  // NOLINT: a text is a cell
      : text(std::move(cell_text)), strong(is_strong) {}
  std::string text;
  bool strong = false;
  std::optional<double> bar;  // 0..1: drawn behind the number on the page
  Tone tone = Tone::kNeutral;
  double shade = 0;  // 0..1: strength of the tone
};

struct Table {
  std::string caption;
  std::string label;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as columns; the first cell names the row
  bool collapsed = false;               // on the page: opened by a click
  bool page_only = false;               // the Markdown says the same in another form
};

// One Vega-Lite specification, drawn as PNG and interactively.
struct Figure {
  std::string file_stem;  // "inference_time"; safe as a file name, unique in the report
  std::string label;      // unique in the report
  std::string caption;
  std::string description;  // for those who cannot see it
  Json spec;
};

// Figures that belong side by side where there is room.
struct Figures {
  std::vector<Figure> items;
};

struct Code {
  std::string language;
  std::string text;
  std::string title;  // of the fold on the page
};

struct Callout {
  Inline text;
  bool warning = false;
};

struct Card {
  std::string label;
  std::string value;
  std::string unit;
  std::string detail;
};
struct Cards {
  std::vector<Card> items;
};

// Parts of a whole, drawn as one bar with a legend.
struct Share {
  std::string name;
  double value = 0;
  std::string text;  // the value as shown
};
struct Shares {
  std::string title;
  std::vector<Share> items;
};

using Block = std::variant<Paragraph, Bullets, Table, Figures, Code, Callout, Cards, Shares>;

struct Section {
  int level = 2;  // 2 or 3; the document's title is 1
  std::string title;
  std::string short_title;  // for the table of contents
  std::string anchor;       // unique
  bool provenance = false;  // commands and inputs: last on the page, first in the Markdown
  std::vector<Block> blocks;
};

struct Document {
  std::string title;
  std::vector<std::string> facts;  // short: framework, compiler, device
  bool synthetic_data = false;
  std::vector<Section> sections;
};

// Every figure in reading order; the pointers live as long as the document is unchanged.
[[nodiscard]] std::vector<const Figure*> AllFigures(const Document& document);

}  // namespace host::report

#endif  // HOST_REPORT_DOCUMENT_H_
