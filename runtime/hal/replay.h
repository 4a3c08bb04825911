// SPDX-License-Identifier: Apache-2.0

// What one call of a function did to tensors, kept so that the next call of that function can do it
// again without the bytecode. A program knows the contents of tensors only if it loads from them,
// and remembers something only if it stores it; whatever does either ends the recording
// (Heap::BreakHold), and so do the few commands whose operands do not outlive the call. Then the
// same arguments, but for the bytes in their tensors and for where they lie, mean the same
// commands, on memory that the heap holds for them.
//
// A recording is given up when another call is made, when memory runs out and when a command fails.
#ifndef RUNTIME_HAL_REPLAY_H_
#define RUNTIME_HAL_REPLAY_H_

#include <cstdint>
#include <span>

#include "base/status.h"
#include "runtime/hal/command_queue.h"
#include "runtime/value/types.h"
#include "runtime/vm/heap.h"
#include "runtime/vm/object.h"

namespace runtime {

struct Hal;

class Replay {
 public:
  explicit Replay(Heap& heap) : heap_(heap) {}

  // A call begins. Functions that could not be recorded once are not tried again.
  void Begin(uint32_t function, std::span<const Value> arguments);
  // It ended well; what it gave stays with the caller until Drop.
  void End();
  void Drop();

  // Whether this call would do what was recorded; then the recording is moved to its arguments. If
  // not, some of it may have been moved, so that only Drop is left.
  [[nodiscard]] bool Matches(uint32_t function, std::span<const Value> arguments);
  [[nodiscard]] base::Status Run(Hal& hal);

  // While a call is recorded: its commands in their order.
  [[nodiscard]] bool recording() const { return heap_.holding(); }
  void Note(const Dispatch& dispatch);
  void Note(const Transfer& transfer);

 private:
  [[nodiscard]] base::Status RunSteps(Hal& hal);
  void NotePointer(void** pointer);
  void Move(uint32_t argument, uint8_t* data);

  Heap& heap_;
  CommandQueue steps_;
  CommandQueue pointers_;  // of steps, that lie in arguments
  Value* arguments_ = nullptr;
  uint32_t argument_count_ = 0;
  uint32_t function_ = 0;
  uint32_t hopeless_ = 0;  // bit per function
  bool ready_ = false;
};

}  // namespace runtime

#endif  // RUNTIME_HAL_REPLAY_H_
