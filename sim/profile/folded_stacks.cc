// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/folded_stacks.h"

#include <map>
#include <ostream>
#include <string>

#include "sim/profile/printable.h"

namespace sim {

void WriteFoldedStacks(const CodeProfile& profile, std::ostream& out) {
  // Contexts that differ in the call site only share a line. A stack beyond kMaxLine bytes (a
  // hostile guest's) is cut at its leaf end and keeps its count.
  constexpr size_t kMaxLine = 16'384;
  std::map<std::string, uint64_t> lines;
  const auto name_of = [&](uint32_t function) {
    return Printable(profile.functions[function].function.name, ';');
  };
  if (!profile.has_calls) {
    for (uint32_t i = 0; i < profile.functions.size(); ++i) {
      if (profile.functions[i].instructions != 0) {
        lines[name_of(i)] += profile.functions[i].instructions;
      }
    }
  }
  std::string stack;
  std::vector<size_t> lengths;
  WalkContexts(
      profile.contexts,
      [&](uint32_t at) {
        lengths.push_back(stack.size());
        const std::string name = name_of(profile.contexts[at].function);
        if (at != 0 && stack.size() + name.size() < kMaxLine) {
          if (!stack.empty()) stack += ';';
          stack += name;
        }
        const uint64_t instructions = profile.contexts[at].instructions;
        if (instructions != 0) lines[stack.empty() ? name : stack] += instructions;
      },
      [&](uint32_t) {
        stack.resize(lengths.back());
        lengths.pop_back();
      });
  for (const auto& [line, count] : lines) out << line << ' ' << count << '\n';
}

}  // namespace sim
