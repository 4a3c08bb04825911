#include "sim/hart/interpreter.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "sim/hart/handlers.h"

namespace sim {

Interpreter::Interpreter(Hart* hart, Bus* bus, DomainObserver* observer)
    : hart_(hart), bus_(bus), observer_(observer), slots_(kSlots), counts_(kCountSlots) {}

DecodedInsn* Interpreter::Reserve(uint32_t length) {
  if (decoded_ % kChunk + length > kChunk) decoded_ += kChunk - decoded_ % kChunk;
  const size_t chunk = decoded_ / kChunk;
  if (chunk == chunks_.size()) chunks_.push_back(std::make_unique<DecodedInsn[]>(kChunk));
  DecodedInsn* place = chunks_[chunk].get() + decoded_ % kChunk;
  decoded_ += length;
  return place;
}

// nullptr: pc is misaligned or lies in no memory; hart.trap is set.
Interpreter::Block* Interpreter::DecodeBlock(GuestAddr pc) {
  if ((pc & 3) != 0) {
    hart_->trap = {Cause::kInstructionMisaligned, pc};
    return nullptr;
  }
  const uint8_t* bytes = bus_->Ram(pc, 4);
  if (bytes == nullptr) {
    hart_->trap = {Cause::kInstructionFault, pc};
    return nullptr;
  }
  if (decoded_ > kMaxDecoded) DropBlocks();
  DecodedInsn* insns = Reserve(kMaxBlock);
  uint32_t length = 0;
  while (length < kMaxBlock) {
    const GuestAddr address = pc + 4 * length;
    if (length != 0 && (bytes = bus_->Ram(address, 4)) == nullptr) break;
    DecodedInsn& insn = insns[length++];
    insn = Decode(base::LoadLe<uint32_t>(bytes), address);
    insn.handler = HandlerOf(insn.op);
    if (EndsBlock(insn.op)) break;
  }
  decoded_ -= kMaxBlock - length;
  bus_->MarkCode(pc, 4 * length, true);
  ++blocks_decoded_;
  Block*& slot = slots_[SlotIndex(pc)];
  Block& block = blocks_.emplace_back(Block{.pc = pc,
                                            .length = length,
                                            .insns = insns,
                                            .count = 0,
                                            .domain = observer_->DomainOf(pc),
                                            .link_pc = {},
                                            .link = {},
                                            .chain = slot});
  slot = &block;
  return &block;
}

Interpreter::Block* Interpreter::FindBlock(GuestAddr pc) {
  for (Block* block = slots_[SlotIndex(pc)]; block != nullptr; block = block->chain) {
    if (block->pc == pc) return block;
  }
  return DecodeBlock(pc);
}

// Two links remember where the block went last: fall-through and target of a branch, or the two
// latest targets of an indirect jump.
Interpreter::Block* Interpreter::Next(Block* block, GuestAddr pc) {
  if (block->link_pc[0] == pc && block->link[0] != nullptr) [[likely]]
    return block->link[0];
  if (block->link_pc[1] == pc && block->link[1] != nullptr) [[likely]]
    return block->link[1];
  const uint64_t drops = drops_;
  Block* next = FindBlock(pc);
  if (next == nullptr || drops_ != drops) return next;  // `block` may be gone
  block->link[1] = block->link[0];
  block->link_pc[1] = block->link_pc[0];
  block->link[0] = next;
  block->link_pc[0] = pc;
  return next;
}

const DecodedInsn* Interpreter::Execute(const DecodedInsn* insn, const DecodedInsn* end) {
  Hart& hart = *hart_;
  for (; insn != end; ++insn) {
    if (!insn->handler(hart, *insn)) [[unlikely]]
      break;
  }
  return insn;
}

// False: a double fault.
bool Interpreter::TakeTrap(GuestAddr pc) {
  Hart& hart = *hart_;
  if (hart.instructions_retired == retired_at_last_trap_) {
    hart.pc = pc;
    return false;
  }
  retired_at_last_trap_ = hart.instructions_retired;
  const auto cause = static_cast<uint32_t>(hart.trap.cause);
  ++exceptions_[cause % exceptions_.size()];
  hart.EnterTrap(cause, hart.trap.tval, pc);
  return true;
}

void Interpreter::CountExecuted(const Block& block, uint64_t times) {
  for (uint32_t i = 0; i < block.length; ++i) counts_[CountSlotOf(block.insns[i])] += times;
}

InterpreterExit Interpreter::Run() {
  Hart& hart = *hart_;
  Block* block = nullptr;
  while (hart.instructions_retired < hart.stop_at) {
    if (bus_->code_written) [[unlikely]] {
      DropBlocks();
      block = nullptr;
    }
    block = block == nullptr ? FindBlock(hart.pc) : Next(block, hart.pc);
    if (block == nullptr) [[unlikely]] {
      if (!TakeTrap(hart.pc)) return InterpreterExit::kDoubleFault;
      continue;
    }
    if (block->domain != domain_) [[unlikely]] {
      observer_->Cross(domain_, block->domain, hart.pc, hart.instructions_retired);
      domain_ = block->domain;
    }
    const uint64_t left = hart.stop_at - hart.instructions_retired;
    uint32_t length = block->length;
    if (left < length) [[unlikely]]
      length = static_cast<uint32_t>(left);
    const DecodedInsn* const end = block->insns + length;
    hart.next_pc = block->pc + 4 * length;
    ++block->count;
    const DecodedInsn* const stopped = Execute(block->insns, end);
    const auto executed = static_cast<uint32_t>(stopped - block->insns);
    hart.instructions_retired += executed;
    if (executed == block->length) [[likely]] {
      hart.pc = hart.next_pc;
      continue;
    }
    // Left early, by stop_at, by a trap, or behind an access that asked for it. The instruction
    // that trapped counts as executed, as in Renode.
    const bool inside = stopped != end;
    for (const DecodedInsn* rest = stopped + (inside ? 1 : 0); rest != block->insns + block->length;
         ++rest) {
      --counts_[CountSlotOf(*rest)];  // the block's count says one more; sums wrap back
    }
    if (!inside) {
      hart.pc = hart.next_pc;
    } else if (hart.trap.cause == Cause::kLeaveBlock) {
      ++hart.instructions_retired;
      hart.pc = stopped->pc + 4;
    } else if (!TakeTrap(stopped->pc)) {
      return InterpreterExit::kDoubleFault;
    }
  }
  if (bus_->code_written) DropBlocks();
  return InterpreterExit::kStop;
}

void Interpreter::DropBlocks() {
  for (Block& block : blocks_) {
    slots_[SlotIndex(block.pc)] = nullptr;
    bus_->MarkCode(block.pc, 4 * block.length, false);
    if (block.count != 0) CountExecuted(block, block.count);
  }
  blocks_.clear();
  decoded_ = 0;
  ++drops_;
  bus_->code_written = false;
}

void Interpreter::AddOpCounts(std::span<uint64_t, kCountSlots> counts) const {
  for (size_t i = 0; i < kCountSlots; ++i) counts[i] += counts_[i];
  for (const Block& block : blocks_) {
    if (block.count == 0) continue;
    for (uint32_t i = 0; i < block.length; ++i) {
      counts[CountSlotOf(block.insns[i])] += block.count;
    }
  }
}

}  // namespace sim
