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

// Descriptor sets, before 20240828 only.
inline constexpr uint32_t kMaxSets = 4;
inline constexpr uint32_t kMaxBindingsPerSet = 32;

// The bindings of one set: a bit each.
struct SetLayout : Object {
  static const ObjectType kType;
  explicit SetLayout(uint32_t binding_bits) : Object(&kType), bindings(binding_bits) {}

  uint32_t bindings;
};

// Which bindings a kernel expects: in ascending order, one set after the other.
struct PipelineLayout : Object {
  static const ObjectType kType;
  explicit PipelineLayout(uint32_t constants) : Object(&kType), constant_count(constants) {}

  uint32_t constant_count;
  uint32_t bindings[kMaxSets] = {};
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
