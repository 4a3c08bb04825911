// SPDX-License-Identifier: Apache-2.0

// A placed kernel library and how its kernels are called.
#ifndef RUNTIME_HAL_EXECUTABLE_H_
#define RUNTIME_HAL_EXECUTABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/hal/buffer.h"
#include "runtime/hal/hal.h"
#include "runtime/kernel/abi.h"
#include "runtime/kernel/library.h"
#include "runtime/kernel/listener.h"

namespace runtime {

// What one dispatch may pass; more is refused. The state of the kernel ABI counts in 8 bits.
inline constexpr uint32_t kMaxBindings = 128;
inline constexpr uint32_t kMaxConstants = 255;

// The binding numbers of one descriptor set, ascending. Before 20240828 only, as is the next.
struct SetLayout : Object {
  static const ObjectType kType;
  explicit SetLayout(uint32_t binding_count) : Object(&kType), count(binding_count) {}

  [[nodiscard]] uint8_t* bindings() { return reinterpret_cast<uint8_t*>(this + 1); }
  static size_t SizeFor(uint32_t count) { return sizeof(SetLayout) + count; }

  uint32_t count;
};

// Which bindings a kernel expects, flattened over its descriptor sets in order. Before 20240828
// only.
struct PipelineLayout : Object {
  static const ObjectType kType;
  PipelineLayout() : Object(&kType) {}

  struct Entry {
    uint8_t set;
    uint8_t binding;
  };
  [[nodiscard]] Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
  static size_t SizeFor(uint32_t count) { return sizeof(PipelineLayout) + count * sizeof(Entry); }

  uint32_t constant_count = 0;
  uint32_t entry_count = 0;
  bool dense = true;  // entry i is binding i of set 0
};

struct Kernel {
  KernelFunction function;
  KernelAttributes attributes;
};

struct Executable : Object {
  static const ObjectType kType;
  explicit Executable(Hal* owner) : Object(&kType), hal(owner) {}

  Hal* hal;
  Executable* next = nullptr;  // Hal::executables
  base::MutableBytes image;
  bool announced = false;
  KernelEnvironment environment = {};
  Object* constants = nullptr;         // keeps environment.constants alive
  std::span<Kernel> kernels;           // one per export
  std::span<PlacedKernel> placed;      // their names and addresses
  std::span<PipelineLayout*> layouts;  // of kernels[i]; empty from 20240828 on
};

// Places, relocates and announces. `constants` may be null.
[[nodiscard]] base::Result<Executable*> CreateExecutable(Hal& hal, base::Bytes elf,
                                                         VmBuffer* constants);

// Tells the listener that `executable` is gone, once.
void AnnounceGone(Executable& executable);

// Foreign code runs only inside this, so that the board can catch what it does.
inline base::Status RunGuarded(Hal& hal, const PlacedKernel& kernel, void (*body)(void*),
                               void* argument) {
  if (hal.listener != nullptr) return hal.listener->RunDispatch(kernel, body, argument);
  body(argument);
  return base::Status::kOk;
}

}  // namespace runtime

#endif  // RUNTIME_HAL_EXECUTABLE_H_
