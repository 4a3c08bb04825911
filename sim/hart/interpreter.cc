// SPDX-License-Identifier: Apache-2.0

#include "sim/hart/interpreter.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "sim/hart/handlers.h"

namespace sim {

Interpreter::Interpreter(Hart* hart, Bus* bus, CodeObserver* observer)
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
Block* Interpreter::DecodeBlock(GuestAddr pc) {
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
    if (EndsBlock(insn)) break;
  }
  decoded_ -= kMaxBlock - length;
  bus_->MarkCode(pc, 4 * length, true);
  ++blocks_decoded_;
  Block*& slot = slots_[SlotIndex(pc)];
  const uint32_t domain = observer_->DomainOf(pc);
  Block& block =
      blocks_.emplace_back(Block{.pc = pc,
                                 .length = length,
                                 .insns = insns,
                                 .count = 0,
                                 .domain = domain,
                                 .exit_domain = observer_->ExitDomainOf(domain, insns[length - 1]),
                                 .link_pc = {},
                                 .link = {},
                                 .chain = slot,
                                 .translated = nullptr});
  slot = &block;
  return &block;
}

Block* Interpreter::FindBlock(GuestAddr pc) {
  for (Block* block = slots_[SlotIndex(pc)]; block != nullptr; block = block->chain) {
    if (block->pc == pc) return block;
  }
  return DecodeBlock(pc);
}

// Two links remember where the block went last: fall-through and target of a branch, or the two
// latest targets of an indirect jump.
Block* Interpreter::Next(Block* block, GuestAddr pc) {
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

// As Execute, and sets observer_stops_. A stop before an instruction raises kLeaveBefore there; one
// behind it kLeaveBlock, unless the block ends there anyway.
const DecodedInsn* Interpreter::ExecuteObserved(const DecodedInsn* insn, const DecodedInsn* end) {
  Hart& hart = *hart_;
  for (; insn != end; ++insn) {
    if (!insn_observer_->Before(*insn)) {
      observer_stops_ = true;
      hart.trap = {Cause::kLeaveBefore, 0};
      return insn;
    }
    const bool done = insn->handler(hart, *insn);
    const bool retired = done || hart.trap.cause == Cause::kLeaveBlock;
    if (!insn_observer_->After(*insn, retired)) {
      observer_stops_ = true;
      if (done && insn + 1 != end) {
        hart.trap = {Cause::kLeaveBlock, 0};
        return insn;
      }
    }
    if (!done) return insn;
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
  domain_ = CodeObserver::kAfterTrap;
  hart.EnterTrap(cause, hart.trap.tval, pc);
  return true;
}

void Interpreter::CountExecuted(const Block& block, uint64_t times) {
  for (uint32_t i = 0; i < block.length; ++i) counts_[CountSlotOf(block.insns[i])] += times;
  observer_->Executed(block.domain, {block.insns, block.length}, times);
}

// Instructions that the block's count says were executed, but were not: sums wrap back.
void Interpreter::CountLeftOut(const Block& block, const DecodedInsn* rest) {
  const DecodedInsn* const end = block.insns + block.length;
  for (const DecodedInsn* insn = rest; insn != end; ++insn) --counts_[CountSlotOf(*insn)];
  if (rest != end) observer_->Executed(block.domain, {rest, end}, ~uint64_t{0});
}

InterpreterExit Interpreter::Run() {
  Hart& hart = *hart_;
  Block* block = nullptr;
  observer_stops_ = false;
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
    }
    uint32_t begin = 0;
    bool stopped_in_handler = false;
    const bool observed =
        insn_observer_ != nullptr && insn_observer_->Wants(block->pc, 4 * block->length);
    if (runner_ != nullptr && insn_observer_ == nullptr && block->count >= hot_block_) {
      const Left left = runner_->Run(*block);
      block = left.block;
      if (left.at == LeftAt::kBetween) {
        domain_ = left.domain;
        continue;
      }
      begin = left.index;
      stopped_in_handler = left.at == LeftAt::kStopped;
      if (left.at == LeftAt::kStart) ++block->count;
    } else {
      ++block->count;
    }
    const uint64_t remaining = hart.stop_at - hart.instructions_retired;
    uint32_t length = block->length;
    if (begin == 0 && remaining < length) [[unlikely]]
      length = static_cast<uint32_t>(remaining);
    const DecodedInsn* const end = block->insns + length;
    hart.next_pc = block->pc + 4 * length;
    const DecodedInsn* stopped = block->insns + begin;
    if (!stopped_in_handler) {
      stopped = observed ? ExecuteObserved(stopped, end) : Execute(stopped, end);
    }
    const auto executed = static_cast<uint32_t>(stopped - block->insns);
    hart.instructions_retired += executed;
    if (executed == block->length) [[likely]] {
      domain_ = block->exit_domain;
      hart.pc = hart.next_pc;
    } else {
      // Left early, by stop_at, by a trap, behind an access that asked for it, or by the observer.
      // The instruction that trapped counts as executed, as in Renode.
      domain_ = block->domain;
      const bool inside = stopped != end;
      const bool before = inside && hart.trap.cause == Cause::kLeaveBefore;
      CountLeftOut(*block, stopped + (inside && !before ? 1 : 0));
      if (!inside) {
        hart.pc = hart.next_pc;
      } else if (before) {
        hart.pc = stopped->pc;
      } else if (hart.trap.cause == Cause::kLeaveBlock) {
        ++hart.instructions_retired;
        hart.pc = stopped->pc + 4;
      } else if (!TakeTrap(stopped->pc)) {
        return InterpreterExit::kDoubleFault;
      }
    }
    if (observer_stops_) [[unlikely]] {
      if (bus_->code_written) DropBlocks();
      return InterpreterExit::kObserver;
    }
  }
  if (bus_->code_written) DropBlocks();
  return InterpreterExit::kStop;
}

void Interpreter::DropBlocks() {
  if (runner_ != nullptr) runner_->Drop();
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

void Interpreter::ForgetCounts() {
  for (Block& block : blocks_) block.count = 0;
  std::ranges::fill(counts_, 0);
  exceptions_ = {};
  domain_ = 0;
}

bool Interpreter::BlocksAreValid() {
  for (const Block& block : blocks_) {
    if (block.domain != observer_->DomainOf(block.pc)) return false;
    for (uint32_t i = 0; i < block.length; ++i) {
      const uint8_t* bytes = bus_->Ram(block.insns[i].pc, 4);
      if (bytes == nullptr || base::LoadLe<uint32_t>(bytes) != block.insns[i].word) return false;
    }
  }
  return true;
}

void Interpreter::ReportLiveBlocks(CodeObserver& to) const {
  for (const Block& block : blocks_) {
    if (block.count != 0) to.Executed(block.domain, {block.insns, block.length}, block.count);
  }
}

}  // namespace sim
