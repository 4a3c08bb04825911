// SPDX-License-Identifier: Apache-2.0

// What a run counted, as plain data: the view that Machine::TakeProfile() composes, JSON and
// Renode's dump are written from, and the host's session reads. All counts are since the machine
// was made, or restored from a snapshot. Instructions are retired ones; opcode counts include an
// instruction that trapped, as Renode's do (shared spec platform.md, section 4.1). Memory counts
// are by element (section 4.5).
#ifndef SIM_PROFILE_PROFILE_H_
#define SIM_PROFILE_PROFILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/isa/opcode_count.h"

namespace sim {

struct RegionCount {
  std::string name;  // the node's name in Renode
  GuestAddr base = 0;
  uint32_t size_bytes = 0;
  AccessCount count;
};

struct TrapCount {
  uint32_t mcause = 0;  // bit 31: interrupt
  uint64_t count = 0;
};

// One interval of virtual time in which something was counted; empty intervals do not appear.
struct Bin {
  uint64_t start_ns = 0;
  uint64_t instructions = 0;
  uint64_t kernel_instructions = 0;
  AccessCount memory;
  std::vector<AccessCount> memories = {};  // the same by region, in the order of Profile::memories
  std::vector<AccessCount> peripherals;    // in the order of Profile::peripherals
  uint64_t exceptions = 0;
};

// An exported kernel of an executable that the guest announced. Instructions include what the
// kernel calls inside its executable.
struct Kernel {
  std::string name;
  GuestAddr address = 0;
  bool placed = true;  // false after "kernel.gone"
  uint64_t calls = 0;
  uint64_t instructions = 0;
  AccessCount memory = {};
};

struct KernelDelta {
  size_t kernel = 0;  // index into Profile::kernels
  uint64_t calls = 0;
  uint64_t instructions = 0;
  AccessCount memory = {};
};

// Between two announcements: "model_load" (model.received .. model.ready) or "inference"
// (inference.begin .. inference.end).
struct Span {
  std::string name;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  uint64_t instructions = 0;
  uint64_t kernel_instructions = 0;
  AccessCount memory;
  uint64_t argument = 0;             // bytes of the model for model_load
  std::vector<KernelDelta> kernels;  // those that ran
};

struct Profile {
  uint64_t instructions = 0;
  uint64_t kernel_instructions = 0;
  uint64_t virtual_time_ns = 0;
  uint64_t bin_width_ns = 0;
  std::vector<OpcodeCount> opcodes;         // own full names, executed ones, in table order
  std::vector<OpcodeCount> renode_opcodes;  // Renode's 540 counters in its order, zeros included
  std::vector<RegionCount> memories;
  std::vector<RegionCount> peripherals;
  std::vector<TrapCount> traps;
  std::vector<Bin> bins;
  std::vector<Kernel> kernels;
  std::vector<Span> spans;
  uint64_t spans_dropped = 0;  // beyond the limit that keeps a long run in bounded memory
};

}  // namespace sim

#endif  // SIM_PROFILE_PROFILE_H_
