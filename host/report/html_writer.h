// SPDX-License-Identifier: Apache-2.0

// A document as one HTML page that needs nothing else: style, script, charts and data are inside,
// and its content security policy forbids every request. Pure.
#ifndef HOST_REPORT_HTML_WRITER_H_
#define HOST_REPORT_HTML_WRITER_H_

#include <map>
#include <string>
#include <string_view>

#include "host/report/document.h"

namespace host::report {

struct HtmlOptions {
  std::string_view web_bundle;              // vega-embed with Vega; empty: figures are the PNGs
  std::map<std::string, std::string> pngs;  // bytes by file stem, used without the bundle
  std::string note;                         // why figures are not interactive; may be empty
};

[[nodiscard]] std::string WriteHtml(const Document& document, const HtmlOptions& options);

// A page with one figure that loads the bundle from `vega-embed.js` in its own folder.
[[nodiscard]] std::string WriteFigurePage(const Figure& figure);

// A script with everything defused that could end, or hide the end of, its script element.
[[nodiscard]] std::string ScriptSafe(std::string_view script);

}  // namespace host::report

#endif  // HOST_REPORT_HTML_WRITER_H_
