// SPDX-License-Identifier: Apache-2.0

#include "runtime/runtime.h"

#include <cstring>
#include <new>

#include "base/try.h"
#include "runtime/hal/buffer.h"
#include "runtime/hal/executable.h"
#include "runtime/hal/hal.h"
#include "runtime/hal/import_table.h"
#include "runtime/hal/type_hints.h"
#include "runtime/vm/heap.h"
#include "runtime/vm/interpreter.h"
#include "runtime/vm/object.h"
#include "runtime/vm/verified_module.h"
#include "runtime/vmfb/module_file.h"

namespace runtime {
namespace {

using base::Status;

constexpr std::string_view kInitialiser = "__init";
constexpr std::string_view kDeinitialiser = "__deinit";
// The async ABI appends a wait and a signal fence to the arguments (section 4).
constexpr std::string_view kModelAttribute = "iree.abi.model";
constexpr std::string_view kCoarseFences = "coarse-fences";
constexpr uint32_t kFenceArguments = 2;
constexpr std::string_view kAsyncSuffix = "$async";

ValueKind KindOf(char letter) {
  switch (letter) {
    case 'i':
      return ValueKind::kI32;
    case 'I':
      return ValueKind::kI64;
    case 'f':
      return ValueKind::kF32;
    default:
      return ValueKind::kTensor;
  }
}

// Bytes of a dense tensor.
constexpr uint32_t kNoSize = UINT32_MAX;  // more than 31 bits
uint32_t DenseSize(ElementType type, const uint32_t* dims, uint32_t rank) {
  uint64_t size = type.bytes();
  for (uint32_t i = 0; i < rank; ++i) {
    size *= dims[i];
    if (size > INT32_MAX) return kNoSize;
  }
  return static_cast<uint32_t>(size);
}

}  // namespace

// Everything about one loaded module. Lies at the start of the arena, the heap behind it.
struct Runtime::State {
  State(Failure& failure, const LoadOptions& options)
      : store(heap),
        hal(store, failure, options.listener, options.kernel_mode == KernelMode::kSkip),
        interpreter(verified, store, failure, &hal, options.branch_budget) {}

  static constexpr size_t Size() {
    return (sizeof(State) + kArenaAlignment - 1) & ~(kArenaAlignment - 1);
  }

  // Arguments of one call and what has to be given back after it.
  struct Arguments {
    explicit Arguments(bool fill_holes) : slots(fill_holes) {}

    ArgumentSlots slots;
    uint32_t ref_count = 0;
    uint32_t values[3 * kMaxValues] = {};
    Object* refs[kMaxValues + kFenceArguments] = {};
    Buffer* lent[kMaxValues] = {};
  };

  Status AddTensor(const Tensor& tensor, Arguments& arguments);
  Status AddArgument(char letter, const Value& value, Arguments& arguments);
  void GiveBack(Arguments& arguments);
  Status ReadTensor(Object* object, Tensor& tensor);
  Status ReadResults(std::string_view letters, const RawResults& raw);
  void ReleaseResults();
  // What calls need to know about an exported function, read once.
  struct Exported {
    const FunctionRecord* record = nullptr;  // nullptr: the export is unreadable
    std::string_view name;
    std::string_view arguments;  // letters of what Invoke expects: without the fences
    bool fences = false;
  };

  Status ReadExports();
  [[nodiscard]] const Exported* Find(Function function) const;
  Status RunIfExported(std::string_view name);

  Heap heap;
  ObjectStore store;
  ModuleFile module;
  VerifiedModule verified;
  Hal hal;
  Interpreter interpreter;
  std::span<Exported> exports;
  bool ready = false;  // verified and initialised
  uint32_t held_count = 0;
  uint32_t result_count = 0;
  std::array<Object*, kMaxValues> held;  // references behind `results`
  std::array<Value, kMaxValues> results;
};

Status Runtime::State::AddTensor(const Tensor& tensor, Arguments& arguments) {
  if (tensor.rank > kMaxRank) return Status::kVmSignatureMismatch;
  const uint32_t size = DenseSize(tensor.type, tensor.dims.data(), tensor.rank);
  if (size == kNoSize) return Status::kOverflow;
  if (size > tensor.size_bytes) return Status::kVmSignatureMismatch;
  Buffer* buffer = AliasBuffer(store, tensor.data, size, nullptr);
  if (buffer == nullptr) return Status::kOutOfMemory;
  buffer->borrowed = true;
  arguments.lent[arguments.ref_count] = buffer;
  ObjectStore::Retain(buffer);
  BufferView* view = MakeView(store, buffer, tensor.type, kEncodingDense, tensor.rank);
  if (view == nullptr) return Status::kOutOfMemory;
  std::memcpy(view->dims(), tensor.dims.data(), tensor.rank * sizeof(uint32_t));
  arguments.refs[arguments.ref_count++] = view;
  return Status::kOk;
}

Status Runtime::State::AddArgument(char letter, const Value& value, Arguments& arguments) {
  if (value.kind != KindOf(letter)) return Status::kVmSignatureMismatch;
  if (value.kind == ValueKind::kTensor) return AddTensor(value.tensor, arguments);
  const bool wide = value.kind == ValueKind::kI64;
  uint32_t* slot = arguments.values + arguments.slots.Take(wide);
  slot[0] = static_cast<uint32_t>(value.i32);
  if (wide) slot[1] = static_cast<uint32_t>(static_cast<uint64_t>(value.i64) >> 32);
  return Status::kOk;
}

// Ends the loans: what the module kept of the caller's tensors becomes a copy.
void Runtime::State::GiveBack(Arguments& arguments) {
  for (uint32_t i = 0; i < kMaxValues; ++i) {
    store.Release(arguments.refs[i]);
    Buffer* buffer = arguments.lent[i];
    if (buffer == nullptr) continue;
    if (buffer->references > 1) store.EndRecording();  // a result, whose bytes will lie elsewhere
    EndLoan(store, *buffer);
    store.Release(buffer);
  }
}

Status Runtime::State::ReadTensor(Object* object, Tensor& tensor) {
  if (object == nullptr) return Status::kVmNullReference;
  if (object->type != &BufferView::kType) return Status::kVmWrongType;
  auto* view = static_cast<BufferView*>(object);
  if (view->rank > kMaxRank) return Status::kVmTooBig;
  tensor.type = view->element_type;
  tensor.rank = view->rank;
  std::memcpy(tensor.dims.data(), view->dims(), view->rank * sizeof(uint32_t));
  const uint32_t size = DenseSize(tensor.type, view->dims(), view->rank);
  if (size == kNoSize) return Status::kOverflow;
  const ByteRange range = TRY(RangeOf(*view->buffer, 0, size));
  tensor.data = range.data;
  tensor.size_bytes = range.length;
  return Status::kOk;
}

Status Runtime::State::ReadResults(std::string_view letters, const RawResults& raw) {
  // From here on the references are ours, read or not.
  held_count = raw.ref_count;
  std::memcpy(held.data(), raw.refs.data(), raw.ref_count * sizeof(Object*));
  if (letters.size() > kMaxValues) return Status::kVmTooBig;
  uint32_t value = 0;
  uint32_t ref = 0;
  for (size_t i = 0; i < letters.size(); ++i) {
    Value& result = results[i];
    result.kind = KindOf(letters[i]);
    if (result.kind == ValueKind::kTensor) {
      if (ref >= raw.ref_count) return Status::kVmInvalidBytecode;
      const Status read = ReadTensor(raw.refs[ref++], result.tensor);
      if (read != Status::kOk) return read;
      continue;
    }
    const uint32_t slots = result.kind == ValueKind::kI64 ? 2 : 1;
    if (value + slots > raw.value_count) return Status::kVmInvalidBytecode;
    std::memcpy(&result.i64, &raw.values[value], slots * sizeof(uint32_t));
    value += slots;
  }
  result_count = static_cast<uint32_t>(letters.size());
  return Status::kOk;
}

void Runtime::State::ReleaseResults() {
  for (uint32_t i = 0; i < held_count; ++i) store.Release(held[i]);
  held_count = 0;
  result_count = 0;
}

Status Runtime::State::ReadExports() {
  const uint32_t count = module.export_count();
  auto* entries = heap.AllocateArray<Exported>(count);
  if (entries == nullptr) return Status::kOutOfMemory;
  exports = {entries, count};
  for (uint32_t i = 0; i < count; ++i) {
    Exported& entry = *new (&entries[i]) Exported();
    const auto function = module.ExportAt(i);
    if (!function) continue;
    entry.record = &verified.functions()[function->ordinal];
    entry.name = function->name;
    entry.arguments = entry.record->signature.arguments;
    // Told by an attribute, or by the name beside a synchronous wrapper.
    const auto model = module.Attribute(function->ordinal, kModelAttribute);
    entry.fences = ((model && *model == kCoarseFences) || entry.name.ends_with(kAsyncSuffix)) &&
                   entry.arguments.size() >= kFenceArguments;
    if (entry.fences) entry.arguments.remove_suffix(kFenceArguments);
  }
  return Status::kOk;
}

// nullptr if there is no such function or its export is unreadable.
const Runtime::State::Exported* Runtime::State::Find(Function function) const {
  if (function.ordinal >= exports.size()) return nullptr;
  const Exported& exported = exports[function.ordinal];
  return exported.record != nullptr ? &exported : nullptr;
}

Status Runtime::State::RunIfExported(std::string_view name) {
  for (const Exported& exported : exports) {
    if (exported.record == nullptr || exported.name != name) continue;
    const CallSignature& signature = exported.record->signature;
    if (!signature.arguments.empty() || !signature.results.empty()) continue;
    RawResults raw;
    return interpreter.Invoke(*exported.record, {}, {}, raw);
  }
  return Status::kOk;
}

Runtime::~Runtime() { Unload(); }

Status Runtime::Load(base::MutableBytes file, base::MutableBytes arena,
                     const LoadOptions& options) {
  Unload();
  failure_.Clear();
  if (reinterpret_cast<uintptr_t>(file.data()) % kFileAlignment != 0 ||
      reinterpret_cast<uintptr_t>(arena.data()) % kArenaAlignment != 0) {
    return failure_.Set(Message::kMisaligned);
  }
  if (file.size() > INT32_MAX) return failure_.Set(Message::kFileTooBig);
  if (arena.size() < State::Size()) {
    return failure_.Set(Message::kNoMemory);
  }
  state_ = new (arena.data()) State(failure_, options);
  state_->heap.Reset(arena.subspan(State::Size()));
  Status status = state_->module.Open(file, failure_);
  if (status == Status::kOk) {
    status = state_->verified.Create(state_->module, file, kHalImports, state_->store, failure_);
  }
  if (status == Status::kOk) status = state_->ReadExports();
  if (status == Status::kOk) status = state_->interpreter.Start();
  if (status == Status::kOk) status = state_->RunIfExported(kInitialiser);
  state_->ready = status == Status::kOk;
  if (status != Status::kOk) Unload();  // which runs nothing that could fail: it is not ready
  return status;
}

void Runtime::Unload() {
  if (state_ == nullptr) return;
  State& state = *state_;
  ReleaseResults();
  if (state.ready) (void)state.RunIfExported(kDeinitialiser);
  state.interpreter.Stop();
  // Reference cycles through lists may have kept some.
  while (state.hal.executables != nullptr) {
    Executable* executable = state.hal.executables;
    AnnounceGone(*executable);
    state.hal.executables = executable->next;
  }
  state.~State();
  state_ = nullptr;
}

base::Result<Function> Runtime::Find(std::string_view name) const {
  if (state_ == nullptr) return std::unexpected(Status::kUninitialized);
  const std::string_view prefix = state_->module.name();
  std::string_view local = name;
  if (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '.') {
    local.remove_prefix(prefix.size() + 1);
  }
  const std::span<const State::Exported> exports = state_->exports;
  for (uint32_t i = 0; i < exports.size(); ++i) {
    if (exports[i].record == nullptr) continue;
    if (exports[i].name == name || exports[i].name == local) return Function{i};
  }
  return std::unexpected(Status::kVmNoSuchFunction);
}

Status Runtime::DescribeArguments(Function function, FunctionInfo& info) const {
  if (state_ == nullptr) return Status::kUninitialized;
  const State::Exported* exported = state_->Find(function);
  if (exported == nullptr) return Status::kVmNoSuchFunction;
  const std::string_view arguments = exported->arguments;
  const std::string_view results = exported->record->signature.results;
  if (arguments.size() > kMaxValues || results.size() > kMaxValues) return Status::kVmTooBig;
  info.argument_count = static_cast<uint32_t>(arguments.size());
  info.result_count = static_cast<uint32_t>(results.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    info.arguments[i] = {};
    info.arguments[i].kind = KindOf(arguments[i]);
  }
  ReadArgumentHints(state_->verified, *exported->record, state_->heap, info);
  return Status::kOk;
}

Status Runtime::Describe(Function function, FunctionInfo& info) const {
  const Status status = DescribeArguments(function, info);
  if (status != Status::kOk) return status;
  const FunctionRecord& record = *state_->Find(function)->record;
  for (uint32_t i = 0; i < info.result_count; ++i) {
    info.results[i] = {};
    info.results[i].kind = KindOf(record.signature.results[i]);
  }
  ReadTypeHints(state_->verified, record, state_->heap, info);
  return Status::kOk;
}

Status Runtime::Invoke(Function function, std::span<const Value> arguments) {
  failure_.Clear();
  if (state_ == nullptr) return failure_.Set(Message::kNotLoaded);
  State& state = *state_;
  Replay& replay = state.hal.replay;
  if (replay.Matches(function.ordinal, arguments)) {
    const Status status = replay.Run(state.hal);
    if (status != Status::kOk) ReleaseResults();
    return status;
  }
  ReleaseResults();
  const State::Exported* exported = state.Find(function);
  if (exported == nullptr) return failure_.Set(Message::kNoSuchFunction);
  const FunctionRecord& record = *exported->record;
  const std::string_view letters = exported->arguments;
  if (letters.size() != arguments.size() || letters.size() > kMaxValues) {
    return failure_.Begin(Message::kArgumentCount)
        .Number(static_cast<uint32_t>(letters.size()))
        .status();
  }

  State::Arguments frame(record.fills_holes);
  RawResults raw;
  Status status = Status::kOk;
  for (size_t i = 0; i < letters.size(); ++i) {
    status = state.AddArgument(letters[i], arguments[i], frame);
    if (status == Status::kOk) continue;
    status =
        failure_.Begin(Message::kArgumentMisfit, status).Number(static_cast<uint32_t>(i)).status();
    break;
  }
  if (exported->fences) frame.ref_count += kFenceArguments;  // null: nobody waits
  if (status == Status::kOk) {
    replay.Begin(function.ordinal, arguments);
    status = state.interpreter.Invoke(record, {frame.values, frame.slots.count()},
                                      {frame.refs, frame.ref_count}, raw);
  }
  state.GiveBack(frame);
  if (status != Status::kOk) {
    replay.Drop();
    return status;
  }
  status = state.ReadResults(record.signature.results, raw);
  if (status != Status::kOk) {
    ReleaseResults();
    return failure_.Begin(Message::kBadResult, status).status();
  }
  replay.End();
  return Status::kOk;
}

std::span<const Value> Runtime::results() const {
  if (state_ == nullptr) return {};
  return std::span(state_->results).first(state_->result_count);
}

void Runtime::ReleaseResults() {
  if (state_ == nullptr) return;
  DropReplay();
  state_->ReleaseResults();
}

void Runtime::DropReplay() {
  if (state_ != nullptr) state_->hal.replay.Drop();
}

Statistics Runtime::statistics() const {
  if (state_ == nullptr) return {};
  const HeapCounters& host = state_->heap.counters(HeapUse::kHost);
  const HeapCounters& device = state_->heap.counters(HeapUse::kDevice);
  return {host.peak, host.allocated, host.freed, device.peak, device.allocated, device.freed};
}

size_t Runtime::arena_bytes_used() const {
  return state_ == nullptr ? 0 : State::Size() + state_->heap.used_extent();
}

Status Runtime::ResizeArena(size_t size_bytes) {
  if (state_ == nullptr) return Status::kUninitialized;
  if (size_bytes < State::Size() || !state_->heap.Resize(size_bytes - State::Size())) {
    return Status::kInvalidArgument;
  }
  return Status::kOk;
}

}  // namespace runtime
