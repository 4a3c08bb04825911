// SPDX-License-Identifier: Apache-2.0

// Commands that wait to be run: those of a command list (commands.h) and those of a call that was
// recorded (replay.h).
#ifndef RUNTIME_HAL_COMMAND_QUEUE_H_
#define RUNTIME_HAL_COMMAND_QUEUE_H_

#include <cstddef>
#include <cstdint>

#include "runtime/hal/buffer.h"
#include "runtime/kernel/abi.h"
#include "runtime/vm/heap.h"

namespace runtime {

struct Executable;

// A range of a buffer, or of what slot `slot` of the binding table holds if `buffer` is null. The
// length may be kRest.
struct BufferRef {
  Buffer* buffer;
  uint32_t slot;
  uint32_t offset;
  uint32_t length;
};

// A run of a kernel. In a queue its binding pointers, their lengths and its constants lie behind
// it.
struct Dispatch {
  const Executable* executable;
  uint32_t kernel;
  uint32_t workgroup_counts[3];
  DispatchState state;  // its bindings and constants; the rest is filled in when it runs
};

// A copy of bytes, or a fill with 1, 2, 4 or 8 bytes again and again. Ranges of a copy may overlap.
struct Transfer {
  void* target;
  void* source;  // nullptr: a fill
  uint32_t length;
  uint32_t pattern_length;
  uint32_t pattern[2];
};

// A pointer of another command, and the argument of the call that it leads into.
struct PointerNote {
  void** pointer;
  uint32_t argument;
};

enum class CommandKind : uint16_t { kDispatch, kTransfer, kPointer };

// Behind it the references whose buffers are looked up when it runs, then bytes of its own. An
// indirect dispatch has one reference more than bindings, the last: where its workgroup counts are.
struct Command {
  Command* next;
  uint32_t size;
  CommandKind kind;
  uint16_t ref_count;
  union {
    Dispatch dispatch;
    Transfer transfer;
    PointerNote note;
  };

  [[nodiscard]] BufferRef* refs() { return reinterpret_cast<BufferRef*>(this + 1); }
  [[nodiscard]] void* behind() { return refs() + ref_count; }
};

// Commands in the order in which they were added, each in memory of its own.
class CommandQueue {
 public:
  // A new command at the end, to be filled in, or nullptr if there is no memory.
  [[nodiscard]] Command* Add(Heap& heap, CommandKind kind, uint32_t ref_count, size_t bytes_behind);
  // A dispatch like `model`, with room for its constants and for as many pointers as it has
  // bindings or references.
  [[nodiscard]] Command* AddDispatch(Heap& heap, uint32_t ref_count, const Dispatch& model);
  void Free(Heap& heap);
  [[nodiscard]] Command* first() const { return first_; }

 private:
  Command* first_ = nullptr;
  Command** end_ = &first_;
};

}  // namespace runtime

#endif  // RUNTIME_HAL_COMMAND_QUEUE_H_
