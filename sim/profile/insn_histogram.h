// SPDX-License-Identifier: Apache-2.0

// How often each instruction of the guest was executed, by address and by the unit of code it
// belongs to (0: firmware; an announced executable has a number of its own, for ever, so that code
// placed later at the same address is told apart). Also keeps the instruction word last seen there,
// so that a profile can show code which is gone. Bounded: kMaxPages pages of kPageInsns; what does
// not fit is only summed up.
#ifndef SIM_PROFILE_INSN_HISTOGRAM_H_
#define SIM_PROFILE_INSN_HISTOGRAM_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/isa/insn.h"

namespace sim {

class InsnHistogram {
 public:
  static constexpr uint32_t kPageInsns = 256;
  static constexpr size_t kMaxPages = 4096;  // 12 MiB

  // Consecutive instructions, executed `times` times; counts are modulo 2^64.
  void Add(uint32_t unit, std::span<const DecodedInsn> insns, uint64_t times);

  struct Row {
    uint32_t unit = 0;
    GuestAddr address = 0;
    uint32_t word = 0;
    uint64_t count = 0;
  };
  // Executed instructions by unit and address.
  [[nodiscard]] std::vector<Row> Rows() const;
  // Executions that found no place.
  [[nodiscard]] uint64_t lost() const { return lost_; }

 private:
  struct Page {
    std::array<uint64_t, kPageInsns> counts{};
    std::array<uint32_t, kPageInsns> words{};
  };
  std::map<uint64_t, Page> pages_;  // unit and page number
  uint64_t lost_ = 0;
};

}  // namespace sim

#endif  // SIM_PROFILE_INSN_HISTOGRAM_H_
