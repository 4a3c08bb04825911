// SPDX-License-Identifier: Apache-2.0

#include "sim/isa/renode_names.h"

#include <algorithm>
#include <array>

namespace sim {
namespace {

constexpr auto kNames = std::to_array<std::string_view>({
#define RENODE(name) name,
#define RENODE_ALIAS(ours, theirs)
#include "sim/isa/renode_names.def"
#undef RENODE
#undef RENODE_ALIAS
});

struct Alias {
  std::string_view ours;
  std::string_view theirs;
};

constexpr auto kAliases = std::to_array<Alias>({
#define RENODE(name)
#define RENODE_ALIAS(ours, theirs) {ours, theirs},
#include "sim/isa/renode_names.def"
#undef RENODE
#undef RENODE_ALIAS
});

constexpr size_t kNowhere = kNames.size();

size_t CounterOf(Op op) {
  std::string_view name = Info(op).mnemonic;
  for (const Alias& alias : kAliases) {
    if (alias.ours == name) name = alias.theirs;
  }
  return static_cast<size_t>(std::find(kNames.begin(), kNames.end(), name) - kNames.begin());
}

}  // namespace

std::string_view RenodeNameOf(Op op) {
  if (op == Op::kIllegal) return {};
  const size_t counter = CounterOf(op);
  return counter == kNowhere ? std::string_view{} : kNames[counter];
}

std::vector<OpcodeCount> RenodeView(std::span<const uint64_t, kCountSlots> counts) {
  std::vector<OpcodeCount> view;
  for (std::string_view name : kNames) view.push_back({std::string(name), 0});
  for (size_t i = 0; i < kCountSlots; ++i) {
    if (counts[i] == 0) continue;
    const Op op = SlotOf(i).op;
    if (op == Op::kIllegal) continue;
    if (const size_t counter = CounterOf(op); counter != kNowhere) view[counter].count += counts[i];
  }
  return view;
}

}  // namespace sim
