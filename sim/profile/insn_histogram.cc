// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/insn_histogram.h"

namespace sim {
namespace {

constexpr uint32_t kPageBytes = 4 * InsnHistogram::kPageInsns;

}  // namespace

void InsnHistogram::Add(uint32_t unit, std::span<const DecodedInsn> insns, uint64_t times) {
  uint64_t key = 0;
  Page* page = nullptr;
  for (const DecodedInsn& insn : insns) {
    const uint64_t wanted = uint64_t{unit} << 32 | insn.pc / kPageBytes;
    if (page == nullptr || key != wanted) {
      key = wanted;
      auto found = pages_.find(key);
      if (found == pages_.end()) {
        if (pages_.size() >= kMaxPages) {
          lost_ += times;
          page = nullptr;
          continue;
        }
        found = pages_.try_emplace(key).first;
      }
      page = &found->second;
    }
    const uint32_t index = insn.pc % kPageBytes / 4;
    page->counts[index] += times;
    page->words[index] = insn.word;
  }
}

std::vector<InsnHistogram::Row> InsnHistogram::Rows() const {
  std::vector<Row> rows;
  for (const auto& [key, page] : pages_) {
    for (uint32_t i = 0; i < kPageInsns; ++i) {
      if (page.counts[i] == 0) continue;
      rows.push_back({.unit = static_cast<uint32_t>(key >> 32),
                      .address = static_cast<uint32_t>(key) * kPageBytes + 4 * i,
                      .word = page.words[i],
                      .count = page.counts[i]});
    }
  }
  return rows;
}

}  // namespace sim
