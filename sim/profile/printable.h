// SPDX-License-Identifier: Apache-2.0

// Names come from foreign files and from the guest: control characters become '?', so that a name
// cannot break a line-oriented format or a terminal.
#ifndef SIM_PROFILE_PRINTABLE_H_
#define SIM_PROFILE_PRINTABLE_H_

#include <string>
#include <string_view>

namespace sim {

// `also` is replaced too (a format's separator).
inline std::string Printable(std::string_view name, char also = '\n') {
  std::string text(name);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == also) c = '?';
  }
  return text;
}

}  // namespace sim

#endif  // SIM_PROFILE_PRINTABLE_H_
