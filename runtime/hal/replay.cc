// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/replay.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "runtime/hal/commands.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/hal.h"

namespace runtime {
namespace {

using base::Status;

constexpr uint32_t kMaxFunctions = 32;  // whose fate is remembered
constexpr size_t kChunkBytes = 1024;

enum class StepKind : uint16_t { kDispatch, kFill, kCopy, kPointer };

bool IsTensor(const Value& value) { return value.kind == ValueKind::kTensor; }

bool Contains(const Tensor& tensor, const void* pointer) {
  const auto distance =
      reinterpret_cast<uintptr_t>(pointer) - reinterpret_cast<uintptr_t>(tensor.data);
  return distance < tensor.size_bytes;
}

// But for the bytes of tensors and where they lie.
bool Same(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  if (!IsTensor(a)) return a.kind == ValueKind::kI64 ? a.i64 == b.i64 : a.i32 == b.i32;
  const Tensor& x = a.tensor;
  const Tensor& y = b.tensor;
  return x.type == y.type && x.size_bytes == y.size_bytes && x.rank == y.rank &&
         std::equal(x.dims.begin(), x.dims.begin() + x.rank, y.dims.begin());
}

}  // namespace

struct alignas(void*) Replay::Step {
  StepKind kind;
  uint16_t size;  // to the next one

  template <typename T>
  [[nodiscard]] T& As() {
    return *reinterpret_cast<T*>(this + 1);
  }
};

struct Replay::Chunk {
  Chunk* next;
  uint32_t used;  // of the bytes behind this header

  [[nodiscard]] Step* At(uint32_t offset) {
    return reinterpret_cast<Step*>(reinterpret_cast<uint8_t*>(this + 1) + offset);
  }
};

namespace {

// Binding pointers, their lengths and constants lie behind it.
struct DispatchStep {
  static constexpr StepKind kKind = StepKind::kDispatch;
  const Executable* executable;
  uint32_t kernel;
  DispatchState state;
};
struct FillStep {
  static constexpr StepKind kKind = StepKind::kFill;
  void* target;
  uint32_t length;
  uint32_t pattern_length;
  uint8_t pattern[sizeof(uint64_t)];
};
struct CopyStep {
  static constexpr StepKind kKind = StepKind::kCopy;
  void* target;
  void* source;
  uint32_t length;
};
// No command: tells of a pointer of one that it lies in an argument.
struct PointerStep {
  static constexpr StepKind kKind = StepKind::kPointer;
  void** pointer;
  uint32_t argument;
};

}  // namespace

void Replay::Begin(uint32_t function, std::span<const Value> arguments) {
  if (function >= kMaxFunctions || (hopeless_ >> function & 1) != 0) return;
  for (const Value& one : arguments) {
    for (const Value& other : arguments) {
      // Which of them a pointer means could not be told.
      if (&one != &other && IsTensor(one) && IsTensor(other) &&
          Contains(one.tensor, other.tensor.data)) {
        return;
      }
    }
  }
  arguments_ = heap_.AllocateArray<Value>(arguments.size());
  if (arguments_ == nullptr) return;
  argument_count_ = static_cast<uint32_t>(arguments.size());
  std::uninitialized_copy(arguments.begin(), arguments.end(), arguments_);
  function_ = function;
  heap_.Hold();
}

void Replay::End() {
  if (arguments_ == nullptr) return;
  ready_ = heap_.hold_intact();
  heap_.EndHold();
  if (ready_) return;
  hopeless_ |= 1u << function_;
  Drop();
}

void Replay::Drop() {
  ready_ = false;
  heap_.BreakHold();
  while (first_ != nullptr) {
    Chunk* const chunk = first_;
    first_ = chunk->next;
    heap_.Free(chunk, kChunkBytes);
  }
  last_ = nullptr;
  heap_.FreeArray(arguments_, argument_count_);
  arguments_ = nullptr;
}

bool Replay::Matches(uint32_t function, std::span<const Value> arguments) {
  if (!ready_ || !heap_.hold_intact() || function != function_ ||
      arguments.size() != argument_count_) {
    return false;
  }
  for (uint32_t i = 0; i < argument_count_; ++i) {
    if (!Same(arguments_[i], arguments[i])) return false;
  }
  for (uint32_t i = 0; i < argument_count_; ++i) {
    uint8_t* const data = arguments[i].tensor.data;
    if (IsTensor(arguments[i]) && data != arguments_[i].tensor.data) Move(i, data);
  }
  return true;
}

void Replay::Move(uint32_t argument, uint8_t* data) {
  uint8_t*& recorded = arguments_[argument].tensor.data;
  for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
    for (uint32_t offset = 0; offset < chunk->used;) {
      Step* const step = chunk->At(offset);
      offset += step->size;
      if (step->kind != StepKind::kPointer) continue;
      const auto& note = step->As<PointerStep>();
      if (note.argument != argument) continue;
      *note.pointer = data + (static_cast<uint8_t*>(*note.pointer) - recorded);
    }
  }
  recorded = data;
}

Status Replay::Run(Hal& hal) {
  heap_.Pin();
  const Status status = RunSteps(hal);
  heap_.Unpin();
  return status;
}

Status Replay::RunSteps(Hal& hal) {
  for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
    for (uint32_t offset = 0; offset < chunk->used;) {
      Step* const step = chunk->At(offset);
      offset += step->size;
      Status status = Status::kOk;
      switch (step->kind) {
        case StepKind::kDispatch: {
          auto& dispatch = step->As<DispatchStep>();
          status = LaunchKernel(hal, *dispatch.executable, dispatch.kernel, dispatch.state);
          break;
        }
        case StepKind::kFill: {
          const auto& fill = step->As<FillStep>();
          status = FillBytes({static_cast<uint8_t*>(fill.target), fill.length}, fill.pattern,
                             fill.pattern_length);
          break;
        }
        case StepKind::kCopy: {
          const auto& copy = step->As<CopyStep>();
          status = CopyBytes({static_cast<uint8_t*>(copy.target), copy.length},
                             {static_cast<uint8_t*>(copy.source), copy.length});
          break;
        }
        case StepKind::kPointer:
          break;
      }
      if (status != Status::kOk) return status;
    }
  }
  return Status::kOk;
}

// A chunk with room for so much; nullptr, and the recording is over, if there is none.
Replay::Chunk* Replay::Room(size_t size_bytes) {
  constexpr size_t kCapacity = kChunkBytes - sizeof(Chunk);
  if (last_ != nullptr && size_bytes <= kCapacity - last_->used) return last_;
  void* const memory = size_bytes <= kCapacity ? heap_.Allocate(kChunkBytes) : nullptr;
  if (memory == nullptr) {
    heap_.BreakHold();
    return nullptr;
  }
  auto* const chunk = new (memory) Chunk{nullptr, 0};
  (last_ == nullptr ? first_ : last_->next) = chunk;
  last_ = chunk;
  return chunk;
}

// A new step with `tail_bytes` behind it.
template <typename T>
T* Replay::Add(size_t tail_bytes) {
  static_assert(alignof(T) <= alignof(Step) && alignof(Chunk) == alignof(Step));
  constexpr size_t kStep = alignof(Step);
  const size_t size = (sizeof(Step) + sizeof(T) + tail_bytes + kStep - 1) & ~(kStep - 1);
  Chunk* const chunk = Room(size);
  if (chunk == nullptr) return nullptr;
  Step* const step = chunk->At(chunk->used);
  *step = {T::kKind, static_cast<uint16_t>(size)};
  chunk->used += static_cast<uint32_t>(size);
  return &step->As<T>();
}

void Replay::NotePointer(void** pointer) {
  for (uint32_t i = 0; i < argument_count_; ++i) {
    if (!IsTensor(arguments_[i]) || !Contains(arguments_[i].tensor, *pointer)) continue;
    auto* const note = Add<PointerStep>(0);
    if (note != nullptr) *note = {pointer, i};
    return;
  }
}

void Replay::NoteDispatch(const Executable& executable, uint32_t kernel,
                          const DispatchState& state) {
  if (!recording()) return;
  const uint32_t bindings = state.binding_count;
  const uint32_t constants = state.constant_count;
  auto* const step =
      Add<DispatchStep>(bindings * (sizeof(void*) + sizeof(size_t)) + constants * sizeof(uint32_t));
  if (step == nullptr) return;
  auto** const pointers = reinterpret_cast<void**>(step + 1);
  auto* const lengths = reinterpret_cast<size_t*>(pointers + bindings);
  auto* const words = reinterpret_cast<uint32_t*>(lengths + bindings);
  std::copy_n(state.binding_pointers, bindings, pointers);
  std::copy_n(state.binding_lengths, bindings, lengths);
  std::copy_n(state.constants, constants, words);
  *step = {&executable, kernel, state};
  step->state.binding_pointers = pointers;
  step->state.binding_lengths = lengths;
  step->state.constants = words;
  for (uint32_t i = 0; i < bindings; ++i) NotePointer(&pointers[i]);
}

void Replay::NoteFill(ByteRange target, const void* pattern, uint32_t pattern_length) {
  if (!recording()) return;
  auto* const step = Add<FillStep>(0);
  if (step == nullptr) return;
  *step = {target.data, target.length, pattern_length, {}};
  std::memcpy(step->pattern, pattern, pattern_length);
  NotePointer(&step->target);
}

void Replay::NoteCopy(ByteRange target, ByteRange source) {
  if (!recording()) return;
  auto* const step = Add<CopyStep>(0);
  if (step == nullptr) return;
  *step = {target.data, source.data, target.length};
  NotePointer(&step->target);
  NotePointer(&step->source);
}

}  // namespace runtime
