// SPDX-License-Identifier: Apache-2.0

// The device behind the imports, one per loaded module: what the handlers share.
// Handlers are free functions over vm's Call; Hal is Call::host.
#ifndef RUNTIME_HAL_HAL_H_
#define RUNTIME_HAL_HAL_H_

#include <cstdint>
#include <string_view>

#include "runtime/hal/replay.h"
#include "runtime/kernel/listener.h"
#include "runtime/vm/import.h"
#include "runtime/vm/object.h"

namespace runtime {

struct Executable;

// Objects that carry nothing. There is one of each.
struct Singleton : Object {
  static const ObjectType kType;
  static constexpr uint8_t kDevice = 0;
  static constexpr uint8_t kAllocator = 1;
  static constexpr uint8_t kFence = 2;
  Singleton() : Object(&kType) {}
};

struct Hal {
  Hal(ObjectStore& object_store, Failure& last_failure, Listener* kernel_listener, bool skip)
      : store(object_store),
        failure(last_failure),
        listener(kernel_listener),
        skip_kernels(skip),
        replay(object_store.heap()) {}

  [[nodiscard]] static Hal& Of(Call& call) { return *static_cast<Hal*>(call.host); }

  ObjectStore& store;
  Failure& failure;
  Listener* listener;  // may be null
  // Check executables, run nothing. Boards always run them, so that this costs them nothing.
  [[nodiscard]] bool skips_kernels() const {
#if defined(__riscv)
    return false;
#else
    return skip_kernels;
#endif
  }
  bool skip_kernels;
  Replay replay;
  Singleton singletons[3];
  Executable* executables = nullptr;  // all that live, for the end of the module
};

inline std::string_view TextOf(const VmBuffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data), buffer.length};
}

}  // namespace runtime

#endif  // RUNTIME_HAL_HAL_H_
