#include <cstring>
#include <string_view>

#include "base/try.h"
#include "runtime/hal/command_buffer.h"
#include "runtime/hal/handlers.h"
#include "runtime/vm/buffer_ops.h"

namespace runtime::hal {
namespace {

using base::Status;

constexpr std::string_view kDeviceId = "local";
constexpr std::string_view kRiscVFormat = "embedded-elf-riscv_32";
constexpr std::string_view kX8664Format = "embedded-elf-x86_64";
constexpr std::string_view kNativeFormat =
    kNativeMachine == Machine::kRiscV ? kRiscVFormat : kX8664Format;
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
  if (hal.skip_kernels) return format == kRiscVFormat || format == kX8664Format;
  return format == kNativeFormat;
}

void DestroyNothing(ObjectStore& /*store*/, Object* /*object*/) {
  // Singletons belong to Hal, whose own reference keeps them above zero.
}

}  // namespace

Done ReturnDevice(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).device));
  return {};
}

Done DevicesCount(Call& call) { return ReturnOne(call); }

Done DevicesGet(Call& call) {
  if (call.I32(0) == 0) return ReturnDevice(call);
  call.SetRef(0, nullptr);
  return {};
}

Done DeviceAllocator(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).allocator));
  return {};
}

// (device, category, key) -> (known, value)
Done DeviceQueryI64(Call& call) {
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
  return {};
}

// (device, [affinity], format, ELF, constants or null, [pipeline layout per export])
Done ExecutableCreate(Call& call) {
  Hal& hal = Hal::Of(call);
  const uint32_t first = 1u + call.row->shift;
  const std::string_view format = Text(call.Get<VmBuffer>(first));
  if (!IsKnownFormat(hal, format)) {
    return std::unexpected(
        hal.failure.Set(Status::kKernelElfUnsupported, "executable format", format));
  }
  const VmBuffer* elf = call.Get<VmBuffer>(first + 1);
  VmBuffer* constants = call.Get<VmBuffer>(first + 2);
  Executable* executable = TRY(CreateExecutable(hal, {elf->data, elf->length}, constants));
  const uint32_t count = call.SpanLength(0);
  auto* layouts = hal.store.heap().AllocateArray<PipelineLayout*>(count);
  if (layouts == nullptr) {
    hal.store.Release(executable);
    return std::unexpected(Status::kOutOfMemory);
  }
  executable->layouts = {layouts, count};
  for (uint32_t i = 0; i < count; ++i) {
    layouts[i] = call.Get<PipelineLayout>(first + 3 + i);
    ObjectStore::Retain(layouts[i]);
  }
  call.SetRef(0, executable);
  return {};
}

// (executable, name) -> ordinal
Done ExecutableLookupFunction(Call& call) {
  const Executable* executable = call.Get<Executable>(0);
  const std::string_view name = Text(call.Get<VmBuffer>(1));
  for (size_t i = 0; i < executable->placed.size(); ++i) {
    if (executable->placed[i].name != name) continue;
    call.SetI64(0, static_cast<int64_t>(i));
    return {};
  }
  return std::unexpected(
      call.failure.Set(Status::kHalInvalidArgument, "executable has no such kernel", name));
}

// (device, affinity, wait, signal, pool, memory type, usage, size, [flags])
Done QueueAlloca(Call& call) {
  call.SetRef(0, TRY(AllocateBuffer(call.store, call.U64(7))));
  return {};
}

// (device, affinity, wait, signal, buffer, [flags])
Done QueueDealloca(Call& call) {
  Buffer* buffer = call.Get<Buffer>(4);
  DeallocateStorage(call.store, *buffer->root);
  return {};
}

// (device, affinity, wait, signal, command buffers…)
Done QueueExecuteList(Call& call) {
  for (uint32_t i = 0; i < call.SpanLength(0); ++i) {
    CommandBuffer* commands = call.Get<CommandBuffer>(4 + i);
    TRY(commands->Execute(Hal::Of(call), {}));
  }
  return {};
}

// (device, affinity, wait, signal, command buffer, flags)
Done QueueExecute(Call& call) {
  CommandBuffer* commands = call.Get<CommandBuffer>(4);
  return commands->Execute(Hal::Of(call), {});
}

// (device, affinity, wait, signal, command buffer, [flags], (buffer, offset, length)…)
Done QueueExecuteIndirect(Call& call) {
  constexpr uint32_t kItems = 3;
  constexpr uint32_t kInPlace = 16;
  CommandBuffer* commands = call.Get<CommandBuffer>(4);
  const uint32_t count = call.SpanLength(0);
  BindingSlot in_place[kInPlace];
  Heap& heap = call.store.heap();
  BindingSlot* slots = count <= kInPlace ? in_place : heap.AllocateArray<BindingSlot>(count);
  if (slots == nullptr) return std::unexpected(Status::kOutOfMemory);
  uint32_t argument = 5u + call.row->shift;
  for (uint32_t i = 0; i < count; ++i, argument += kItems) {
    slots[i] = {call.Get<Buffer>(argument), call.U64(argument + 1), call.U64(argument + 2)};
  }
  const Done done = commands->Execute(Hal::Of(call), {slots, count});
  if (slots != in_place) heap.FreeArray(slots, count);
  return done;
}

// (device, affinity, wait, signal, buffer, offset, length, pattern, pattern length, flags)
Done QueueFill(Call& call) {
  const Buffer* buffer = call.Get<Buffer>(4);
  return FillBytes(TRY(WritableRangeOf(*buffer, call.U64(5), call.U64(6))), call.U64(7),
                   call.U32(8));
}

// (device, affinity, wait, signal, source, offset, target, offset, length, flags)
Done QueueCopy(Call& call) {
  const Buffer* source = call.Get<Buffer>(4);
  const Buffer* target = call.Get<Buffer>(6);
  const BufferRange from = TRY(RangeOf(*source, call.U64(5), call.U64(8)));
  const BufferRange to = TRY(WritableRangeOf(*target, call.U64(7), from.length));
  std::memmove(to.data, from.data, to.length);
  return {};
}

// The same with a vm.buffer as source.
Done QueueUpdate(Call& call) {
  const uint64_t length = call.U64(8);
  const uint8_t* from = TRY(VmBufferRange(call.AnyRef(4), call.U64(5), length, Access::kRead));
  const Buffer* target = call.Get<Buffer>(6);
  const BufferRange to = TRY(WritableRangeOf(*target, call.U64(7), length));
  std::memcpy(to.data, from, to.length);
  return {};
}

// Files are buffers here (FileFromMemory).
Done QueueRead(Call& call) { return QueueCopy(call); }

// Every file is part of the module.
Done QueueWrite(Call& /*call*/) { return std::unexpected(Status::kVmReadOnly); }

Done FenceCreate(Call& call) {
  call.SetRef(0, Retained(Hal::Of(call).fence));
  return {};
}

Done Nothing(Call& /*call*/) { return {}; }

Done ReturnZero(Call& call) {
  call.SetI32(0, 0);
  return {};
}

Done ReturnOne(Call& call) {
  call.SetI32(0, 1);
  return {};
}

}  // namespace runtime::hal

namespace runtime {

const ObjectType Singleton::kDeviceType = {hal::DestroyNothing};
const ObjectType Singleton::kAllocatorType = {hal::DestroyNothing};
const ObjectType Singleton::kFenceType = {hal::DestroyNothing};

}  // namespace runtime
