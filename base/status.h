// SPDX-License-Identifier: Apache-2.0

// Status numbers shared by device and host; they fit 16 bits on the wire, but a word needs no
// masks. 0 is the only success. The list is base/status.def: append only, each number explicit,
// checked for uniqueness by a test.
#ifndef BASE_STATUS_H_
#define BASE_STATUS_H_

#include <cstdint>
#include <expected>
#include <string_view>

namespace base {

enum class [[nodiscard]] Status : uint32_t {
#define STATUS(name, number, text) k##name = number,
#include "base/status.def"
#undef STATUS
};

// The value of a computation, or the status that stopped it.
template <typename T = void>
using Result = std::expected<T, Status>;

// English text for a status number. Linked only where it is used (the host); unknown numbers give
// "unknown status".
[[nodiscard]] std::string_view StatusText(Status status);
[[nodiscard]] std::string_view StatusName(Status status);

}  // namespace base

#endif  // BASE_STATUS_H_
