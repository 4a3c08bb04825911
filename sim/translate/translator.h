// SPDX-License-Identifier: Apache-2.0

// Translates hot blocks to x86-64 and runs them: the BlockRunner behind the interpreter.
//
// Every block that it is given is translated for the vl and vtype that it meets (up to
// kMaxVariants times, then for any); its exits are patched to jump to the blocks that follow, so
// the hart stays in generated code until a block of another domain, one not translated, the end of
// the budget (hart.stop_at), a trap, or a device. Whatever the fast code does not cover is the
// interpreter's, so both agree on every register, byte, flag and counter.
//
// One translator serves one hart and bus, whose memories must exist already and stay. Memory: at
// most kCodeBytes of code plus a few megabytes of book-keeping; when it is full, all is dropped.
#ifndef SIM_TRANSLATE_TRANSLATOR_H_
#define SIM_TRANSLATE_TRANSLATOR_H_

#include <cstdint>
#include <memory>

#include "sim/fp/wide_loop.h"
#include "sim/hart/block.h"
#include "sim/hart/interpreter.h"

namespace sim::translate {

struct Options {
  // The widest SIMD instructions that code may use; capped to what the host has.
  HostSimd simd = kHostSimd;
  // False: count neither blocks nor accesses. Only to measure what counting costs.
  bool counts = true;
  // Measure what translating costs, which slows it.
  bool measure = false;
};

struct Statistics {
  uint64_t blocks = 0;       // translated, variants counted
  uint64_t code_bytes = 0;   // emitted
  uint64_t nanoseconds = 0;  // spent translating; 0 unless measured
  uint64_t entries = 0;      // from the interpreter's loop into generated code
};

class Translator : public BlockRunner {
 public:
  // nullptr where the host refuses executable memory, or is none this was built for.
  [[nodiscard]] static std::unique_ptr<Translator> Create(Hart* hart, Bus* bus,
                                                          CodeObserver* observer,
                                                          const Options& options);
  [[nodiscard]] virtual Statistics statistics() const = 0;
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_TRANSLATOR_H_
