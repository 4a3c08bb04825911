// SPDX-License-Identifier: Apache-2.0

// Command buffers, of two kinds. Until 20240724 they are made for one submission and bindings are
// pushed: DirectCommands runs each command as it comes, which is legal because all earlier work is
// done by then. From 20240828 on they may be submitted many times: CommandList keeps a compact list
// and runs it when it is submitted.
//
// In a list, buffers appear as references that are resolved when a command runs: directly, or
// through a slot of the binding table that the submission brings.
#ifndef RUNTIME_HAL_COMMANDS_H_
#define RUNTIME_HAL_COMMANDS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "runtime/hal/buffer.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/hal.h"

namespace runtime {

struct DirectCommands : Object {
  static const ObjectType kType;
  static constexpr uint32_t kMaxSets = 4;
  static constexpr uint32_t kMaxBindingsPerSet = 32;
  static constexpr uint32_t kMaxPushConstants = 64;

  DirectCommands() : Object(&kType) {}

  bool submitted = false;
  // What push_constants and push_descriptor_set leave behind for later dispatches.
  uint32_t valid[kMaxSets] = {};  // bit per binding
  uint32_t constants[kMaxPushConstants] = {};
  void* pointers[kMaxSets][kMaxBindingsPerSet];
  size_t lengths[kMaxSets][kMaxBindingsPerSet];
  Buffer* held[kMaxSets][kMaxBindingsPerSet];  // retained: a module may push its last reference
};

// A range of a buffer, or of what slot `slot` of the binding table holds if `buffer` is null. The
// length may be kRest.
struct BufferRef {
  Buffer* buffer;
  uint32_t slot;
  uint32_t offset;
  uint32_t length;
};

// One row of the table that a submission brings.
struct BindingSlot {
  Buffer* buffer;
  uint32_t offset;
  uint32_t length;
};

enum class CommandKind : uint16_t { kDispatch, kFill, kCopy, kUpdate };

// Commands lie one after the other, each `size` bytes long, multiples of 8: first its references,
// then what belongs to the kind.
struct Command {
  CommandKind kind;
  uint16_t ref_count;
  uint32_t size;

  [[nodiscard]] BufferRef* refs() { return reinterpret_cast<BufferRef*>(this + 1); }
  template <typename T>
  [[nodiscard]] T* payload() {
    static_assert(alignof(T) <= alignof(BufferRef) && sizeof(BufferRef) % alignof(T) == 0);
    return reinterpret_cast<T*>(refs() + ref_count);
  }
};
// Behind it binding pointers, their lengths, constants. An indirect dispatch has one reference more
// than bindings, the last: where its workgroup counts are.
struct Dispatch {
  Executable* executable;
  uint32_t kernel;
  uint32_t indirect;
  DispatchState state;
};
struct Fill {
  uint32_t pattern[2];
  uint32_t pattern_length;
};

class CommandList : public Object {
 public:
  static const ObjectType kType;
  CommandList() : Object(&kType) {}

  // A new command at the end, or nullptr if there is no memory. It does not count before Commit,
  // which retains what it refers to.
  [[nodiscard]] Command* Begin(ObjectStore& store, CommandKind kind, uint32_t ref_count,
                               size_t payload_bytes);
  void Commit();

  // Runs the list.
  [[nodiscard]] base::Status Execute(Hal& hal, std::span<const BindingSlot> table);

 private:
  struct Chunk {
    Chunk* next;
    uint32_t used;
    uint32_t capacity;  // of data behind this header
  };
  static constexpr size_t kChunkSize = 1024;
  static constexpr size_t kChunkHeader = (sizeof(Chunk) + 7) & ~size_t{7};

  static void Destroy(ObjectStore& store, Object* object);
  [[nodiscard]] static Command* CommandAt(Chunk* chunk, uint32_t offset) {
    return reinterpret_cast<Command*>(reinterpret_cast<uint8_t*>(chunk) + kChunkHeader + offset);
  }

  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
};

// Runs every workgroup of a kernel; `state` was checked, what is the same for all dispatches is in
// it.
[[nodiscard]] base::Status LaunchKernel(Hal& hal, const Executable& executable, uint32_t kernel,
                                        const DispatchState& state);

// Runs a fill, copy or update.
[[nodiscard]] base::Status RunTransfer(Hal& hal, Command& command,
                                       std::span<const BindingSlot> table);

// Bytes of a pattern of 1, 2, 4 or 8 bytes.
[[nodiscard]] base::Status FillBytes(ByteRange target, const void* pattern,
                                     uint32_t pattern_length);

// Copies between ranges of one length; they may overlap.
[[nodiscard]] base::Status CopyBytes(ByteRange target, ByteRange source);

}  // namespace runtime

#endif  // RUNTIME_HAL_COMMANDS_H_
