// SPDX-License-Identifier: Apache-2.0

// Text of foreign origin made safe for the place it is printed in, and numbers made readable.
#ifndef HOST_REPORT_TEXT_H_
#define HOST_REPORT_TEXT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/results/headline.h"

namespace host::report {

// For element content and quoted attribute values. Control characters but tab and line feed are
// dropped.
[[nodiscard]] std::string EscapeHtml(std::string_view text);

// One line of MyST text: no markup, directive, role or table separator comes of it. Line breaks
// become spaces.
[[nodiscard]] std::string EscapeMarkdown(std::string_view text);

// JSON inside <script>: no "<" remains, so neither "</script" nor "<!--" can appear.
[[nodiscard]] std::string JsonForScript(const nlohmann::ordered_json& json);

// Letters, digits, "_", "-" and "." only, never empty, not starting with ".", at most 100 bytes:
// fit for a file name.
[[nodiscard]] std::string FileNamePart(std::string_view text);

// Lower case, blanks to "_", everything else that is not a letter, digit or "_" removed.
[[nodiscard]] std::string LabelPart(std::string_view text);

[[nodiscard]] std::string Grouped(uint64_t number);                    // 1,234,567
[[nodiscard]] std::string Fixed(double number, int decimals);          // 0.442857
[[nodiscard]] std::string Percent(double fraction, int decimals = 1);  // 28.6 %
[[nodiscard]] std::string Bytes(uint64_t bytes);                       // 26.3 KiB

struct Quantity {
  std::string value;
  std::string unit;
};
// Three significant digits and the unit that suits them: s, ms or µs.
[[nodiscard]] Quantity Duration(double seconds);

// A headline number for a reader: "20.67 ms", "87.5 %", "26.3 KiB", "16,983".
[[nodiscard]] std::string MetricText(Unit unit, double value);

}  // namespace host::report

#endif  // HOST_REPORT_TEXT_H_
