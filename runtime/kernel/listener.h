// SPDX-License-Identifier: Apache-2.0

// Who wants to know where kernels lie and to stand guard while they run: the firmware announces
// them to the simulator and catches their traps. Called from Load, Invoke and Unload; must not call
// back.
#ifndef RUNTIME_KERNEL_LISTENER_H_
#define RUNTIME_KERNEL_LISTENER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace runtime {

struct PlacedKernel {
  std::string_view name;  // empty if the module was compiled without names
  uintptr_t address;
};

struct PlacedExecutable {
  uintptr_t base;
  size_t size_bytes;
  std::span<const PlacedKernel> kernels;
};

class Listener {
 public:
  virtual void OnExecutablePlaced(const PlacedExecutable& /*executable*/) {}
  virtual void OnExecutableGone(uintptr_t /*base*/) {}

  // Runs body(argument), which calls the kernel for every workgroup of one dispatch. A board that
  // can recover from a trap returns its own status when body did not come back; the dispatch fails
  // with it.
  virtual base::Status RunDispatch(const PlacedKernel& /*kernel*/, void (*body)(void*),
                                   void* argument) {
    body(argument);
    return base::Status::kOk;
  }

 protected:
  ~Listener() = default;
};

}  // namespace runtime

#endif  // RUNTIME_KERNEL_LISTENER_H_
