// SPDX-License-Identifier: Apache-2.0

// A count under an opcode's name: the row of every opcode histogram.
#ifndef SIM_ISA_OPCODE_COUNT_H_
#define SIM_ISA_OPCODE_COUNT_H_

#include <cstdint>
#include <string>

namespace sim {

struct OpcodeCount {
  std::string name;
  uint64_t count = 0;
};

}  // namespace sim

#endif  // SIM_ISA_OPCODE_COUNT_H_
