// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/try.h"
#include "runtime/hal/commands.h"
#include "runtime/hal/handlers.h"

namespace runtime::hal {
namespace {

using base::Status;

constexpr std::string_view kDeviceId = "local";
// By Machine.
constexpr std::array<std::string_view, 3> kFormats = {
    "embedded-elf-riscv_32", "embedded-elf-riscv_64", "embedded-elf-x86_64"};
constexpr std::string_view kNativeFormat = kFormats[static_cast<size_t>(kNativeMachine)];
// Parameters of a glob match: patterns from a module are short, anything longer does not match.
constexpr size_t kMaxPattern = 64;

std::string_view Text(const VmBuffer* buffer) {
  return {reinterpret_cast<const char*>(buffer->data), buffer->length};
}

// '*' stands for any characters, '?' for one. The last star is where matching starts over, so the
// cost stays quadratic at worst.
bool MatchesGlob(std::string_view pattern, std::string_view text) {
  if (pattern.size() > kMaxPattern) return false;
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool IsKnownFormat(const Hal& hal, std::string_view format) {
  if (hal.skips_kernels()) return std::ranges::find(kFormats, format) != kFormats.end();
  return format == kNativeFormat;
}

void DestroyNothing(ObjectStore& /*store*/, Object* /*object*/) {
  // Singletons belong to Hal, whose own reference keeps them above zero.
}

}  // namespace

Status ReturnDevice(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).device));
  return Status::kOk;
}

Status DevicesCount(Call& call) { return ReturnOne(call); }

Status DevicesGet(Call& call) {
  if (call.I32(0) == 0) return ReturnDevice(call);
  call.SetRef(0, nullptr);
  return Status::kOk;
}

Status DeviceAllocator(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).allocator));
  return Status::kOk;
}

// (device, category, key) -> (known, value)
Status DeviceQueryI64(Call& call) {
  const std::string_view category = Text(call.Get<VmBuffer>(1));
  const std::string_view key = Text(call.Get<VmBuffer>(2));
  bool yes = false;
  if (category == "hal.executable.format") {
    yes = IsKnownFormat(Hal::Of(call), key);
  } else if (category == "hal.device.id") {
    yes = MatchesGlob(key, kDeviceId);
  } else if (category == "hal.device" || category == "hal.dispatch") {
    yes = key == "concurrency";
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
  const std::string_view format = Text(call.Get<VmBuffer>(first));
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
  call.SetRef(0, executable);
  return Status::kOk;
}

// (executable, name) -> ordinal
Status ExecutableLookupFunction(Call& call) {
  const Executable* executable = call.Get<Executable>(0);
  const std::string_view name = Text(call.Get<VmBuffer>(1));
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
    const Status status = static_cast<CommandList*>(object)->Execute(Hal::Of(call), {});
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

// (device, affinity, wait, signal, command buffer, flags)
Status QueueExecute(Call& call) { return call.Get<CommandList>(4)->Execute(Hal::Of(call), {}); }

// (device, affinity, wait, signal, command buffer, [flags], (buffer, offset, length)…)
Status QueueExecuteIndirect(Call& call) {
  constexpr uint32_t kItems = 3;
  constexpr uint32_t kInPlace = 16;
  const uint32_t count = call.SpanLength(0);
  BindingSlot in_place[kInPlace];
  Heap& heap = call.store.heap();
  BindingSlot* slots = count <= kInPlace ? in_place : heap.AllocateArray<BindingSlot>(count);
  if (slots == nullptr) return Status::kOutOfMemory;
  uint32_t argument = 5u + call.row->shift;
  for (uint32_t i = 0; i < count; ++i, argument += kItems) {
    slots[i] = {call.Get<Buffer>(argument), call.Size(argument + 1), call.Length(argument + 2)};
  }
  const Status status = call.Get<CommandList>(4)->Execute(Hal::Of(call), {slots, count});
  if (slots != in_place) heap.FreeArray(slots, count);
  return status;
}

// Every file is part of the module.
Status QueueWrite(Call& /*call*/) { return Status::kVmReadOnly; }

Status FenceCreate(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).fence));
  return Status::kOk;
}

Status ReturnZero(Call& call) {
  call.SetI32(0, 0);
  return Status::kOk;
}

Status ReturnOne(Call& call) {
  call.SetI32(0, 1);
  return Status::kOk;
}

}  // namespace runtime::hal

namespace runtime {

const ObjectType Singleton::kDeviceType = {hal::DestroyNothing};
const ObjectType Singleton::kAllocatorType = {hal::DestroyNothing};
const ObjectType Singleton::kFenceType = {hal::DestroyNothing};

}  // namespace runtime
