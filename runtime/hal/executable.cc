#include "runtime/hal/executable.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/try.h"
#include "runtime/kernel/instruction_memory.h"

namespace runtime {
namespace {

using base::Status;

// Workgroups of one dispatch: far above any real grid, low enough to end.
constexpr uint64_t kMaxWorkgroups = uint64_t{1} << 24;

// Where pointers of an image count from when it is only looked at: never a valid null.
constexpr uint64_t kInspectionBase = 0x10000;

void DestroyExecutable(ObjectStore& store, Object* object) {
  auto* executable = static_cast<Executable*>(object);
  AnnounceGone(*executable);
  Executable** link = &executable->hal->executables;
  while (*link != nullptr && *link != executable) link = &(*link)->next;
  if (*link != nullptr) *link = executable->next;
  Heap& heap = store.heap();
  if (executable->image.data() != nullptr) {
    if (!executable->hal->skip_kernels) MakeData(executable->image);
    heap.Free(executable->image.data(), executable->image.size());
  }
  heap.FreeArray(executable->kernels.data(), executable->kernels.size());
  heap.FreeArray(executable->placed.data(), executable->placed.size());
  for (PipelineLayout* layout : executable->layouts) store.Release(layout);
  heap.FreeArray(executable->layouts.data(), executable->layouts.size());
  store.Release(executable->constants);
  heap.Free(executable, sizeof(Executable));
}

void DestroySetLayout(ObjectStore& store, Object* object) {
  auto* layout = static_cast<SetLayout*>(object);
  store.heap().Free(layout, SetLayout::SizeFor(layout->count));
}

void DestroyPipelineLayout(ObjectStore& store, Object* object) {
  auto* layout = static_cast<PipelineLayout*>(object);
  store.heap().Free(layout, PipelineLayout::SizeFor(layout->entry_count));
}

// Foreign code runs only inside this, so that the board can catch what it does.
Status Guarded(Hal& hal, const PlacedKernel& kernel, void (*body)(void*), void* argument) {
  if (hal.listener != nullptr) return hal.listener->RunDispatch(kernel, body, argument);
  body(argument);
  return Status::kOk;
}

struct QueryCall {
  LibraryQueryFunction query;
  const KernelEnvironment* environment;
  const void* library;
};

// UBSan would look for its own mark in front of a function that it did not compile.
__attribute__((no_sanitize("function"))) void AskForLibrary(void* argument) {
  auto* call = static_cast<QueryCall*>(argument);
  for (const uint32_t version : kLibraryVersions) {
    call->library = call->query(version, call->environment);
    if (call->library != nullptr) return;
  }
}

struct KernelCall {
  KernelFunction function;
  const KernelEnvironment* environment;
  DispatchState dispatch;
  WorkgroupState workgroup;
  int result;
};

__attribute__((no_sanitize("function"))) void RunWorkgroups(void* argument) {
  auto* call = static_cast<KernelCall*>(argument);
  const DispatchState& dispatch = call->dispatch;
  WorkgroupState& workgroup = call->workgroup;
  for (uint32_t z = 0; z < dispatch.workgroup_count_z; ++z) {
    workgroup.id_z = static_cast<uint16_t>(z);
    for (uint32_t y = 0; y < dispatch.workgroup_count_y; ++y) {
      workgroup.id_y = y;
      for (uint32_t x = 0; x < dispatch.workgroup_count_x; ++x) {
        workgroup.id_x = x;
        call->result = call->function(call->environment, &call->dispatch, &call->workgroup);
        if (call->result != 0) return;
      }
    }
  }
}

base::Result<Library> FindLibrary(Hal& hal, Executable& executable, const KernelImage& image,
                                  uint64_t query) {
  if (hal.skip_kernels) return Library::FindUncalled(image, hal.failure);
  QueryCall call = {reinterpret_cast<LibraryQueryFunction>(static_cast<uintptr_t>(query)),
                    &executable.environment, nullptr};
  const PlacedKernel kernel = {"library query", static_cast<uintptr_t>(query)};
  const Status status = Guarded(hal, kernel, AskForLibrary, &call);
  if (status != Status::kOk) return std::unexpected(status);
  if (call.library == nullptr) {
    return std::unexpected(hal.failure.Set(Status::kKernelLibraryUnsupported,
                                           "kernel library has none of the versions 0.3 to 0.6"));
  }
  return Library::Read(image, reinterpret_cast<uintptr_t>(call.library), hal.failure);
}

base::Result<void> Fill(Hal& hal, Executable& executable, base::Bytes elf) {
  const ElfSummary summary = TRY(CheckElf(elf, hal.failure));
  if (!hal.skip_kernels && summary.machine != kNativeMachine) {
    return std::unexpected(hal.failure.Set(Status::kKernelElfUnsupported,
                                           "kernel ELF is for another machine than this one"));
  }
  Heap& heap = hal.store.heap();
  // Whole pages, so that the host's page permissions touch nothing else.
  const size_t size = (summary.image_size + kImageAlignment - 1) & ~(kImageAlignment - 1);
  auto* memory = static_cast<uint8_t*>(heap.AllocateAligned(size, kImageAlignment));
  if (memory == nullptr) {
    return std::unexpected(
        hal.failure.Set(Status::kOutOfMemory, "no memory for the image of an executable"));
  }
  executable.image = {memory, size};
  KernelImage image;
  image.bytes = {memory, summary.image_size};
  image.base_address = hal.skip_kernels ? kInspectionBase : reinterpret_cast<uintptr_t>(memory);
  const uint64_t query = TRY(PlaceElf(elf, image, hal.failure));
  if (!hal.skip_kernels && !MakeCallable(executable.image)) {
    return std::unexpected(
        hal.failure.Set(Status::kKernelElfUnsupported, "memory cannot be made executable"));
  }
  const Library library = TRY(FindLibrary(hal, executable, image, query));
  const size_t provided =
      executable.constants == nullptr
          ? 0
          : static_cast<VmBuffer*>(executable.constants)->length / sizeof(uint32_t);
  if (library.constant_count() > provided) {
    return std::unexpected(
        hal.failure.Set(Status::kKernelLibraryMalformed, "executable constants are missing"));
  }

  const uint32_t count = library.kernel_count();
  auto* kernels = heap.AllocateArray<Kernel>(count);
  if (kernels != nullptr) executable.kernels = {kernels, count};
  auto* placed = heap.AllocateArray<PlacedKernel>(count);
  if (placed != nullptr) executable.placed = {placed, count};
  if (kernels == nullptr || placed == nullptr) return std::unexpected(Status::kOutOfMemory);
  for (uint32_t i = 0; i < count; ++i) {
    const auto address = library.KernelAddress(i);
    const auto attributes = library.Attributes(i);
    const auto name = library.KernelName(i);
    if (!address || !attributes || !name) {
      return std::unexpected(hal.failure.Set(Status::kKernelLibraryMalformed,
                                             "kernel library table points outside its image"));
    }
    const auto native = static_cast<uintptr_t>(*address);
    new (&kernels[i]) Kernel{reinterpret_cast<KernelFunction>(native), *attributes};
    new (&placed[i]) PlacedKernel{*name, native};
  }
  return {};
}

}  // namespace

const ObjectType Executable::kType = {DestroyExecutable};
const ObjectType SetLayout::kType = {DestroySetLayout};
const ObjectType PipelineLayout::kType = {DestroyPipelineLayout};

base::Result<Executable*> CreateExecutable(Hal& hal, base::Bytes elf, VmBuffer* constants) {
  Executable* executable = hal.store.New<Executable>(&hal);
  if (executable == nullptr) return std::unexpected(Status::kOutOfMemory);
  executable->next = hal.executables;
  hal.executables = executable;
  ObjectStore::Retain(constants);
  executable->constants = constants;
  if (constants != nullptr) {
    executable->environment.constants = reinterpret_cast<const uint32_t*>(constants->data);
  }
  if (const auto filled = Fill(hal, *executable, elf); !filled) {
    hal.store.Release(executable);
    return std::unexpected(filled.error());
  }
  if (hal.listener != nullptr && !hal.skip_kernels) {
    executable->announced = true;
    hal.listener->OnExecutablePlaced({reinterpret_cast<uintptr_t>(executable->image.data()),
                                      executable->image.size(), executable->placed});
  }
  return executable;
}

void AnnounceGone(Executable& executable) {
  if (!executable.announced) return;
  executable.announced = false;
  executable.hal->listener->OnExecutableGone(reinterpret_cast<uintptr_t>(executable.image.data()));
}

base::Result<void> RunKernel(Hal& hal, const Executable& executable,
                             const DispatchArguments& arguments) {
  const Kernel& kernel = executable.kernels[arguments.kernel];
  const PlacedKernel& placed = executable.placed[arguments.kernel];
  if (arguments.binding_count < kernel.attributes.binding_count ||
      arguments.constants.size() < kernel.attributes.constant_count) {
    return std::unexpected(hal.failure.Set(
        Status::kHalInvalidArgument, "kernel gets too few bindings or constants", placed.name));
  }
  const auto& workgroups = arguments.workgroups;
  const uint64_t plane = uint64_t{workgroups[0]} * workgroups[1];
  if (workgroups[2] > UINT16_MAX || plane > kMaxWorkgroups ||
      plane * workgroups[2] > kMaxWorkgroups) {
    return std::unexpected(
        hal.failure.Set(Status::kHalInvalidArgument, "impossible workgroup count", placed.name));
  }
  if (hal.skip_kernels) return {};

  KernelCall call;
  call.function = kernel.function;
  call.environment = &executable.environment;
  call.dispatch = {.workgroup_size_x = 1,
                   .workgroup_size_y = 1,
                   .workgroup_size_z = 1,
                   .constant_count = static_cast<uint16_t>(arguments.constants.size()),
                   .workgroup_count_x = workgroups[0],
                   .workgroup_count_y = workgroups[1],
                   .workgroup_count_z = static_cast<uint16_t>(workgroups[2]),
                   .max_concurrency = 1,
                   .binding_count = static_cast<uint8_t>(arguments.binding_count),
                   .constants = arguments.constants.data(),
                   .binding_pointers = arguments.pointers,
                   .binding_lengths = arguments.lengths};
  call.workgroup = {};
  call.result = 0;
  const size_t local_size = kernel.attributes.local_memory_pages * kLocalMemoryPage;
  if (local_size != 0) {
    call.workgroup.local_memory = hal.store.heap().Allocate(local_size);
    call.workgroup.local_memory_size = local_size;
    if (call.workgroup.local_memory == nullptr) return std::unexpected(Status::kOutOfMemory);
  }
  Status status = Guarded(hal, placed, RunWorkgroups, &call);
  if (local_size != 0) hal.store.heap().Free(call.workgroup.local_memory, local_size);
  if (status == Status::kOk && call.result != 0) status = Status::kKernelFailed;
  if (status == Status::kOk) return {};
  return std::unexpected(hal.failure.Set(status, "kernel failed", placed.name));
}

}  // namespace runtime
