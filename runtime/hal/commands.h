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

#include "base/status.h"
#include "runtime/hal/command_queue.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/hal.h"
#include "runtime/vm/import.h"

namespace runtime {

struct DirectCommands : Object {
  static const ObjectType kType;
  static constexpr uint32_t kMaxPushConstants = 64;

  struct Binding {
    void* data;
    size_t length;
    Object* buffer;  // retained: a module may push its last reference; nullptr: nothing was pushed
  };

  DirectCommands() : Object(&kType) {}

  bool submitted = false;
  // What push_constants and push_descriptor_set leave behind for later dispatches.
  uint32_t constants[kMaxPushConstants] = {};
  Binding bindings[kMaxSets][kMaxBindingsPerSet] = {};
};

// Holds references to what its commands refer to.
struct CommandList : Object {
  static const ObjectType kType;
  CommandList() : Object(&kType) {}

  CommandQueue commands;
};

// Runs the list. Its binding table are `binding_count` arguments in threes from `first_binding` on:
// buffer, offset, length.
[[nodiscard]] base::Status RunList(Call& call, CommandList& list, uint32_t first_binding,
                                   uint32_t binding_count);

// Runs every workgroup of a kernel; `dispatch` was checked and its state is complete.
[[nodiscard]] base::Status LaunchKernel(Hal& hal, const Dispatch& dispatch);

// Runs a transfer into `target`, which is as long as the source of a copy.
[[nodiscard]] base::Status RunTransfer(Hal& hal, ByteRange target, Transfer& transfer);

}  // namespace runtime

#endif  // RUNTIME_HAL_COMMANDS_H_
