// SPDX-License-Identifier: Apache-2.0

// Writes a line for each instruction that is executed: how many retired before it, address,
// function, word, disassembly, what it wrote, and a trap if it took one. May be limited to
// functions and address ranges; outside them instructions run at full speed.
//
//   1234 320002d4 <memset+0x10> 0005a023 sw zero, 0x0(a1)         [34000010]=00000000
#ifndef SIM_TRACE_TRACER_H_
#define SIM_TRACE_TRACER_H_

#include <cstdio>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/hart/interpreter.h"
#include "sim/machine/machine.h"

namespace sim {

// What to trace: everything if both lists are empty.
struct TraceFilter {
  struct Range {
    GuestAddr first = 0;
    GuestAddr last = 0;  // inclusive
  };
  std::vector<Range> ranges;
  // Names as a profile shows them; a C++ name also without its parameters ("wire::Decoder::Feed").
  std::vector<std::string> functions;

  // "0x32000000-0x320000ff", "0x32000040", or a function's name; the error is a sentence.
  [[nodiscard]] std::expected<void, std::string> Add(std::string_view text);
};

class Tracer final : public InsnObserver {
 public:
  // `machine` and `out` outlive the tracer; the machine is told to Observe it by the caller.
  Tracer(Machine* machine, TraceFilter filter, std::FILE* out);

  [[nodiscard]] bool Wants(GuestAddr pc, uint32_t size_bytes) override;
  [[nodiscard]] bool Before(const DecodedInsn& insn) override;
  [[nodiscard]] bool After(const DecodedInsn& insn, bool retired) override;

 private:
  [[nodiscard]] bool Passes(GuestAddr pc);
  [[nodiscard]] bool PassesName(const std::string& name);

  Machine* machine_;
  TraceFilter filter_;
  std::FILE* out_;
  std::unordered_map<std::string, bool> names_;  // seen ones, and whether they pass
  bool shown_ = false;                           // the instruction now
  std::string accesses_;
  std::vector<GuestAddr> stores_;  // scalar: where to look for the value afterwards
  uint32_t store_bytes_ = 0;
  std::vector<uint8_t> vectors_;  // before it
};

}  // namespace sim

#endif  // SIM_TRACE_TRACER_H_
