// Turns what happens in a machine into the counts of profile.h: announced kernels, spans between
// announcements, bins of virtual time. Fed by the machine (Advance, Announce) and by the
// interpreter (DomainObserver); never asks for the time itself. Everything is bounded, whatever a
// hostile guest announces: kMaxKernels, kMaxSpans, and bins become twice as wide when there are
// kMaxBins of them.
#ifndef SIM_PROFILE_PROFILER_H_
#define SIM_PROFILE_PROFILER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/hart/bus.h"
#include "sim/hart/interpreter.h"
#include "sim/profile/profile.h"

namespace sim {

class Profiler : public DomainObserver {
 public:
  static constexpr size_t kMaxKernels = 16'384;
  static constexpr size_t kMaxExecutables = 256;
  static constexpr size_t kMaxSpans = 1u << 20;
  static constexpr size_t kMaxBins = 1u << 16;

  Profiler(const Bus* bus, uint64_t bin_width_ns);

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

  [[nodiscard]] uint32_t DomainOf(GuestAddr pc) override;
  void Cross(uint32_t from, uint32_t to, GuestAddr pc, uint64_t retired) override;

 private:
  struct Executable {
    GuestAddr base = 0;
    GuestAddr limit = 0;  // 0: not known yet
    uint32_t exports_expected = 0;
    bool placed = false;
    size_t current_kernel = SIZE_MAX;  // the one entered last
    std::vector<size_t> kernels;       // indices into kernels_
  };
  struct Totals {
    uint64_t retired = 0;
    uint64_t kernel_instructions = 0;
    uint64_t exceptions = 0;
    AccessCount memory;
    std::vector<AccessCount> peripherals;
  };
  struct OpenSpan {
    bool open = false;
    uint64_t argument = 0;
    uint64_t start_ns = 0;
    Totals totals;
    std::vector<KernelDelta> kernels;  // counts at the start, in the order of kernels_
  };

  [[nodiscard]] Totals TotalsAt(const Now& now) const;
  void SettleKernel(uint64_t retired);
  void CloseBin(const Now& now);
  void WidenBins();
  void BeginSpan(OpenSpan& span, uint64_t argument, const Now& now);
  void EndSpan(OpenSpan& span, std::string_view name, const Now& now);
  void PlaceExecutable(GuestAddr base);
  bool AddKernel(std::string_view name, GuestAddr address);
  bool RemoveExecutable(GuestAddr base);

  const Bus* bus_;
  uint64_t bin_width_ns_;
  uint64_t bin_start_ns_ = 0;
  Totals at_bin_start_;
  std::vector<Bin> bins_;

  std::vector<Executable> executables_;  // domain = index + 1; slots are reused
  size_t announcing_ = SIZE_MAX;         // executable whose exports are being listed
  std::vector<Kernel> kernels_;
  uint64_t kernel_instructions_ = 0;
  size_t running_kernel_ = SIZE_MAX;
  bool in_kernel_ = false;
  uint64_t entered_at_ = 0;

  OpenSpan load_;
  OpenSpan inference_;
  std::vector<Span> spans_;
  uint64_t spans_dropped_ = 0;
};

}  // namespace sim

#endif  // SIM_PROFILE_PROFILER_H_
