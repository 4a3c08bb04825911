// SPDX-License-Identifier: Apache-2.0

// A document as MyST Markdown (kenning-contract.md section 7.3) that Sphinx with myst-parser
// builds without a warning. Pure.
#ifndef HOST_REPORT_MARKDOWN_WRITER_H_
#define HOST_REPORT_MARKDOWN_WRITER_H_

#include <set>
#include <string>

#include "host/report/document.h"

namespace host::report {

struct MarkdownOptions {
  std::string image_folder = "img";  // as written in the Markdown, "/" between parts
  bool smaller_header = false;
  bool interactive_files = true;  // img/NAME.html lie beside the PNGs
  std::set<std::string> pngs;     // file stems of the figures that were drawn
};

[[nodiscard]] std::string WriteMarkdown(const Document& document, const MarkdownOptions& options);

}  // namespace host::report

#endif  // HOST_REPORT_MARKDOWN_WRITER_H_
