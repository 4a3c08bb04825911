// SPDX-License-Identifier: Apache-2.0

// fmt::print throws when nobody reads the other end any more; a simulator whose terminal went away
// has a run to finish and a link to remove.

#ifndef SIM_SPRINGBOK_SIM_PRINT_H_
#define SIM_SPRINGBOK_SIM_PRINT_H_

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace sim {

// What cannot be written is lost; std::ferror(out) tells.
template <typename... Args>
void Print(std::FILE* out, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  (void)std::fwrite(text.data(), 1, text.size(), out);
}

}  // namespace sim

#endif  // SIM_SPRINGBOK_SIM_PRINT_H_
