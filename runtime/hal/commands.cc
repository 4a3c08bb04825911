// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/commands.h"

namespace runtime {
namespace {

void DestroyDirect(ObjectStore& store, Object* object) {
  for (auto& set : static_cast<DirectCommands*>(object)->bindings) {
    for (DirectCommands::Binding& binding : set) store.Release(binding.buffer);
  }
  store.heap().Free(object, sizeof(DirectCommands));
}

void DestroyList(ObjectStore& store, Object* object) {
  CommandQueue& commands = static_cast<CommandList*>(object)->commands;
  for (Command* command = commands.first(); command != nullptr; command = command->next) {
    BufferRef* refs = command->refs();
    for (uint32_t i = 0; i < command->ref_count; ++i) store.Release(refs[i].buffer);
    if (command->kind == CommandKind::kDispatch) {
      store.Release(const_cast<Executable*>(command->dispatch.executable));
    }
  }
  commands.Free(store.heap());
  store.heap().Free(object, sizeof(CommandList));
}

}  // namespace

const ObjectType DirectCommands::kType = {DestroyDirect};
const ObjectType CommandList::kType = {DestroyList};

}  // namespace runtime
