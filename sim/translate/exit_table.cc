// SPDX-License-Identifier: Apache-2.0
#include "sim/translate/exit_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sim::translate {

Exit* ExitTable::Find(const uint8_t* behind) {
  const auto found = std::ranges::lower_bound(places_, behind);
  if (found == places_.end() || *found != behind) return nullptr;
  return &called_[static_cast<size_t>(found - places_.begin())];
}

void ExitTable::AddSpilled(Exit& exit, const RegisterCache& registers, uint32_t first_guest) {
  if (exit.spilled_count == 0) exit.first_spilled = static_cast<uint32_t>(spilled_.size());
  for (uint32_t rest = registers.dirty(); rest != 0; rest &= rest - 1) {
    const auto reg = static_cast<uint32_t>(std::countr_zero(rest));
    const RegisterCache::Guest& guest = registers.guest(reg);
    spilled_.push_back({static_cast<uint8_t>(first_guest + reg), guest.host, guest.value});
    ++exit.spilled_count;
  }
}

void ExitTable::WriteBack(const Exit& exit, const Context& context, Hart& hart) const {
  for (uint32_t i = 0; i < exit.spilled_count; ++i) {
    const Spilled& spilled = spilled_[exit.first_spilled + i];
    const uint32_t reg = spilled.guest % 32u;
    const bool is_float = spilled.guest >= 32;
    uint32_t value = spilled.value;
    if (spilled.host >= 0) value = (is_float ? context.f_hosts : context.x_hosts)[spilled.host];
    (is_float ? hart.f : hart.x)[reg] = value;
  }
  if (exit.type == nullptr) return;
  VectorState& v = hart.v;
  v.vl = exit.type->vl;
  v.vtype = exit.type->vtype;
  v.vill = exit.type->vill;
  v.sew_shift = exit.type->sew_shift;
  v.lmul_shift = exit.type->lmul_shift;
}

void ExitTable::Clear() {
  direct_.clear();
  called_.clear();
  places_.clear();
  spilled_.clear();
  types_.clear();
}

}  // namespace sim::translate
