// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/callgrind.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "sim/profile/printable.h"

namespace sim {
namespace {

// Names are written once and referred to by number afterwards.
class Names {
 public:
  explicit Names(size_t count) : written_(count) {}
  std::string Spell(uint32_t number, const std::string& name) {
    if (written_[number]) return fmt::format("({})", number);
    written_[number] = true;
    return fmt::format("({}) {}", number, Printable(name));
  }

 private:
  std::vector<bool> written_;
};

std::string UnitName(uint32_t unit) {
  return unit == 0 ? "firmware" : fmt::format("executable {}", unit);
}

}  // namespace

void WriteCallgrind(const CodeProfile& profile, std::string_view command, std::ostream& out) {
  uint64_t total = 0;
  uint32_t units = 0;
  for (const FunctionCount& row : profile.functions) {
    total += row.instructions;
    units = std::max(units, row.function.unit);
  }
  out << "# callgrind format\nversion: 1\ncreator: springbok-sim\n"
      << "cmd: " << Printable(command) << "\npositions: instr\nevents: Ir\nsummary: " << total
      << "\n\nfl=(1) ???\n";
  Names functions(profile.functions.size());
  Names objects(units + 1);
  std::vector<std::vector<InsnHistogram::Row>> insns(profile.functions.size());
  for (const InsnCount& insn : profile.insns) insns[insn.function].push_back(insn.row);
  const std::vector<CallEdge> edges = CallEdges(profile.contexts);  // by caller
  auto edge = edges.begin();
  for (uint32_t i = 0; i < profile.functions.size(); ++i) {
    const Function& function = profile.functions[i].function;
    const auto first =
        std::find_if(edge, edges.end(), [&](const CallEdge& e) { return e.caller >= i; });
    const auto last =
        std::find_if(first, edges.end(), [&](const CallEdge& e) { return e.caller > i; });
    edge = last;
    if (insns[i].empty() && first == last) continue;
    out << "\nob=" << objects.Spell(function.unit, UnitName(function.unit))
        << "\nfn=" << functions.Spell(i, function.name) << "\n";
    for (const InsnHistogram::Row& row : insns[i]) {
      out << fmt::format("0x{:x} {}\n", row.address, row.count);
    }
    for (auto call = first; call != last; ++call) {
      const Function& callee = profile.functions[call->callee].function;
      const GuestAddr site = call->call_site != 0 ? call->call_site : function.address;
      out << "cob=" << objects.Spell(callee.unit, UnitName(callee.unit))
          << "\ncfn=" << functions.Spell(call->callee, callee.name)
          << fmt::format("\ncalls={} 0x{:x}\n0x{:x} {}\n", call->calls, callee.address, site,
                         call->inclusive);
    }
  }
}

}  // namespace sim
