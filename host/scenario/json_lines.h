// SPDX-License-Identifier: Apache-2.0

// Where in a JSON text the value of a JSON pointer stands, so that errors can name the line.
#ifndef HOST_SCENARIO_JSON_LINES_H_
#define HOST_SCENARIO_JSON_LINES_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace host {

// 1-based line of the value at `pointer` (RFC 6901, keys with '~' and '/' escaped), or of its
// closest ancestor that exists. `json` is text that a JSON parser has accepted; the answer for any
// other text is some line of it. Cost: one pass over the text.
[[nodiscard]] size_t LineOfPointer(std::string_view json, std::string_view pointer);

// A key as a token of a JSON pointer (RFC 6901, section 3).
[[nodiscard]] std::string PointerToken(std::string_view key);

// Deepest nesting of objects and arrays, without parsing: guards recursive consumers.
[[nodiscard]] size_t NestingDepth(std::string_view json);

}  // namespace host

#endif  // HOST_SCENARIO_JSON_LINES_H_
