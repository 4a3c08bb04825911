// SPDX-License-Identifier: Apache-2.0

#include "sim/profile/profiler.h"

#include <algorithm>

#include "sim/hart/state_stream.h"

namespace sim {
namespace {

AccessCount operator-(const AccessCount& a, const AccessCount& b) {
  return {a.reads - b.reads, a.writes - b.writes};
}

void operator+=(AccessCount& a, const AccessCount& b) {
  a.reads += b.reads;
  a.writes += b.writes;
}

// Empty bins are not kept.
bool IsActive(const Bin& bin) {
  return bin.instructions != 0 || bin.exceptions != 0 ||
         std::ranges::any_of(bin.peripherals, [](const AccessCount& count) {
           return count.reads != 0 || count.writes != 0;
         });
}

constexpr uint32_t kRa = 1;
constexpr uint32_t kSp = 2;
constexpr uint32_t kT0 = 5;  // the alternate link register

}  // namespace

Profiler::Profiler(const Hart* hart, const Bus* bus, uint64_t bin_width_ns, bool call_graph)
    : hart_(hart), bus_(bus), bin_width_ns_(std::max<uint64_t>(bin_width_ns, 1)) {
  if (call_graph) calls_.emplace();
  at_bin_start_ = TotalsAt({});
}

AccessCount Profiler::MemoryCount() const {
  AccessCount sum;
  for (const auto& memory : bus_->memories()) sum += memory->count;
  return sum;
}

Profiler::Totals Profiler::TotalsAt(const Now& now) const {
  Totals totals{.retired = now.retired,
                .kernel_instructions = kernel_instructions_,
                .exceptions = now.exceptions,
                .memory = MemoryCount(),
                .memories = {},
                .peripherals = {}};
  if (unit_ != 0) totals.kernel_instructions += now.retired - entered_at_;
  totals.memories.reserve(bus_->memories().size());
  for (const auto& memory : bus_->memories()) totals.memories.push_back(memory->count);
  totals.peripherals.reserve(bus_->devices().size());
  for (const Bus::MappedDevice& device : bus_->devices()) {
    totals.peripherals.push_back(device.count);
  }
  return totals;
}

// --- bins ---

Bin Profiler::BinUntil(const Totals& totals) const {
  Bin bin{.start_ns = bin_start_ns_,
          .instructions = totals.retired - at_bin_start_.retired,
          .kernel_instructions = totals.kernel_instructions - at_bin_start_.kernel_instructions,
          .memory = totals.memory - at_bin_start_.memory,
          .memories = {},
          .peripherals = {},
          .exceptions = totals.exceptions - at_bin_start_.exceptions};
  for (size_t i = 0; i < totals.memories.size(); ++i) {
    bin.memories.push_back(totals.memories[i] - at_bin_start_.memories[i]);
  }
  for (size_t i = 0; i < totals.peripherals.size(); ++i) {
    bin.peripherals.push_back(totals.peripherals[i] - at_bin_start_.peripherals[i]);
  }
  return bin;
}

void Profiler::CloseBin(const Now& now) {
  Totals totals = TotalsAt(now);
  Bin bin = BinUntil(totals);
  at_bin_start_ = std::move(totals);
  if (!IsActive(bin)) return;
  bins_.push_back(std::move(bin));
  if (bins_.size() >= kMaxBins) WidenBins();
}

void Profiler::WidenBins() {
  bin_width_ns_ *= 2;
  std::vector<Bin> wide;
  for (Bin& bin : bins_) {
    bin.start_ns -= bin.start_ns % bin_width_ns_;
    if (wide.empty() || wide.back().start_ns != bin.start_ns) {
      wide.push_back(std::move(bin));
      continue;
    }
    Bin& sum = wide.back();
    sum.instructions += bin.instructions;
    sum.kernel_instructions += bin.kernel_instructions;
    sum.memory += bin.memory;
    sum.exceptions += bin.exceptions;
    for (size_t i = 0; i < sum.memories.size(); ++i) sum.memories[i] += bin.memories[i];
    for (size_t i = 0; i < sum.peripherals.size(); ++i) sum.peripherals[i] += bin.peripherals[i];
  }
  bins_ = std::move(wide);
}

void Profiler::Advance(const Now& now) {
  if (now.time_ns < bin_end_ns()) return;
  CloseBin(now);
  bin_start_ns_ = now.time_ns - now.time_ns % bin_width_ns_;
}

// --- kernels ---

uint32_t Profiler::UnitAt(GuestAddr pc) const {
  for (size_t i : placed_) {
    const Executable& executable = executables_[i];
    if (pc >= executable.base && pc < executable.limit) return static_cast<uint32_t>(i + 1);
  }
  return 0;
}

uint32_t Profiler::DomainOf(GuestAddr pc) {
  const uint32_t unit = UnitAt(pc);
  return unit == 0 && calls_ ? kFirstFunctionDomain + functions_.At(0, pc) : unit;
}

const Function* Profiler::FunctionAt(GuestAddr pc) const {
  const uint32_t number = functions_.At(UnitAt(pc), pc);
  return number == 0 ? nullptr : &functions_.functions()[number];
}

// The calling convention's hints (unprivileged specification, table "Return-address stack
// prediction hints"): a link to ra or t0 is a call, a jump to what they hold a return.
uint32_t Profiler::ExitDomainOf(uint32_t domain, const DecodedInsn& last) {
  if (!calls_) return domain;
  const bool indirect = last.op == Op::kJalr;
  if (last.op == Op::kMret) return kAfterTrapReturn;
  if (last.op != Op::kJal && !indirect) return domain;
  if (last.rd == kRa) return kAfterCall;
  if (last.rd == kT0) return kAfterMillicode;
  return indirect && (last.rs1 == kRa || last.rs1 == kT0) ? kAfterReturn : domain;
}

void Profiler::FollowCalls(CallGraph& calls, uint32_t from, uint32_t to, GuestAddr pc,
                           uint64_t retired) {
  const uint32_t unit = UnitOf(to);
  const bool is_call = from == kAfterCall || from == kAfterMillicode;
  uint32_t function = to >= kFirstFunctionDomain ? to - kFirstFunctionDomain : 0;
  // Where no symbol says how far a function goes, calls seen since the block was decoded may.
  if (functions_.functions()[function].size_bytes == 0) {
    function = is_call ? functions_.AtCallTarget(unit, pc) : functions_.At(unit, pc);
  }
  const uint32_t stack = hart_->x[kSp];
  switch (from) {
    case kAfterCall:
      return calls.Call(function, hart_->x[kRa], stack, false, retired);
    case kAfterMillicode:
      return calls.Call(function, hart_->x[kT0], stack, true, retired);
    case kAfterReturn:
      return calls.Return(function, pc, stack, retired);
    case kAfterTrap:
      return calls.Trap(function, hart_->mepc, stack, retired);
    case kAfterTrapReturn:
      return calls.TrapReturn(function, stack, retired);
    default:
      return calls.Jump(function, stack, retired);
  }
}

void Profiler::SettleKernel(uint64_t retired) {
  if (unit_ == 0) return;
  const uint64_t spent = retired - entered_at_;
  const AccessCount memory = MemoryCount();
  kernel_instructions_ += spent;
  if (running_kernel_ < kernels_.size()) {
    kernels_[running_kernel_].instructions += spent;
    kernels_[running_kernel_].memory += memory - memory_at_entry_;
  }
  entered_at_ = retired;
  memory_at_entry_ = memory;
}

// An executable is entered at an export (a call) or come back to (a return into it from a trap or
// an import); what it does until it is left counts for the export entered last.
void Profiler::Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) {
  if (calls_) FollowCalls(*calls_, from, to, pc, retired);
  const uint32_t unit = UnitOf(to);
  if (unit == unit_) return;
  SettleKernel(retired);
  unit_ = unit;
  if (unit == 0) return;
  Executable& executable = executables_[unit - 1];
  for (size_t index : executable.kernels) {
    if (kernels_[index].address != pc) continue;
    executable.current_kernel = index;
    ++kernels_[index].calls;
    break;
  }
  running_kernel_ = executable.current_kernel;
  entered_at_ = retired;
  memory_at_entry_ = MemoryCount();
}

void Profiler::PlaceExecutable(GuestAddr base) {
  RemoveExecutable(base);
  announcing_ = SIZE_MAX;
  if (executables_.size() >= kMaxExecutables) return;
  announcing_ = executables_.size();
  executables_.push_back({.base = base, .kernels = {}});
}

bool Profiler::AddKernel(std::string_view name, GuestAddr address) {
  if (announcing_ == SIZE_MAX || executables_[announcing_].exports_expected == 0) return false;
  Executable& executable = executables_[announcing_];
  --executable.exports_expected;
  if (kernels_.size() < kMaxKernels) {
    executable.kernels.push_back(kernels_.size());
    kernels_.push_back({.name = std::string(name), .address = address});
    functions_.AddKernel(static_cast<uint32_t>(announcing_ + 1), name, address);
  }
  if (executable.exports_expected == 0) announcing_ = SIZE_MAX;
  return true;
}

// Its number stays, so that what it executed is never mixed with what comes after it.
bool Profiler::RemoveExecutable(GuestAddr base) {
  const auto gone =
      std::ranges::find_if(placed_, [&](size_t index) { return executables_[index].base == base; });
  if (gone == placed_.end()) return false;
  Executable& executable = executables_[*gone];
  for (size_t index : executable.kernels) kernels_[index].placed = false;
  executable.kernels.clear();
  executable.current_kernel = SIZE_MAX;
  placed_.erase(gone);
  return true;
}

// --- spans ---

void Profiler::BeginSpan(OpenSpan& span, uint64_t argument, const Now& now) {
  SettleKernel(now.retired);
  span.open = true;
  span.argument = argument;
  span.start_ns = now.time_ns;
  span.totals = TotalsAt(now);
  span.kernels.clear();
  for (const Kernel& kernel : kernels_) {
    span.kernels.push_back(
        {.calls = kernel.calls, .instructions = kernel.instructions, .memory = kernel.memory});
  }
}

void Profiler::EndSpan(OpenSpan& open, std::string_view name, const Now& now) {
  if (!open.open) return;
  open.open = false;
  if (spans_.size() >= kMaxSpans) {
    ++spans_dropped_;
    return;
  }
  SettleKernel(now.retired);
  const Totals totals = TotalsAt(now);
  Span span{.name = std::string(name),
            .start_ns = open.start_ns,
            .end_ns = now.time_ns,
            .instructions = totals.retired - open.totals.retired,
            .kernel_instructions = totals.kernel_instructions - open.totals.kernel_instructions,
            .memory = totals.memory - open.totals.memory,
            .argument = open.argument,
            .kernels = {}};
  for (size_t i = 0; i < kernels_.size(); ++i) {
    const KernelDelta before = i < open.kernels.size() ? open.kernels[i] : KernelDelta{};
    if (kernels_[i].calls == before.calls && kernels_[i].instructions == before.instructions) {
      continue;
    }
    span.kernels.push_back({.kernel = i,
                            .calls = kernels_[i].calls - before.calls,
                            .instructions = kernels_[i].instructions - before.instructions,
                            .memory = kernels_[i].memory - before.memory});
  }
  spans_.push_back(std::move(span));
}

// --- announcements (the words are agreed with firmware/) ---

bool Profiler::Announce(std::string_view text, uint32_t number, const Now& now,
                        bool* code_changed) {
  *code_changed = false;
  // Between "kernel.exports" and the last name every text is a kernel's name.
  if (announcing_ != SIZE_MAX && AddKernel(text, number)) {
    *code_changed = true;
    return true;
  }
  if (text == "kernel.image") {
    PlaceExecutable(number);
  } else if (text == "kernel.limit") {
    if (announcing_ == SIZE_MAX || number <= executables_[announcing_].base) return true;
    if (executables_[announcing_].limit == 0) placed_.push_back(announcing_);
    executables_[announcing_].limit = number;
  } else if (text == "kernel.exports") {
    if (announcing_ != SIZE_MAX) executables_[announcing_].exports_expected = number;
  } else if (text == "kernel.gone") {
    SettleKernel(now.retired);
    RemoveExecutable(number);
  } else if (text == "model.received") {
    BeginSpan(load_, number, now);
    return true;
  } else if (text == "model.ready") {
    EndSpan(load_, "model_load", now);
    return true;
  } else if (text == "inference.begin") {
    BeginSpan(inference_, 0, now);
    return true;
  } else if (text == "inference.end") {
    EndSpan(inference_, "inference", now);
    return true;
  } else {
    return false;
  }
  *code_changed = true;
  return true;
}

// --- snapshots ---

void Profiler::ExchangeExecutable(StateStream& s, size_t index) {
  constexpr size_t kMaxNameBytes = 1024;
  Executable& executable = executables_[index];
  s.Field(executable.base);
  s.Field(executable.limit);
  s.Require(executable.limit == 0 || executable.limit > executable.base);
  s.Field(executable.exports_expected);
  auto count = static_cast<uint32_t>(executable.kernels.size());
  s.AtMost(count, kMaxKernels);
  for (uint32_t i = 0; i < count && s.good(); ++i) {
    Kernel fresh;
    Kernel& kernel = s.loading() ? fresh : kernels_[executable.kernels[i]];
    s.Sized(kernel.name, kMaxNameBytes);
    s.Field(kernel.address);
    if (!s.loading()) continue;
    if (kernels_.size() >= kMaxKernels) return s.Refuse();
    executable.kernels.push_back(kernels_.size());
    functions_.AddKernel(static_cast<uint32_t>(index + 1), kernel.name, kernel.address);
    kernels_.push_back(std::move(fresh));
  }
  // The kernel entered last, as its place among the executable's.
  const auto entered = std::ranges::find(executable.kernels, executable.current_kernel);
  auto place = static_cast<uint32_t>(entered - executable.kernels.begin());
  s.AtMost(place, count);
  executable.current_kernel =
      place < executable.kernels.size() ? executable.kernels[place] : SIZE_MAX;
}

void Profiler::Exchange(StateStream& s, const Now& now) {
  if (s.loading()) {
    Profiler fresh(hart_, bus_, bin_width_ns_, calls_.has_value());
    fresh.functions_ = functions_.FirmwareOnly();
    if (calls_) fresh.calls_.emplace(now.retired);
    fresh.bin_start_ns_ = now.time_ns - now.time_ns % bin_width_ns_;
    fresh.at_bin_start_ = fresh.TotalsAt(now);
    *this = std::move(fresh);
  }
  std::vector<size_t> known = placed_;
  bool announcing = announcing_ != SIZE_MAX;
  if (announcing && std::ranges::find(known, announcing_) == known.end()) {
    known.push_back(announcing_);
  }
  auto count = static_cast<uint32_t>(known.size());
  s.AtMost(count, kMaxExecutables);
  for (uint32_t i = 0; i < count && s.good(); ++i) {
    if (s.loading()) {
      known.push_back(executables_.size());
      executables_.emplace_back();
    }
    ExchangeExecutable(s, known[i]);
    if (s.loading() && executables_[known[i]].limit != 0) placed_.push_back(known[i]);
  }
  s.Field(announcing);
  auto last = static_cast<uint32_t>(std::ranges::find(known, announcing_) - known.begin());
  if (!announcing) return;
  s.AtMost(last, count);
  if (s.loading()) {
    s.Require(last < known.size());
    if (s.good()) announcing_ = known[last];
  }
}

void Profiler::AddTo(Profile& profile, const Now& now) const {
  const Totals totals = TotalsAt(now);
  profile.kernel_instructions = totals.kernel_instructions;
  profile.bin_width_ns = bin_width_ns_;
  profile.bins = bins_;
  if (Bin bin = BinUntil(totals); IsActive(bin)) profile.bins.push_back(std::move(bin));
  profile.kernels = kernels_;
  if (unit_ != 0 && running_kernel_ < kernels_.size()) {
    profile.kernels[running_kernel_].instructions += now.retired - entered_at_;
    profile.kernels[running_kernel_].memory += totals.memory - memory_at_entry_;
  }
  profile.spans = spans_;
  profile.spans_dropped = spans_dropped_;
}

}  // namespace sim
