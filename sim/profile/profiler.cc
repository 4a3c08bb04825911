#include "sim/profile/profiler.h"

#include <algorithm>

namespace sim {
namespace {

AccessCount operator-(const AccessCount& a, const AccessCount& b) {
  return {a.reads - b.reads, a.writes - b.writes};
}

void operator+=(AccessCount& a, const AccessCount& b) {
  a.reads += b.reads;
  a.writes += b.writes;
}

}  // namespace

Profiler::Profiler(const Bus* bus, uint64_t bin_width_ns)
    : bus_(bus), bin_width_ns_(std::max<uint64_t>(bin_width_ns, 1)) {
  at_bin_start_ = TotalsAt({});
}

Profiler::Totals Profiler::TotalsAt(const Now& now) const {
  Totals totals{.retired = now.retired,
                .kernel_instructions = kernel_instructions_,
                .exceptions = now.exceptions,
                .memory = {},
                .peripherals = {}};
  if (in_kernel_) totals.kernel_instructions += now.retired - entered_at_;
  for (const auto& memory : bus_->memories()) totals.memory += memory->count;
  totals.peripherals.reserve(bus_->devices().size());
  for (const Bus::MappedDevice& device : bus_->devices()) {
    totals.peripherals.push_back(device.count);
  }
  return totals;
}

// --- bins ---

void Profiler::CloseBin(const Now& now) {
  Totals totals = TotalsAt(now);
  Bin bin{.start_ns = bin_start_ns_,
          .instructions = totals.retired - at_bin_start_.retired,
          .kernel_instructions = totals.kernel_instructions - at_bin_start_.kernel_instructions,
          .memory = totals.memory - at_bin_start_.memory,
          .peripherals = {},
          .exceptions = totals.exceptions - at_bin_start_.exceptions};
  bool active = bin.instructions != 0 || bin.exceptions != 0;
  for (size_t i = 0; i < totals.peripherals.size(); ++i) {
    bin.peripherals.push_back(totals.peripherals[i] - at_bin_start_.peripherals[i]);
    active = active || bin.peripherals[i].reads != 0 || bin.peripherals[i].writes != 0;
  }
  at_bin_start_ = std::move(totals);
  if (!active) return;
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

uint32_t Profiler::DomainOf(GuestAddr pc) {
  for (size_t i = 0; i < executables_.size(); ++i) {
    const Executable& executable = executables_[i];
    if (executable.placed && pc >= executable.base && pc < executable.limit) {
      return static_cast<uint32_t>(i + 1);
    }
  }
  return 0;
}

void Profiler::SettleKernel(uint64_t retired) {
  if (!in_kernel_) return;
  const uint64_t spent = retired - entered_at_;
  kernel_instructions_ += spent;
  if (running_kernel_ < kernels_.size()) kernels_[running_kernel_].instructions += spent;
  entered_at_ = retired;
}

// An executable is entered at an export (a call) or come back to (a return into it from a trap or
// an import); what it does until it is left counts for the export entered last.
void Profiler::Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) {
  if (from != 0) SettleKernel(retired);
  in_kernel_ = to != 0;
  if (to == 0) return;
  Executable& executable = executables_[to - 1];
  for (size_t index : executable.kernels) {
    if (kernels_[index].address != pc) continue;
    executable.current_kernel = index;
    ++kernels_[index].calls;
    break;
  }
  running_kernel_ = executable.current_kernel;
  entered_at_ = retired;
}

void Profiler::PlaceExecutable(GuestAddr base) {
  RemoveExecutable(base);
  auto slot = std::find_if(executables_.begin(), executables_.end(), [](const Executable& e) {
    return !e.placed && e.exports_expected == 0;
  });
  if (slot == executables_.end()) {
    if (executables_.size() >= kMaxExecutables) {
      announcing_ = SIZE_MAX;
      return;
    }
    slot = executables_.insert(executables_.end(), Executable{});
  }
  *slot = Executable{};
  slot->base = base;
  announcing_ = static_cast<size_t>(slot - executables_.begin());
}

bool Profiler::AddKernel(std::string_view name, GuestAddr address) {
  if (announcing_ == SIZE_MAX || executables_[announcing_].exports_expected == 0) return false;
  Executable& executable = executables_[announcing_];
  --executable.exports_expected;
  if (kernels_.size() < kMaxKernels) {
    executable.kernels.push_back(kernels_.size());
    kernels_.push_back({.name = std::string(name), .address = address});
  }
  if (executable.exports_expected == 0) announcing_ = SIZE_MAX;
  return true;
}

bool Profiler::RemoveExecutable(GuestAddr base) {
  for (Executable& executable : executables_) {
    if (!executable.placed || executable.base != base) continue;
    for (size_t index : executable.kernels) kernels_[index].placed = false;
    executable = Executable{};
    return true;
  }
  return false;
}

// --- spans ---

void Profiler::BeginSpan(OpenSpan& span, uint64_t argument, const Now& now) {
  SettleKernel(now.retired);
  span.open = true;
  span.argument = argument;
  span.start_ns = now.time_ns;
  span.totals = TotalsAt(now);
  span.kernels.clear();
  for (const Kernel& kernel : kernels_)
    span.kernels.push_back({0, kernel.calls, kernel.instructions});
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
                            .instructions = kernels_[i].instructions - before.instructions});
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
    executables_[announcing_].limit = number;
    executables_[announcing_].placed = true;
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

void Profiler::AddTo(Profile& profile, const Now& now) const {
  Profiler settled = *this;
  settled.SettleKernel(now.retired);
  settled.CloseBin(now);
  profile.kernel_instructions = settled.kernel_instructions_;
  profile.bin_width_ns = settled.bin_width_ns_;
  profile.bins = std::move(settled.bins_);
  profile.kernels = std::move(settled.kernels_);
  profile.spans = std::move(settled.spans_);
  profile.spans_dropped = settled.spans_dropped_;
}

}  // namespace sim
