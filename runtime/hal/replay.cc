// SPDX-License-Identifier: Apache-2.0

#include "runtime/hal/replay.h"

#include <algorithm>
#include <cstring>

#include "runtime/hal/commands.h"

namespace runtime {
namespace {

using base::Status;

constexpr uint32_t kMaxFunctions = 32;  // whose fate is remembered

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

void Replay::Begin(uint32_t function, std::span<const Value> arguments) {
  if (function >= kMaxFunctions || (hopeless_ >> function & 1) != 0) return;
  arguments_ = heap_.AllocateArray<Value>(arguments.size());
  if (arguments_ == nullptr) return;
  argument_count_ = static_cast<uint32_t>(arguments.size());
  std::ranges::copy(arguments, arguments_);
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
  steps_.Free(heap_);
  pointers_.Free(heap_);
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
    if (IsTensor(arguments[i])) Move(i, arguments[i].tensor.data);
  }
  return true;
}

void Replay::Move(uint32_t argument, uint8_t* data) {
  uint8_t*& recorded = arguments_[argument].tensor.data;
  for (Command* command = pointers_.first(); command != nullptr; command = command->next) {
    const PointerNote& note = command->note;
    if (note.argument != argument) continue;
    *note.pointer = data + (static_cast<uint8_t*>(*note.pointer) - recorded);
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
  for (Command* step = steps_.first(); step != nullptr; step = step->next) {
    Status status = Status::kOk;
    if (step->kind == CommandKind::kDispatch) {
      status = LaunchKernel(hal, step->dispatch);
    } else {
      Transfer& transfer = step->transfer;
      status =
          RunTransfer(hal, {static_cast<uint8_t*>(transfer.target), transfer.length}, transfer);
    }
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

void Replay::NotePointer(void** pointer) {
  const Value* owner = nullptr;
  for (uint32_t i = 0; i < argument_count_; ++i) {
    const Value& argument = arguments_[i];
    if (!IsTensor(argument) || !Contains(argument.tensor, *pointer)) continue;
    // If they overlap, which of them the pointer means cannot be told.
    if (owner != nullptr) return heap_.BreakHold();
    owner = &argument;
  }
  if (owner == nullptr) return;
  Command* const note = pointers_.Add(heap_, CommandKind::kPointer, 0, 0);
  if (note == nullptr) return heap_.BreakHold();
  note->note = {pointer, static_cast<uint32_t>(owner - arguments_)};
}

void Replay::Note(const Dispatch& dispatch) {
  if (!recording()) return;
  Command* const step = steps_.AddDispatch(heap_, 0, dispatch);
  if (step == nullptr) return heap_.BreakHold();
  const DispatchState& from = dispatch.state;
  const DispatchState& to = step->dispatch.state;
  auto** const pointers = const_cast<void**>(to.binding_pointers);
  std::memcpy(pointers, from.binding_pointers, from.binding_count * sizeof(void*));
  std::memcpy(const_cast<size_t*>(to.binding_lengths), from.binding_lengths,
              from.binding_count * sizeof(size_t));
  std::memcpy(const_cast<uint32_t*>(to.constants), from.constants,
              from.constant_count * sizeof(uint32_t));
  for (uint32_t i = 0; i < from.binding_count; ++i) NotePointer(&pointers[i]);
}

void Replay::Note(const Transfer& transfer) {
  if (!recording()) return;
  Command* const step = steps_.Add(heap_, CommandKind::kTransfer, 0, 0);
  if (step == nullptr) return heap_.BreakHold();
  step->transfer = transfer;
  NotePointer(&step->transfer.target);
  NotePointer(&step->transfer.source);
}

}  // namespace runtime
