// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/register_cache.h"

#include <bit>

namespace sim::translate {
namespace {

using asmjit::x86::Gp;
using asmjit::x86::gpd;
using asmjit::x86::xmm;

// rax, rcx, rdx are scratch; rbp, r12, r13, r14 are fixed (block_emitter.h).
constexpr std::array<uint8_t, 8> kIntegerHosts = {Gp::kIdBx, Gp::kIdSi,  Gp::kIdDi,  Gp::kIdR8,
                                                  Gp::kIdR9, Gp::kIdR10, Gp::kIdR11, Gp::kIdR15};
// xmm0..xmm3 are scratch.
constexpr std::array<uint8_t, 12> kFloatHosts = {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace

std::span<const uint8_t> RegisterCache::Hosts(Kind kind) {
  if (kind == Kind::kInteger) return kIntegerHosts;
  return kFloatHosts;
}

RegisterCache::RegisterCache(asmjit::x86::Assembler* assembler, Kind kind, int32_t memory_offset)
    : a_(*assembler), kind_(kind), memory_offset_(memory_offset), hosts_(Hosts(kind)) {
  Forget();
}

// Memory has the value afterwards.
void RegisterCache::Store(uint32_t reg) {
  if ((dirty_ >> reg & 1) == 0) return;
  dirty_ &= ~(1u << reg);
  const Guest& guest = guests_[reg];
  if (guest.host < 0) {
    a_.mov(Memory(reg), guest.value);
  } else if (kind_ == Kind::kInteger) {
    a_.mov(Memory(reg), gpd(static_cast<uint32_t>(guest.host)));
  } else {
    a_.vmovss(Memory(reg), xmm(static_cast<uint32_t>(guest.host)));
  }
}

uint32_t RegisterCache::Allocate(uint32_t reg) {
  uint32_t oldest = 0;
  uint32_t oldest_use = UINT32_MAX;
  for (uint32_t host : hosts_) {
    if (owner_[host] < 0) {
      oldest = host;
      break;
    }
    if (used_[host] < oldest_use) {
      oldest = host;
      oldest_use = used_[host];
    }
  }
  if (owner_[oldest] >= 0) {
    const auto evicted = static_cast<uint32_t>(owner_[oldest]);
    Store(evicted);
    guests_[evicted].host = -1;
  }
  owner_[oldest] = static_cast<int8_t>(reg);
  used_[oldest] = now_;
  return oldest;
}

uint32_t RegisterCache::Read(uint32_t reg) {
  Guest& guest = guests_[reg];
  if (guest.host >= 0) {
    used_[static_cast<uint32_t>(guest.host)] = now_;
    return static_cast<uint32_t>(guest.host);
  }
  const uint32_t host = Allocate(reg);
  guest.host = static_cast<int8_t>(host);
  if (guest.is_constant) {
    a_.mov(gpd(host), guest.value);
  } else if (kind_ == Kind::kInteger) {
    a_.mov(gpd(host), Memory(reg));
  } else {
    a_.vmovss(xmm(host), Memory(reg));
  }
  return host;
}

// The old value, if only here, must survive until the new one is there: the instruction may leave
// the block before.
uint32_t RegisterCache::Prepare(uint32_t reg) {
  Guest& guest = guests_[reg];
  if (guest.host >= 0) {
    used_[static_cast<uint32_t>(guest.host)] = now_;
    return static_cast<uint32_t>(guest.host);
  }
  Store(reg);
  guest.is_constant = false;
  const uint32_t host = Allocate(reg);
  guest.host = static_cast<int8_t>(host);
  return host;
}

void RegisterCache::Commit(uint32_t reg) {
  dirty_ |= 1u << reg;
  guests_[reg].is_constant = false;
}

void RegisterCache::SetConstant(uint32_t reg, uint32_t value) {
  if (reg == 0) return;
  Guest& guest = guests_[reg];
  if (guest.host >= 0) owner_[static_cast<uint32_t>(guest.host)] = -1;
  guest = {.host = -1, .is_constant = true, .value = value};
  dirty_ |= 1u << reg;
}

std::vector<uint32_t> RegisterCache::FreeHosts() const {
  std::vector<uint32_t> free;
  for (const uint32_t host : hosts_) {
    if (owner_[host] < 0) free.push_back(host);
  }
  return free;
}

void RegisterCache::WriteBackAll() {
  while (dirty_ != 0) Store(static_cast<uint32_t>(std::countr_zero(dirty_)));
}

void RegisterCache::Forget() {
  owner_.fill(-1);
  guests_ = {};
  dirty_ = 0;
  if (kind_ == Kind::kInteger) guests_[0].is_constant = true;
}

}  // namespace sim::translate
