// SPDX-License-Identifier: Apache-2.0

// A decoded basic block, and what may run it faster than one handler after the other.
#ifndef SIM_HART_BLOCK_H_
#define SIM_HART_BLOCK_H_

#include <cstdint>

#include "sim/hart/hart.h"
#include "sim/isa/insn.h"

namespace sim {

// Owned by the interpreter, at a fixed address until all blocks are dropped.
struct Block {
  GuestAddr pc;
  uint32_t length;
  const DecodedInsn* insns;
  uint64_t count;  // times it was begun
  uint32_t domain;
  uint32_t exit_domain;  // CodeObserver::ExitDomainOf
  GuestAddr link_pc[2];
  Block* link[2];
  Block* chain;      // in the same hash slot
  void* translated;  // the runner's; nullptr: not yet looked at

  [[nodiscard]] GuestAddr end_pc() const { return pc + 4 * length; }
};

// Where a runner gave the hart back.
enum class LeftAt : uint8_t {
  kBetween,  // after `block`; hart.pc and hart.instructions_retired say where
  kStart,    // before `block`, which is the interpreter's to run: hart.pc is its start
  kResume,   // inside `block`, counted as begun: instruction `index` is the interpreter's to run
  kStopped,  // inside `block`, counted as begun: the handler of instruction `index` returned false
};

struct Left {
  LeftAt at;
  Block* block;
  uint32_t index;   // kResume, kStopped
  uint32_t domain;  // kBetween: what the hart comes from, as CodeObserver::Cross names it
};

// Runs blocks with the interpreter's semantics: counts each block it begins, tells the observer of
// crossings between blocks that it runs, leaves a block that stop_at would cut, and everything
// after bus.code_written or a request to stop, to the interpreter. Inside a block
// hart.instructions_retired is the count before it.
class BlockRunner {
 public:
  virtual ~BlockRunner() = default;
  // hart.pc == block.pc; that the hart came to block.domain has been told.
  [[nodiscard]] virtual Left Run(Block& block) = 0;
  // All blocks are about to go.
  virtual void Drop() = 0;
};

}  // namespace sim

#endif  // SIM_HART_BLOCK_H_
