// SPDX-License-Identifier: Apache-2.0

// Runs a hart: decodes once into basic blocks, follows links between them, counts per block.
//
// The caller owns hart and bus, sets hart.stop_at and calls Run; it returns when that many
// instructions have retired (exactly) or at the end of the block in which somebody called
// hart.RequestStop(). Traps are taken inside. Counts cost one increment a block; they are
// multiplied out over the block's instructions when read (AddOpCounts) or when the block goes.
// A store into a line that holds decoded code drops all blocks at the end of its block, so no code
// ever runs stale after fence.i. Decoded instructions are bounded by kMaxDecoded.
// With a runner (sim/translate) blocks that are begun often are run by it; what is counted and what
// the hart sees is the same.
#ifndef SIM_HART_INTERPRETER_H_
#define SIM_HART_INTERPRETER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sim/hart/block.h"
#include "sim/hart/hart.h"
#include "sim/isa/count_slot.h"

namespace sim {

// Told when control moves between code domains (0 is everything not announced, others as the
// observer names them) and what was executed. Costs one comparison of two constants a block:
// whether going from one block to another crosses is known when both are decoded.
class CodeObserver {
 public:
  // What may stand in for the domain that was left, below any that an observer may name.
  static constexpr uint32_t kAfterTrap = 0xffff'fff0;  // also an interrupt; mepc is where it was
  static constexpr uint32_t kAfterTrapReturn = 0xffff'fff1;
  static constexpr uint32_t kAfterCall = 0xffff'fff2;       // ra holds the return address
  static constexpr uint32_t kAfterMillicode = 0xffff'fff3;  // the alternate link register, t0
  static constexpr uint32_t kAfterReturn = 0xffff'fff4;

  virtual ~CodeObserver() = default;
  // Asked once for each decoded block.
  [[nodiscard]] virtual uint32_t DomainOf(GuestAddr pc) = 0;
  // What `from` shall be when a block of `domain` has run to its end, at `last`: the domain, or one
  // of the constants above, after which the next block crosses whatever its domain. Asked once for
  // each decoded block.
  [[nodiscard]] virtual uint32_t ExitDomainOf(uint32_t domain, const DecodedInsn& last) {
    (void)last;
    return domain;
  }
  // The next instruction, at pc, is in `to`; `retired` instructions lie before it.
  virtual void Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) = 0;
  // These consecutive instructions of a block in `domain` were executed `times` times. Negative
  // (modulo 2^64) corrects what is told for their block when it goes. For blocks that are still
  // there see Interpreter::ReportLiveBlocks.
  virtual void Executed(uint32_t domain, std::span<const DecodedInsn> insns, uint64_t times) {
    (void)domain, (void)insns, (void)times;
  }
};

// Sees instructions one by one where it asks for that; elsewhere it costs a question a block.
class InsnObserver {
 public:
  virtual ~InsnObserver() = default;
  // Does it want to see any instruction in [pc, pc + size_bytes)?
  [[nodiscard]] virtual bool Wants(GuestAddr pc, uint32_t size_bytes) = 0;
  // False: the run stops before this instruction (InterpreterExit::kObserver).
  [[nodiscard]] virtual bool Before(const DecodedInsn& insn) = 0;
  // It retired, or trapped (hart.trap; not taken yet). False: the run stops behind it.
  [[nodiscard]] virtual bool After(const DecodedInsn& insn, bool retired) = 0;
};

enum class InterpreterExit : uint8_t {
  kStop,         // stop_at reached or RequestStop
  kDoubleFault,  // a trap before the trap handler retired anything; hart.trap, hart.pc tell it
  kObserver,     // the InsnObserver asked for it
};

class Interpreter {
 public:
  static constexpr size_t kMaxDecoded = size_t{1} << 19;  // 16 MiB of decoded instructions
  static constexpr uint32_t kMaxBlock = 64;

  Interpreter(Hart* hart, Bus* bus, CodeObserver* observer);

  // Of blocks begun `hot_block` times; nullptr: none. Before the first Run; the runner outlives the
  // interpreter's last Run.
  void SetRunner(BlockRunner* runner, uint64_t hot_block) {
    runner_ = runner;
    hot_block_ = hot_block;
  }

  [[nodiscard]] InterpreterExit Run();

  // Drops every block; counts are kept. Must not be called from inside Run: there, set
  // bus.code_written.
  void DropBlocks();
  // The hart was reset: what trapped before does not count as a trap in the handler.
  void ForgetTrap() { retired_at_last_trap_ = UINT64_MAX; }
  // An interrupt was taken outside.
  void MarkTrap() { domain_ = CodeObserver::kAfterTrap; }
  // Counters of everything executed and taken start again at zero.
  void ForgetCounts();
  // Whether decoded code and its domains are still what memory and the observer say.
  [[nodiscard]] bool BlocksAreValid();
  // For snapshots: whether a trap now would be one in the trap handler's first instruction.
  [[nodiscard]] bool TrappedLast() const {
    return retired_at_last_trap_ == hart_->instructions_retired;
  }
  void SetTrappedLast(bool trapped) {
    retired_at_last_trap_ = trapped ? hart_->instructions_retired : UINT64_MAX;
  }
  // nullptr: none. While there is one, only this loop runs (no translated code).
  void Observe(InsnObserver* insn_observer) { insn_observer_ = insn_observer; }
  // Tells `to` (Executed) what the blocks that are decoded now have counted.
  void ReportLiveBlocks(CodeObserver& to) const;

  void AddOpCounts(std::span<uint64_t, kCountSlots> counts) const;
  [[nodiscard]] std::span<const uint64_t> exceptions() const { return exceptions_; }  // by cause
  [[nodiscard]] uint64_t blocks_decoded() const { return blocks_decoded_; }

 private:
  static constexpr size_t kSlots = size_t{1} << 13;
  static constexpr size_t kChunk = 4096;
  static size_t SlotIndex(GuestAddr pc) { return pc >> 2 & (kSlots - 1); }

  [[nodiscard]] Block* FindBlock(GuestAddr pc);
  [[nodiscard]] Block* DecodeBlock(GuestAddr pc);
  [[nodiscard]] Block* Next(Block* block, GuestAddr pc);
  [[nodiscard]] const DecodedInsn* Execute(const DecodedInsn* insn, const DecodedInsn* end);
  [[nodiscard]] const DecodedInsn* ExecuteObserved(const DecodedInsn* insn, const DecodedInsn* end);
  [[nodiscard]] bool TakeTrap(GuestAddr pc);
  void CountExecuted(const Block& block, uint64_t times);
  void CountLeftOut(const Block& block, const DecodedInsn* rest);
  DecodedInsn* Reserve(uint32_t length);

  Hart* hart_;
  Bus* bus_;
  CodeObserver* observer_;
  InsnObserver* insn_observer_ = nullptr;
  bool observer_stops_ = false;
  BlockRunner* runner_ = nullptr;
  uint64_t hot_block_ = 0;
  uint32_t domain_ = 0;
  uint64_t retired_at_last_trap_ = UINT64_MAX;

  std::vector<Block*> slots_;
  std::deque<Block> blocks_;
  std::vector<std::unique_ptr<DecodedInsn[]>> chunks_;
  size_t decoded_ = 0;  // instructions in use, over all chunks
  uint64_t blocks_decoded_ = 0;
  uint64_t drops_ = 0;
  std::vector<uint64_t> counts_;  // of dropped blocks, corrected for blocks that were left early
  std::array<uint64_t, 16> exceptions_{};
};

}  // namespace sim

#endif  // SIM_HART_INTERPRETER_H_
