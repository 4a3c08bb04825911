// Runs a hart: decodes once into basic blocks, follows links between them, counts per block.
//
// The caller owns hart and bus, sets hart.stop_at and calls Run; it returns when that many
// instructions have retired (exactly) or at the end of the block in which somebody called
// hart.RequestStop(). Traps are taken inside. Counts cost one increment a block; they are
// multiplied out over the block's instructions when read (AddOpCounts) or when the block goes.
// A store into a line that holds decoded code drops all blocks at the end of its block, so no code
// ever runs stale after fence.i. Decoded instructions are bounded by kMaxDecoded.
#ifndef SIM_HART_INTERPRETER_H_
#define SIM_HART_INTERPRETER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "sim/hart/hart.h"
#include "sim/isa/count_slot.h"

namespace sim {

// Told when control moves between code domains: 0 is everything not announced, others as the
// observer names them.
class DomainObserver {
 public:
  virtual ~DomainObserver() = default;
  // Asked once for each decoded block.
  [[nodiscard]] virtual uint32_t DomainOf(GuestAddr pc) = 0;
  // The next instruction, at pc, is in `to`; `retired` instructions lie before it.
  virtual void Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) = 0;
};

enum class InterpreterExit : uint8_t {
  kStop,         // stop_at reached or RequestStop
  kDoubleFault,  // a trap before the trap handler retired anything; hart.trap, hart.pc tell it
};

class Interpreter {
 public:
  static constexpr size_t kMaxDecoded = size_t{1} << 19;  // 16 MiB of decoded instructions
  static constexpr uint32_t kMaxBlock = 64;

  Interpreter(Hart* hart, Bus* bus, DomainObserver* observer);

  [[nodiscard]] InterpreterExit Run();

  // Drops every block; counts are kept. Must not be called from inside Run: there, set
  // bus.code_written.
  void DropBlocks();
  // The hart was reset: what trapped before does not count as a trap in the handler.
  void ForgetTrap() { retired_at_last_trap_ = UINT64_MAX; }

  void AddOpCounts(std::span<uint64_t, kCountSlots> counts) const;
  [[nodiscard]] std::span<const uint64_t> exceptions() const { return exceptions_; }  // by cause
  [[nodiscard]] uint64_t blocks_decoded() const { return blocks_decoded_; }

 private:
  struct Block {
    GuestAddr pc;
    uint32_t length;
    const DecodedInsn* insns;
    uint64_t count;
    uint32_t domain;
    GuestAddr link_pc[2];
    Block* link[2];
    Block* chain;  // in the same hash slot
  };

  static constexpr size_t kSlots = size_t{1} << 13;
  static constexpr size_t kChunk = 4096;
  static size_t SlotIndex(GuestAddr pc) { return pc >> 2 & (kSlots - 1); }

  [[nodiscard]] Block* FindBlock(GuestAddr pc);
  [[nodiscard]] Block* DecodeBlock(GuestAddr pc);
  [[nodiscard]] Block* Next(Block* block, GuestAddr pc);
  [[nodiscard]] const DecodedInsn* Execute(const DecodedInsn* insn, const DecodedInsn* end);
  [[nodiscard]] bool TakeTrap(GuestAddr pc);
  void CountExecuted(const Block& block, uint64_t times);
  DecodedInsn* Reserve(uint32_t length);

  Hart* hart_;
  Bus* bus_;
  DomainObserver* observer_;
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
