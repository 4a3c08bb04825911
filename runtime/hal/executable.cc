// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/executable.h"

#include <new>

#include "runtime/kernel/instruction_memory.h"

namespace runtime {
namespace {

using base::Status;

// Where pointers of an image count from when it is only looked at: never a valid null.
constexpr ImageAddress kInspectionBase = 0x10000;

void DestroyExecutable(ObjectStore& store, Object* object) {
  auto* executable = static_cast<Executable*>(object);
  AnnounceGone(*executable);
  Executable** link = &executable->hal->executables;
  while (*link != nullptr && *link != executable) link = &(*link)->next;
  if (*link != nullptr) *link = executable->next;
  Heap& heap = store.heap();
  if (executable->image.data() != nullptr) {
    if (!executable->hal->skips_kernels()) MakeData(executable->image);
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
  store.heap().Free(object, sizeof(SetLayout));
}

void DestroyPipelineLayout(ObjectStore& store, Object* object) {
  store.heap().Free(object, sizeof(PipelineLayout));
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

Status FindLibrary(Hal& hal, Executable& executable, ImageAddress query, Library& library) {
  if (hal.skips_kernels()) return library.FindUncalled(hal.failure);
  QueryCall call = {reinterpret_cast<LibraryQueryFunction>(static_cast<uintptr_t>(query)),
                    &executable.environment, nullptr};
  constexpr std::string_view kName = "library query";
  const PlacedKernel kernel = {kName, static_cast<uintptr_t>(query)};
  const Status status = RunGuarded(hal, kernel, AskForLibrary, &call);
  if (status != Status::kOk) return status;
  if (call.library == nullptr) return hal.failure.Set(Message::kLibraryVersion);
  return library.Read(reinterpret_cast<uintptr_t>(call.library), hal.failure);
}

Status ReadKernels(Hal& hal, Executable& executable, Library& library) {
  const uint32_t count = library.kernel_count();
  auto* kernels = hal.store.heap().AllocateArray<Kernel>(count);
  if (kernels != nullptr) executable.kernels = {kernels, count};
  auto* placed = hal.store.heap().AllocateArray<PlacedKernel>(count);
  if (placed != nullptr) executable.placed = {placed, count};
  if (kernels == nullptr || placed == nullptr) return Status::kOutOfMemory;
  LibraryKernel kernel;
  for (uint32_t i = 0; i < count; ++i) {
    if (!library.ReadKernel(i, kernel)) return hal.failure.Set(Message::kLibraryMalformed);
    new (&kernels[i]) Kernel{reinterpret_cast<KernelFunction>(kernel.address), kernel.attributes};
    new (&placed[i]) PlacedKernel{kernel.name, kernel.address};
  }
  return Status::kOk;
}

Status Fill(Hal& hal, Executable& executable, base::Bytes elf) {
  ElfSummary summary;
  if (const Status checked = CheckElf(elf, summary, hal.failure); checked != Status::kOk) {
    return checked;
  }
  if (kTakesEveryMachine && !hal.skips_kernels() && summary.machine != kNativeMachine) {
    return hal.failure.Begin(Message::kElfMachine).Number(ElfNumber(summary.machine)).status();
  }
  // Whole pages, so that the host's page permissions touch nothing else.
  const size_t size = (summary.image_size + kImageAlignment - 1) & ~(kImageAlignment - 1);
  auto* memory = static_cast<uint8_t*>(hal.store.heap().AllocateAligned(size, kImageAlignment));
  if (memory == nullptr) return hal.failure.Set(Message::kNoMemory);
  executable.image = {memory, size};
  KernelImage image;
  image.bytes = {memory, summary.image_size};
  image.base_address = hal.skips_kernels() ? kInspectionBase : reinterpret_cast<uintptr_t>(memory);
  Status status = PlaceElf(elf, summary, image, hal.failure);
  if (status != Status::kOk) return status;
  if (!hal.skips_kernels() && !MakeCallable(executable.image)) {
    return hal.failure.Set(Message::kNotExecutable);
  }
  Library library(image);
  status = FindLibrary(hal, executable, image.query, library);
  if (status != Status::kOk) return status;
  const size_t provided =
      executable.constants == nullptr
          ? 0
          : static_cast<VmBuffer*>(executable.constants)->length / sizeof(uint32_t);
  if (library.constant_count() > provided) return hal.failure.Set(Message::kLibraryConstants);
  return ReadKernels(hal, executable, library);
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
  if (const Status filled = Fill(hal, *executable, elf); filled != Status::kOk) {
    hal.store.Release(executable);
    return std::unexpected(filled);
  }
  if (hal.listener != nullptr && !hal.skips_kernels()) {
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

}  // namespace runtime
