// SPDX-License-Identifier: Apache-2.0

// Any bytes as a measurements file: refused with an error, or rendered to Markdown and a page.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/report/html_writer.h"
#include "host/report/markdown_writer.h"
#include "host/report/model_document.h"
#include "host/results/measurements.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto parsed =
      host::ParseMeasurements({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!parsed) {
    if (parsed.error().Format().empty()) __builtin_trap();
    return 0;
  }
  const host::Measurements files[] = {*parsed, *parsed};
  // One model, then the comparison of two.
  for (const size_t count : {size_t{1}, size_t{2}}) {
    const auto built = host::report::BuildDocument({files, count}, {});
    if (!built) return 0;
    const std::string markdown = host::report::WriteMarkdown(built->document, {});
    const std::string page =
        host::report::WriteHtml(built->document, {.web_bundle = "0", .pngs = {}, .note = ""});
    // Only the page's own three scripts may end.
    size_t ends = 0;
    for (size_t at = page.find("</script"); at != std::string::npos;
         at = page.find("</script", at + 1)) {
      ++ends;
    }
    if (markdown.empty() || ends != 3) __builtin_trap();
  }
  return 0;
}
