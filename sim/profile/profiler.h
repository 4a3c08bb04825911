// SPDX-License-Identifier: Apache-2.0

// Turns what happens in a machine into the counts of profile.h and code_profile.h: announced
// kernels, spans between announcements, bins of virtual time, instructions by address; with
// `call_graph` also who called whom, which costs something at each call. Fed by the machine
// (Advance, Announce) and by the interpreter (CodeObserver); never asks for the time itself.
// Everything is bounded, whatever a hostile guest announces: kMaxKernels, kMaxExecutables,
// kMaxSpans, and bins become twice as wide when there are kMaxBins of them.
#ifndef SIM_PROFILE_PROFILER_H_
#define SIM_PROFILE_PROFILER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/hart/interpreter.h"
#include "sim/profile/call_graph.h"
#include "sim/profile/code_profile.h"
#include "sim/profile/function_table.h"
#include "sim/profile/insn_histogram.h"
#include "sim/profile/profile.h"

namespace sim {

class StateStream;

class Profiler : public CodeObserver {
 public:
  static constexpr size_t kMaxKernels = 16'384;
  static constexpr size_t kMaxExecutables = 4096;  // ever placed
  static constexpr size_t kMaxSpans = 1u << 20;
  static constexpr size_t kMaxBins = 1u << 16;

  // `hart` and `bus` outlive the profiler.
  Profiler(const Hart* hart, const Bus* bus, uint64_t bin_width_ns, bool call_graph);

  // Where the machine stands. Called before time passes a bin's end (see bin_end_ns) and before
  // every reading.
  struct Now {
    uint64_t retired = 0;
    uint64_t time_ns = 0;
    uint64_t exceptions = 0;  // taken so far
  };
  void Advance(const Now& now);
  [[nodiscard]] uint64_t bin_end_ns() const { return bin_start_ns_ + bin_width_ns_; }

  // A simprint at level 4. True: it was an announcement. *code_changed: domains are different now,
  // decoded blocks must go.
  bool Announce(std::string_view text, uint32_t number, const Now& now, bool* code_changed);

  // kernels, spans, bins and in-kernel counts; the rest of the profile is the machine's.
  void AddTo(Profile& profile, const Now& now) const;
  // Functions of the firmware, from its ELF. Decoded blocks must go.
  void SetSymbols(std::span<const CodeSymbol> symbols) { functions_.SetSymbols(symbols); }
  // Saves or loads which executables are placed. Loading begins everything else anew: counts from
  // zero, at `now`.
  void Exchange(StateStream& s, const Now& now);
  // Whose code stands there; nullptr: nobody knows.
  [[nodiscard]] const Function* FunctionAt(GuestAddr pc) const;
  // `live` tells the counts that Executed has not been told.
  [[nodiscard]] CodeProfile MakeCodeProfile(const Interpreter& live, uint64_t retired) const;

  [[nodiscard]] uint32_t DomainOf(GuestAddr pc) override;
  [[nodiscard]] uint32_t ExitDomainOf(uint32_t domain, const DecodedInsn& last) override;
  void Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) override;
  void Executed(uint32_t domain, std::span<const DecodedInsn> insns, uint64_t times) override {
    histogram_.Add(UnitOf(domain), insns, times);
  }

  // Domains: 0 what is not announced, 1 .. kMaxExecutables executables, and, with a call graph,
  // firmware functions from here on.
  static constexpr uint32_t kFirstFunctionDomain = 1u << 16;
  static constexpr uint32_t UnitOf(uint32_t domain) {
    return domain < kFirstFunctionDomain ? domain : 0;
  }

 private:
  struct Executable {
    GuestAddr base = 0;
    GuestAddr limit = 0;  // 0: not known yet
    uint32_t exports_expected = 0;
    size_t current_kernel = SIZE_MAX;  // the one entered last
    std::vector<size_t> kernels;       // indices into kernels_
  };
  struct Totals {
    uint64_t retired = 0;
    uint64_t kernel_instructions = 0;
    uint64_t exceptions = 0;
    AccessCount memory;
    std::vector<AccessCount> memories;
    std::vector<AccessCount> peripherals;
  };
  struct OpenSpan {
    bool open = false;
    uint64_t argument = 0;
    uint64_t start_ns = 0;
    Totals totals;
    std::vector<KernelDelta> kernels;  // counts at the start, in the order of kernels_
  };

  [[nodiscard]] uint32_t UnitAt(GuestAddr pc) const;
  [[nodiscard]] Totals TotalsAt(const Now& now) const;
  [[nodiscard]] AccessCount MemoryCount() const;
  [[nodiscard]] Bin BinUntil(const Totals& totals) const;
  void FollowCalls(CallGraph& calls, uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired);
  void SettleKernel(uint64_t retired);
  void CloseBin(const Now& now);
  void WidenBins();
  void BeginSpan(OpenSpan& span, uint64_t argument, const Now& now);
  void EndSpan(OpenSpan& span, std::string_view name, const Now& now);
  void ExchangeExecutable(StateStream& s, size_t index);
  void PlaceExecutable(GuestAddr base);
  bool AddKernel(std::string_view name, GuestAddr address);
  bool RemoveExecutable(GuestAddr base);

  const Hart* hart_;
  const Bus* bus_;
  uint64_t bin_width_ns_;
  uint64_t bin_start_ns_ = 0;
  Totals at_bin_start_;
  std::vector<Bin> bins_;

  std::vector<Executable> executables_;  // domain = index + 1
  std::vector<size_t> placed_;           // those that are there now
  size_t announcing_ = SIZE_MAX;         // executable whose exports are being listed
  std::vector<Kernel> kernels_;
  uint64_t kernel_instructions_ = 0;
  size_t running_kernel_ = SIZE_MAX;
  uint32_t unit_ = 0;  // where control is
  uint64_t entered_at_ = 0;
  AccessCount memory_at_entry_;

  FunctionTable functions_;
  InsnHistogram histogram_;
  std::optional<CallGraph> calls_;

  OpenSpan load_;
  OpenSpan inference_;
  std::vector<Span> spans_;
  uint64_t spans_dropped_ = 0;
};

}  // namespace sim

#endif  // SIM_PROFILE_PROFILER_H_
