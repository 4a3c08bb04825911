// Recorded commands. A command buffer that may run only once and allows it executes each command as
// it is recorded, which is legal here because all earlier work is done by then; any other keeps a
// compact list and runs it when it is submitted, as often as it is submitted.
//
// Buffers appear as references that are resolved when a command runs: directly, or through a slot
// of the binding table that the submission brings.
#ifndef RUNTIME_HAL_COMMAND_BUFFER_H_
#define RUNTIME_HAL_COMMAND_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "runtime/hal/buffer.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/hal.h"

namespace runtime {

// A range of a buffer, or of what slot `slot` of the binding table holds if `buffer` is null.
struct BufferRef {
  static constexpr uint32_t kRest = UINT32_MAX;  // length -1

  Buffer* buffer;
  uint32_t slot;
  uint32_t offset;
  uint32_t length;
};

// One row of the table that a submission brings.
struct BindingSlot {
  Buffer* buffer;
  uint64_t offset;
  uint64_t length;
};

enum class CommandKind : uint16_t { kDispatch, kFill, kCopy, kUpdate };

// Commands lie one after the other, each `size` bytes long, multiples of 8.
struct Command {
  CommandKind kind;
  uint16_t ref_count;  // BufferRefs of the command
  uint32_t size;
};
// Followed by ref_count BufferRefs (for an indirect dispatch first the one that holds the counts),
// then the constants.
struct DispatchCommand : Command {
  Executable* executable;
  uint32_t kernel;
  uint32_t workgroups[3];
  uint32_t constant_count;
  uint32_t indirect;
};
struct FillCommand : Command {
  uint32_t pattern_length;
  uint64_t pattern;
};
struct CopyCommand : Command {};
// The bytes follow the reference.
struct UpdateCommand : Command {
  uint32_t length;
  uint32_t padding;
};
static_assert(sizeof(DispatchCommand) % alignof(BufferRef) == 0 &&
              sizeof(FillCommand) % alignof(BufferRef) == 0 &&
              sizeof(CopyCommand) % alignof(BufferRef) == 0 &&
              sizeof(UpdateCommand) % alignof(BufferRef) == 0);

// What push_constants and push_descriptor_set leave behind for later dispatches.
struct PushedState {
  static constexpr uint32_t kMaxSets = 4;
  static constexpr uint32_t kMaxBindingsPerSet = 32;
  static constexpr uint32_t kMaxPushConstants = 64;

  uint32_t valid[kMaxSets];  // bit per binding
  uint32_t constants[kMaxPushConstants];
  BufferRef bindings[kMaxSets][kMaxBindingsPerSet];
};

class CommandBuffer : public Object {
 public:
  static const ObjectType kType;
  static constexpr uint32_t kModeOneShot = 0x1;
  static constexpr uint32_t kModeAllowInline = 0x10;

  explicit CommandBuffer(uint32_t mode)
      : Object(&kType), inline_((mode & kModeOneShot) != 0 && (mode & kModeAllowInline) != 0) {}

  // Room for one command of `size` bytes; valid until the next call. Commit ends it.
  [[nodiscard]] base::Result<Command*> Begin(ObjectStore& store, CommandKind kind, size_t size,
                                             uint32_t ref_count);
  [[nodiscard]] base::Result<void> Commit(Hal& hal);

  // Runs the list.
  [[nodiscard]] base::Result<void> Execute(Hal& hal, std::span<const BindingSlot> table);

  // Made on first use; nullptr if there is no memory.
  [[nodiscard]] PushedState* Pushed(ObjectStore& store);

 private:
  struct Chunk {
    Chunk* next;
    uint32_t used;
    uint32_t capacity;  // of data behind this header
  };
  static constexpr size_t kChunkSize = 1024;
  static constexpr size_t kChunkHeader = (sizeof(Chunk) + 7) & ~size_t{7};

  static void Destroy(ObjectStore& store, Object* object);
  [[nodiscard]] static Command* CommandAt(Chunk* chunk, uint32_t offset);

  bool inline_;
  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
  PushedState* pushed_ = nullptr;
};

// References of a command.
template <typename T>
[[nodiscard]] BufferRef* RefsOf(T* command) {
  return reinterpret_cast<BufferRef*>(command + 1);
}
[[nodiscard]] inline uint32_t* ConstantsOf(DispatchCommand* command) {
  return reinterpret_cast<uint32_t*>(RefsOf(command) + command->ref_count);
}

// `buffer` may be null: then `slot` counts. kOutOfBounds for what does not fit 32 bits.
[[nodiscard]] base::Result<BufferRef> MakeRef(Buffer* buffer, uint32_t slot, uint64_t offset,
                                              uint64_t length);

// Bytes of a fill, of a pattern of 1, 2, 4 or 8 bytes.
[[nodiscard]] base::Result<void> FillBytes(BufferRange target, uint64_t pattern,
                                           uint32_t pattern_length);

}  // namespace runtime

#endif  // RUNTIME_HAL_COMMAND_BUFFER_H_
