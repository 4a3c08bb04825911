// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/translator.h"

#include <asmjit/x86.h>
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <deque>
#include <utility>
#include <vector>

#include "sim/fp/host_float.h"
#include "sim/translate/block_emitter.h"
#include "sim/translate/code_memory.h"
#include "sim/translate/context.h"

namespace sim::translate {
namespace {

using namespace asmjit::x86;  // NOLINT

constexpr size_t kCodeBytes = size_t{16} << 20;
constexpr size_t kMaxBlockCode = size_t{128} << 10;  // far above the longest block's
constexpr size_t kMaxVariants = 6;
constexpr size_t kMaxExits = size_t{1} << 18;
constexpr ptrdiff_t kCallBytes = 5;  // E8 and a displacement; a jump is as long

class CountErrors : public asmjit::ErrorHandler {
 public:
  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { ++errors; }
  int errors = 0;
};

// Processor time of this thread, without what asking for it costs.
class Stopwatch {
 public:
  explicit Stopwatch(bool runs) : runs_(runs) {
    if (!runs) return;
    constexpr int kTries = 32;
    cost_ = UINT64_MAX;
    for (int i = 0; i < kTries; ++i) {
      const uint64_t first = Now();
      cost_ = std::min(cost_, Now() - first);
    }
  }
  void Start() {
    if (runs_) begin_ = Now();
  }
  void Stop() {
    if (runs_) nanoseconds_ += std::max(Now() - begin_, cost_) - cost_;
  }
  [[nodiscard]] uint64_t nanoseconds() const { return nanoseconds_; }

 private:
  static uint64_t Now() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  bool runs_;
  uint64_t cost_ = 0;
  uint64_t begin_ = 0;
  uint64_t nanoseconds_ = 0;
};

// The code of one block for one state.
struct Variant {
  const uint8_t* entry = nullptr;
  Exit* guard = nullptr;  // nullptr: fits every state
  bool depends_on_type = false;
  std::optional<VectorType> type;
};

struct Translation {
  std::vector<Variant> variants;
  uint64_t called = 0;  // BlockEmitter::Emit
  bool given_up = false;
};

class X86Translator final : public Translator {
 public:
  X86Translator(std::unique_ptr<CodeMemory> memory, Hart* hart, Bus* bus, CodeObserver* observer,
                const Options& options);

  Left Run(Block& block) override;
  void Drop() override;
  Statistics statistics() const override {
    Statistics result = statistics_;
    result.nanoseconds = stopwatch_.nanoseconds();
    return result;
  }

 private:
  using Enter = Exit* (*)(const uint8_t* code, void* anchor, const uint8_t* code_lines,
                          uint8_t* bytes, int64_t budget);

  void EmitThunks();
  void EmitEnter();
  void EmitLeave();
  void EmitLeaveHere();
  void EmitSpill();
  template <typename Function>
  void EmitCall(Function function);
  void EmitSecondLoad(int width);
  void ResetAssembler();
  template <typename Body>
  const uint8_t* Assemble(const Body& body);

  static bool CallHandler(X86Translator* self, Block* block, uint32_t index);
  static void Cross(X86Translator* self, const Crossing* crossing);

  [[nodiscard]] Translation* TranslationOf(Block& block);
  bool AddVariant(Block& block, Translation& translation);
  bool EmitVariant(Block& block, Translation& translation, Variant& variant);
  void CallInstead(Block& block, uint32_t index);
  [[nodiscard]] Left Resume(Exit& exit);
  void AddSecondLoad(Exit& exit);
  [[nodiscard]] const uint8_t* CrossingTo(const Exit& exit, const Block& block,
                                          const uint8_t* entry);
  void FollowPending(const Block& block, const Translation& translation);
  void BeginFloat();
  void EndFloat();
  void SettleCounts(const AccessCount& more);

  Hart& hart_;
  Bus& bus_;
  CodeObserver& observer_;
  std::unique_ptr<CodeMemory> code_;
  Context& context_;
  VectorState type_scratch_;
  Target target_;
  Enter enter_ = nullptr;
  size_t thunk_bytes_ = 0;
  CountErrors errors_;
  asmjit::CodeHolder holder_;
  asmjit::x86::Assembler a_;  // writes into code_
  ExitTable exits_;
  BlockEmitter emitter_;
  Exit left_here_{.kind = ExitKind::kJump};  // stands for the one that context_.left_at names
  std::deque<Crossing> crossings_;
  std::deque<Translation> translations_;
  Exit* pending_ = nullptr;  // the exit taken last, to be linked to the block that follows
  Stopwatch stopwatch_;
  Statistics statistics_;
};

X86Translator::X86Translator(std::unique_ptr<CodeMemory> memory, Hart* hart, Bus* bus,
                             CodeObserver* observer, const Options& options)
    : hart_(*hart),
      bus_(*bus),
      observer_(*observer),
      code_(std::move(memory)),
      context_(*static_cast<Context*>(code_->data())),
      emitter_(&a_, &target_, &exits_),
      stopwatch_(options.measure) {
  static_assert(sizeof(Context) <= CodeMemory::kDataBytes);
  context_.element_bits = MakeElementBits();
  type_scratch_.vlen_bytes = hart->v.vlen_bytes;
  const auto& memories = bus->memories();
  target_ = {.hart = hart,
             .context = &context_,
             .memory = memories[0].get(),
             .second_memory = memories.size() > 1 ? memories[1].get() : nullptr,
             .may_misalign = bus->MayMisalign(),
             .counts = options.counts,
             .simd = std::min(options.simd, kHostSimd),
             .type_scratch = &type_scratch_,
             .code = code_->code(),
             .leave = nullptr,
             .leave_here = nullptr,
             .spill = nullptr,
             .call = nullptr,
             .cross = nullptr,
             .second_load = {}};
  ResetAssembler();
  EmitThunks();
  thunk_bytes_ = code_->used();
}

// The assembler's only section is the code memory, through its writable mapping.
void X86Translator::ResetAssembler() {
  holder_.reset(asmjit::ResetPolicy::kSoft);
  holder_.init(asmjit::Environment(asmjit::Arch::kX64), reinterpret_cast<uint64_t>(code_->code()));
  holder_.setErrorHandler(&errors_);
  asmjit::CodeBuffer& buffer = holder_.textSection()->buffer();
  buffer._data = code_->writable();
  buffer._size = buffer._capacity = code_->size();
  buffer._flags = asmjit::CodeBufferFlags::kIsExternal | asmjit::CodeBufferFlags::kIsFixed;
  holder_.attach(&a_);
}

// Where body() put its code; nullptr: it could not.
template <typename Body>
const uint8_t* X86Translator::Assemble(const Body& body) {
  constexpr size_t kManyLabels = 1000;  // they are kept until a reset
  if (holder_.labelCount() > kManyLabels) ResetAssembler();
  const size_t begin = code_->used();
  errors_.errors = 0;
  a_.setOffset(begin);
  body();
  statistics_.code_bytes += a_.offset() - begin;
  code_->UseTo(a_.offset());  // also if it failed: the table of exits knows the place
  if (errors_.errors == 0 && !holder_.hasUnresolvedLinks()) return code_->code() + begin;
  ResetAssembler();
  return nullptr;
}

// Exit* enter(code, anchor, code_lines, bytes, budget)
void X86Translator::EmitEnter() {
  const Gp saved[] = {rbx, rbp, r12, r13, r14, r15};
  for (const Gp& reg : saved) a_.push(reg);
  a_.sub(rsp, 8);  // keeps the stack aligned for calls from generated code
  a_.mov(rbp, rsi);
  a_.mov(r12, rdx);
  a_.mov(r13, rcx);
  a_.mov(r14, r8);
  a_.jmp(rdi);
}

void X86Translator::EmitLeave() {
  a_.mov(ptr_rel(reinterpret_cast<uint64_t>(&context_.budget), 8), r14);
  if (target_.simd != HostSimd::kBaseline) a_.vzeroupper();
  a_.add(rsp, 8);
  for (const Gp& reg : {r15, r14, r13, r12, rbp, rbx}) a_.pop(reg);
  a_.ret();
}

void X86Translator::EmitLeaveHere() {
  a_.pop(ptr_rel(reinterpret_cast<uint64_t>(&context_.left_at), 8));
  a_.mov(rax, reinterpret_cast<uint64_t>(&left_here_));
  a_.jmp(reinterpret_cast<uint64_t>(target_.leave));
}

void X86Translator::EmitSpill() {
  for (uint32_t host : RegisterCache::Hosts(RegisterCache::Kind::kInteger)) {
    a_.mov(ptr_rel(reinterpret_cast<uint64_t>(&context_.x_hosts[host]), 4), gpd(host));
  }
  if (target_.simd != HostSimd::kBaseline) {
    for (uint32_t host : RegisterCache::Hosts(RegisterCache::Kind::kFloat)) {
      a_.vmovss(ptr_rel(reinterpret_cast<uint64_t>(&context_.f_hosts[host]), 4), xmm(host));
    }
  }
  a_.jmp(reinterpret_cast<uint64_t>(target_.leave_here));
}

void X86Translator::EmitThunks() {
  enter_ = reinterpret_cast<Enter>(reinterpret_cast<uintptr_t>(Assemble([this] { EmitEnter(); })));
  target_.leave = Assemble([this] { EmitLeave(); });
  target_.leave_here = Assemble([this] { EmitLeaveHere(); });
  target_.spill = Assemble([this] { EmitSpill(); });
  target_.call = Assemble([this] {
    const asmjit::Label stopped = a_.newLabel();
    EmitCall(&CallHandler);
    a_.test(al, al);
    a_.jz(stopped);
    a_.ret();
    a_.bind(stopped);
    a_.jmp(reinterpret_cast<uint64_t>(target_.leave_here));
  });
  target_.cross = Assemble([this] {
    EmitCall(&Cross);
    a_.ret();
  });
  for (int width = 0; width < 3; ++width) {
    target_.second_load[width] = Assemble([this, width] { EmitSecondLoad(width); });
  }
}

// Calls function(this, rsi, edx) with the budget in memory.
template <typename Function>
void X86Translator::EmitCall(Function function) {
  a_.mov(ptr_rel(reinterpret_cast<uint64_t>(&context_.budget), 8), r14);
  if (target_.simd != HostSimd::kBaseline) a_.vzeroupper();
  a_.sub(rsp, 8);
  a_.mov(rdi, reinterpret_cast<uint64_t>(this));
  a_.mov(rax, reinterpret_cast<uint64_t>(function));
  a_.call(rax);
  a_.add(rsp, 8);
  a_.mov(r14, ptr_rel(reinterpret_cast<uint64_t>(&context_.budget), 8));
}

void X86Translator::EmitSecondLoad(int width) {
  const Memory* memory = target_.second_memory;
  const asmjit::Label failed = a_.newLabel();
  if (memory == nullptr) {
    a_.stc();
    a_.ret();
    return;
  }
  a_.sub(eax, memory->base);
  if (width != 0) a_.ror(eax, width);
  a_.cmp(eax, memory->size_bytes >> width);
  a_.jae(failed);
  a_.mov(rdx, reinterpret_cast<uint64_t>(memory->bytes));
  const Mem place = ptr(rdx, rax, static_cast<uint32_t>(width), 0, 1u << width);
  width == 2 ? a_.mov(eax, place) : a_.movzx(eax, place);
  if (target_.counts) {
    a_.inc(ptr_rel(reinterpret_cast<uint64_t>(&context_.counts[1].reads), 8));
    a_.dec(ptr_rel(reinterpret_cast<uint64_t>(&context_.counts[0].reads), 8));
  }
  a_.clc();
  a_.ret();
  a_.bind(failed);
  a_.stc();
  a_.ret();
}

// --- floating-point flags: the host's sticky flags stand beside hart.fflags ---

void X86Translator::BeginFloat() { const HostFlagScope clean(hart_.fflags); }

void X86Translator::EndFloat() { hart_.fflags |= HostFlagScope::RaisedNow(); }

// --- calls from generated code ---

void X86Translator::SettleCounts(const AccessCount& more) {
  if (!target_.counts) return;
  AccessCount* counts = context_.counts;
  const auto& memories = bus_.memories();
  memories[0]->count.reads += counts[0].reads + more.reads;
  memories[0]->count.writes += counts[0].writes + more.writes;
  if (memories.size() > 1) memories[1]->count.reads += counts[1].reads;
  counts[0] = counts[1] = {};
}

bool X86Translator::CallHandler(X86Translator* self, Block* block, uint32_t index) {
  Hart& hart = self->hart_;
  Context& context = self->context_;
  const int64_t retired_behind = context.limit - context.budget;
  hart.instructions_retired = static_cast<uint64_t>(retired_behind) - block->length;
  hart.pc = block->pc;
  hart.next_pc = block->end_pc();
  self->SettleCounts({});
  self->EndFloat();
  const DecodedInsn& insn = block->insns[index];
  const bool retires = insn.handler(hart, insn);
  if (hart.stop_at != context.stop_at || self->bus_.code_written) {
    context.limit = retired_behind;
    context.budget = 0;
  }
  self->BeginFloat();
  return retires;
}

void X86Translator::Cross(X86Translator* self, const Crossing* crossing) {
  self->SettleCounts({});
  self->observer_.Cross(crossing->from, crossing->to, crossing->pc,
                        static_cast<uint64_t>(self->context_.limit - self->context_.budget));
}

// --- translating ---

Translation* X86Translator::TranslationOf(Block& block) {
  if (block.translated == nullptr) block.translated = &translations_.emplace_back();
  return static_cast<Translation*>(block.translated);
}

// False: the block stays the interpreter's, as things are.
bool X86Translator::AddVariant(Block& block, Translation& translation) {
  if (translation.given_up) return false;
  if (code_->free() < kMaxBlockCode || exits_.size() > kMaxExits) {
    bus_.code_written = true;  // drops all blocks before the next one
    return false;
  }
  std::optional<VectorType> type;
  if (translation.variants.size() < kMaxVariants) type = VectorType::Of(hart_.v);
  for (const Variant& variant : translation.variants) {
    // The guard asks for more than the type; what it asks is not so now.
    if (!variant.depends_on_type || variant.type == VectorType::Of(hart_.v)) return false;
  }
  Variant variant{.type = type};
  if (!EmitVariant(block, translation, variant)) return false;
  if (!translation.variants.empty()) {
    code_->OverwriteWithJump(translation.variants.back().guard->behind - kCallBytes, variant.entry);
  }
  translation.variants.push_back(variant);
  return true;
}

bool X86Translator::EmitVariant(Block& block, Translation& translation, Variant& variant) {
  stopwatch_.Start();
  const uint8_t* entry = Assemble([&] { emitter_.Emit(block, variant.type, translation.called); });
  if (entry == nullptr) {
    translation.given_up = true;
    return false;
  }
  variant.entry = entry;
  variant.guard = emitter_.guard_exit();
  variant.depends_on_type = emitter_.depends_on_type();
  ++statistics_.blocks;
  stopwatch_.Stop();
  return true;
}

// From now on the code finds by itself what the load wants of the second memory.
void X86Translator::AddSecondLoad(Exit& exit) {
  if (code_->free() < kMaxBlockCode) return;
  stopwatch_.Start();
  const uint8_t* load = Assemble([&] { emitter_.EmitSecondLoad(exit); });
  if (load != nullptr) code_->OverwriteWithJump(exit.behind - kCallBytes, load);
  exit.loaded = nullptr;
  stopwatch_.Stop();
}

// Instruction `index` leaves again and again (a device, say): from now on its handler is called.
// The old code leads to the new.
void X86Translator::CallInstead(Block& block, uint32_t index) {
  Translation& translation = *TranslationOf(block);
  if (code_->free() < kMaxBlockCode * (kMaxVariants + 1) || exits_.size() > kMaxExits) return;
  translation.called |= uint64_t{1} << index;
  std::vector<Variant> old = translation.variants;
  for (size_t i = 0; i < old.size(); ++i) {
    Variant& variant = translation.variants[i];
    if (!EmitVariant(block, translation, variant)) return;
    if (i != 0) {
      code_->OverwriteWithJump(translation.variants[i - 1].guard->behind - kCallBytes,
                               variant.entry);
    }
  }
  for (size_t i = 0; i < old.size(); ++i) {
    code_->OverwriteWithJump(old[i].entry, translation.variants[i].entry);
  }
}

// Code that tells of the crossing from the end of `exit`'s block to `block` and goes there; it
// leaves instead if the budget ends before, so that what is told does not run ahead.
const uint8_t* X86Translator::CrossingTo(const Exit& exit, const Block& block,
                                         const uint8_t* entry) {
  const uint32_t from = exit.block->exit_domain;
  if (from == block.domain) return entry;
  if (code_->free() < kMaxBlockCode) return nullptr;
  const Crossing& crossing = crossings_.emplace_back(Crossing{from, block.domain, block.pc});
  Exit leave{.kind = exit.kind, .block = exit.block, .target = exit.target};
  const Exit* leaves = exits_.AddDirect(leave);
  return Assemble([&] {
    const asmjit::Label stop = a_.newLabel();
    a_.cmp(r14, block.length);
    a_.jl(stop);
    a_.mov(rsi, reinterpret_cast<uint64_t>(&crossing));
    a_.call(reinterpret_cast<uint64_t>(target_.cross));
    a_.jmp(reinterpret_cast<uint64_t>(entry));
    a_.bind(stop);
    a_.mov(rax, reinterpret_cast<uint64_t>(leaves));
    a_.jmp(reinterpret_cast<uint64_t>(target_.leave));
  });
}

// The exit taken last led to `block`: let it jump there by itself.
void X86Translator::FollowPending(const Block& block, const Translation& translation) {
  Exit* exit = std::exchange(pending_, nullptr);
  if (exit == nullptr) return;
  if (exit->kind == ExitKind::kJump && (exit->target != block.pc || exit->behind == nullptr))
    return;
  const uint8_t* to = CrossingTo(*exit, block, translation.variants.front().entry);
  if (to == nullptr) return;
  if (exit->kind == ExitKind::kJump) {
    if (exit->condition != nullptr) {
      code_->PatchJump(exit->condition, to);
    } else {
      code_->OverwriteWithJump(exit->behind - kCallBytes, to);
    }
  } else {
    context_.jumps[block.pc / 4 % Context::kJumps] = {
        uint64_t{exit->block->exit_domain} << 32 | block.pc, to};
  }
}

Left X86Translator::Run(Block& block) {
  const uint64_t left = hart_.stop_at - hart_.instructions_retired;
  Translation* translation = TranslationOf(block);
  if (left < block.length || translation->given_up) return {LeftAt::kStart, &block, 0, 0};
  if (translation->variants.empty() && !AddVariant(block, *translation)) {
    return {LeftAt::kStart, &block, 0, 0};
  }
  FollowPending(block, *translation);
  constexpr uint64_t kLongest = uint64_t{1} << 62;
  context_.stop_at = hart_.stop_at;
  const auto budget = static_cast<int64_t>(std::min(left, kLongest));
  context_.limit = static_cast<int64_t>(hart_.instructions_retired) + budget;
  ++statistics_.entries;
  BeginFloat();
  Exit* exit =
      enter_(translation->variants.front().entry, reinterpret_cast<uint8_t*>(&hart_) + kAnchor,
             target_.memory->code_lines.data(), target_.memory->bytes, budget);
  EndFloat();
  if (exit == &left_here_) exit = exits_.Find(context_.left_at);
  SettleCounts({exit->reads, exit->writes});
  Block& last = *exit->block;
  hart_.instructions_retired = static_cast<uint64_t>(context_.limit - context_.budget);
  switch (exit->kind) {
    case ExitKind::kJump:
      hart_.pc = exit->target;
      pending_ = exit;
      return {LeftAt::kBetween, &last, 0, last.exit_domain};
    case ExitKind::kIndirect:
      pending_ = exit;
      return {LeftAt::kBetween, &last, 0, last.exit_domain};
    case ExitKind::kHandler:
      hart_.pc = hart_.next_pc;
      return {LeftAt::kBetween, &last, 0, last.exit_domain};
    case ExitKind::kBudget:
      hart_.pc = last.pc;
      return {LeftAt::kBetween, &last, 0, last.domain};
    case ExitKind::kGuard:
      hart_.pc = last.pc;
      if (hart_.instructions_retired >= hart_.stop_at || bus_.code_written ||
          AddVariant(last, *TranslationOf(last))) {
        return {LeftAt::kBetween, &last, 0, last.domain};
      }
      return {LeftAt::kStart, &last, 0, 0};
    case ExitKind::kStopped:
      hart_.pc = last.pc;
      hart_.instructions_retired -= last.length;
      return {LeftAt::kStopped, &last, exit->index, 0};
    case ExitKind::kResume:
      break;
  }
  return Resume(*exit);
}

// Out of the middle of a block.
Left X86Translator::Resume(Exit& exit) {
  exits_.WriteBack(exit, context_, hart_);
  Block& block = *exit.block;
  hart_.pc = block.pc;
  hart_.instructions_retired -= block.length;
  const Left left{LeftAt::kResume, &block, exit.index, 0};
  if (exit.loaded != nullptr) {
    const DecodedInsn& load = block.insns[exit.index];
    const GuestAddr address = hart_.x[load.rs1] + static_cast<uint32_t>(load.imm);
    if (address - target_.second_memory->base < target_.second_memory->size_bytes) {
      AddSecondLoad(exit);
      return left;
    }
  }
  constexpr uint8_t kTooOften = 32;
  if (exit.taken < kTooOften && ++exit.taken == kTooOften) CallInstead(block, exit.index);
  return left;
}

void X86Translator::Drop() {
  code_->Truncate(thunk_bytes_);
  exits_.Clear();
  crossings_.clear();
  translations_.clear();
  pending_ = nullptr;
  std::memset(context_.jumps, 0, sizeof(context_.jumps));
}

}  // namespace

std::unique_ptr<Translator> Translator::Create(Hart* hart, Bus* bus, CodeObserver* observer,
                                               const Options& options) {
  auto memory = CodeMemory::Create(kCodeBytes);
  if (memory == nullptr || bus->memories().empty()) return nullptr;
  return std::make_unique<X86Translator>(std::move(memory), hart, bus, observer, options);
}

}  // namespace sim::translate
