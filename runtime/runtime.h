// SPDX-License-Identifier: Apache-2.0

// Bytes of a compiled model in, tensors out: load, verify and call one VMFB.
//
// The caller guarantees: the file bytes start on kFileAlignment and the arena on kArenaAlignment,
// both stay untouched by others between Load and Unload; the file is mutable because constants are
// used in place. One thread. Nothing else: every byte of the file is treated as hostile.
// Failure: a base::Status, and failure() says in words what was wrong and where. A failed Load
// leaves the object unloaded; a failed Invoke leaves the model loaded and callable.
// Cost: Load passes once over the bytecode and over each kernel image once; weights are not
// touched. No heap, no I/O; all memory comes from the arena. The object itself is about 4 KB.
// Facts: shared spec, iree-formats.
#ifndef RUNTIME_RUNTIME_H_
#define RUNTIME_RUNTIME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/kernel/listener.h"
#include "runtime/value/failure.h"
#include "runtime/value/types.h"

namespace runtime {

// What happens to the executables inside a module.
enum class KernelMode : uint8_t {
  kRun,   // place them in the arena and call them; their machine must be ours
  kSkip,  // check their ELF (riscv32, riscv64, x86-64), place nothing; dispatches do nothing and
          // succeed
};

struct LoadOptions {
  Listener* listener = nullptr;  // may be null
  KernelMode kernel_mode = KernelMode::kRun;
  // A call ends with kVmBudgetExhausted after this many branches, calls and instructions that
  // compute: a program without end meets it before a board's time limit, which costs the model.
  uint32_t branch_budget = 5'000'000;
};

// An exported function; valid until Unload.
struct Function {
  uint32_t ordinal;
};

// Bytes, in the sense of the statistics message: device = tensors that the module allocates,
// host = everything else (program, kernel images, objects). Allocated and freed only grow.
struct Statistics {
  uint32_t host_bytes_peak;
  uint32_t host_bytes_allocated;
  uint32_t host_bytes_freed;
  uint32_t device_bytes_peak;
  uint32_t device_bytes_allocated;
  uint32_t device_bytes_freed;
};

class Runtime {
 public:
  constexpr Runtime() = default;  // constant initialisation: no static constructor
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Verifies the file, places its executables and runs its initialiser. An earlier model of this
  // object is unloaded first. kOutOfMemory if the arena is too small.
  [[nodiscard]] base::Status Load(base::MutableBytes file, base::MutableBytes arena,
                                  const LoadOptions& options = {});

  // Gives everything back (OnExecutableGone is called); the arena and the file are the caller's
  // again.
  void Unload();

  [[nodiscard]] bool loaded() const { return state_ != nullptr; }

  // `name` with or without the module's own name in front: "main", "module.main".
  [[nodiscard]] base::Result<Function> Find(std::string_view name) const;

  // Argument and result types: kinds from the calling convention, element types and dimensions
  // where the module's own bytecode asserts them. False never: an unknown part is marked unknown.
  // `info` is a new one.
  [[nodiscard]] base::Status Describe(Function function, FunctionInfo& info) const;
  // What a caller has to bring: nothing about the results but their number.
  [[nodiscard]] base::Status DescribeArguments(Function function, FunctionInfo& info) const;

  // Calls `function`. Tensor arguments are used where they lie (64-byte alignment is recommended,
  // element alignment required) and may be freed afterwards: what the module keeps is copied.
  [[nodiscard]] base::Status Invoke(Function function, std::span<const Value> arguments);
  // Of an Invoke that succeeded; valid until the next one, ReleaseResults or Unload.
  [[nodiscard]] std::span<const Value> results() const;
  void ReleaseResults();

  // Calls in a row of one function with arguments of one shape are done from what the first of them
  // did (hal/replay.h). This gives the memory back that is kept for it; results stay.
  void DropReplay();

  [[nodiscard]] Statistics statistics() const;

  // Bytes at the start of the arena that hold something now; the rest is free.
  [[nodiscard]] size_t arena_bytes_used() const;

  // Moves the end of the arena: shrinks it (not below arena_bytes_used()) or lets it grow into
  // memory that follows it. Lets two models share one region. kInvalidArgument if it cannot.
  [[nodiscard]] base::Status ResizeArena(size_t size_bytes);

  // What the last failing call had to say; empty text if nothing failed since Load.
  [[nodiscard]] const Failure& failure() const { return failure_; }

 private:
  struct State;
  State* state_ = nullptr;  // lies in the arena
  Failure failure_;
};

}  // namespace runtime

#endif  // RUNTIME_RUNTIME_H_
