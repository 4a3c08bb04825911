// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <string_view>

#include "base/try.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/handlers.h"

namespace runtime::hal {
namespace {

using base::Status;
using std::literals::operator""sv;

constexpr std::string_view kDeviceId = "local";
// By Machine.
constexpr std::array<std::string_view, 3> kFormats = {
    "embedded-elf-riscv_32", "embedded-elf-riscv_64", "embedded-elf-x86_64"};
constexpr std::string_view kNativeFormat = kFormats[static_cast<size_t>(kNativeMachine)];

// '*' stands for any characters, '?' for one. Bit i of `reached`: the pattern so far can stand for
// the first i characters of the text, which is short.
bool MatchesGlob(std::string_view pattern, std::string_view text) {
  uint32_t reached = 1;
  for (const char c : pattern) {
    uint32_t next = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (c == '?' || c == text[i]) next |= (reached >> i & 1) << (i + 1);
    }
    // From the lowest bit on all.
    reached = c == '*' ? -(reached & -reached) : next;
  }
  return (reached >> text.size() & 1) != 0;
}

bool IsKnownFormat(const Hal& hal, std::string_view format) {
  if (hal.skips_kernels()) return std::ranges::find(kFormats, format) != kFormats.end();
  return format == kNativeFormat;
}

void DestroyNothing(ObjectStore& /*store*/, Object* /*object*/) {
  // Singletons belong to Hal, whose own reference keeps them above zero.
}

}  // namespace

// Shift says which.
Status ReturnSingleton(Call& call) {
  call.SetRef(&Hal::Of(call).singletons[call.row->shift]);
  ObjectStore::Retain(call.ref_result);
  return Status::kOk;
}

// (ordinal): null behind the last one
Status DevicesGet(Call& call) {
  Object* device = call.I32(0) == 0 ? &Hal::Of(call).singletons[Singleton::kDevice] : nullptr;
  ObjectStore::Retain(device);
  call.SetRef(device);
  return Status::kOk;
}

// (device, category, key) -> (known, value)
Status DeviceQueryI64(Call& call) {
  const std::string_view category = TextOf(*call.Get<VmBuffer>(1));
  const std::string_view key = TextOf(*call.Get<VmBuffer>(2));
  bool yes = false;
  if (category == "hal.executable.format"sv) {
    yes = IsKnownFormat(Hal::Of(call), key);
  } else if (category == "hal.device.id"sv) {
    yes = MatchesGlob(key, kDeviceId);
  } else if (category == "hal.device"sv || category == "hal.dispatch"sv) {
    yes = key == "concurrency"sv;
  }
  call.SetI32(0, yes ? 1 : 0);
  call.SetI64(1, yes ? 1 : 0);
  return Status::kOk;
}

// (device, [affinity], format, ELF, constants or null, [pipeline layout per export])
Status ExecutableCreate(Call& call) {
  call.store.EndRecording();
  Hal& hal = Hal::Of(call);
  const uint32_t first = 1u + call.row->shift;
  const std::string_view format = TextOf(*call.Get<VmBuffer>(first));
  if (!IsKnownFormat(hal, format)) {
    return hal.failure.Set(Message::kExecutableFormat, format);
  }
  const VmBuffer* elf = call.Get<VmBuffer>(first + 1);
  VmBuffer* constants = call.Get<VmBuffer>(first + 2);
  Executable* executable = TRY(CreateExecutable(hal, {elf->data, elf->length}, constants));
  const uint32_t count = call.SpanLength(0);
  auto* layouts = hal.store.heap().AllocateArray<PipelineLayout*>(count);
  if (layouts == nullptr) {
    hal.store.Release(executable);
    return Status::kOutOfMemory;
  }
  executable->layouts = {layouts, count};
  for (uint32_t i = 0; i < count; ++i) {
    layouts[i] = call.Get<PipelineLayout>(first + 3 + i);
    ObjectStore::Retain(layouts[i]);
  }
  return call.Give(executable);
}

// (executable, name) -> ordinal
Status ExecutableLookupFunction(Call& call) {
  const Executable* executable = call.Get<Executable>(0);
  const std::string_view name = TextOf(*call.Get<VmBuffer>(1));
  for (size_t i = 0; i < executable->placed.size(); ++i) {
    if (executable->placed[i].name != name) continue;
    call.SetI64(0, static_cast<int64_t>(i));
    return Status::kOk;
  }
  return call.failure.Begin(Message::kNoSuchKernel).Text(": ").Text(name).status();
}

// (device, affinity, wait, signal, buffer, [flags])
Status QueueDealloca(Call& call) {
  Buffer* buffer = call.Get<Buffer>(4);
  DeallocateStorage(call.store, *buffer->root);
  return Status::kOk;
}

// (device, affinity, wait, signal, command buffers…)
Status QueueExecuteList(Call& call) {
  for (uint32_t i = 0; i < call.SpanLength(0); ++i) {
    Object* object = call.AnyRef(4 + i);
    if (object == nullptr) return Status::kVmNullReference;
    if (object->type == &DirectCommands::kType) {
      // Its commands ran as they came.
      auto* commands = static_cast<DirectCommands*>(object);
      if (commands->submitted) return call.failure.Set(Message::kSubmittedTwice);
      commands->submitted = true;
      continue;
    }
    if (object->type != &CommandList::kType) return Status::kVmWrongType;
    const Status status = RunList(call, *static_cast<CommandList*>(object), 0, 0);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

// (device, affinity, wait, signal, command buffer, [flags], [(buffer, offset, length)…])
Status QueueExecute(Call& call) {
  return RunList(call, *call.Get<CommandList>(4), 5u + call.row->shift, call.SpanLength(0));
}

// Every file is part of the module.
Status QueueWrite(Call& /*call*/) { return Status::kVmReadOnly; }

// Shift is the result.
Status ReturnI32(Call& call) {
  call.SetI32(0, call.row->shift);
  return Status::kOk;
}

}  // namespace runtime::hal

namespace runtime {

const ObjectType Singleton::kType = {hal::DestroyNothing};

}  // namespace runtime
