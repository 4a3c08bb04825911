#include "runtime/runtime.h"

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
constexpr std::string_view kDeclarationAttribute = "iree.abi.declaration";

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

// Bytes of a dense tensor; kOverflow if they do not fit 32 bits.
base::Result<size_t> DenseSize(ElementType type, const uint32_t* dims, uint32_t rank) {
  uint64_t size = type.bytes();
  for (uint32_t i = 0; i < rank; ++i) {
    size *= dims[i];
    if (size > UINT32_MAX) return std::unexpected(Status::kOverflow);
  }
  return static_cast<size_t>(size);
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
    uint32_t value_count = 0;
    uint32_t ref_count = 0;
    uint32_t values[3 * kMaxValues] = {};  // 64-bit ones start on even slots
    Object* refs[kMaxValues + kFenceArguments] = {};
    Buffer* lent[kMaxValues] = {};
  };

  base::Result<void> AddTensor(const Tensor& tensor, Arguments& arguments);
  base::Result<void> AddArgument(char letter, const Value& value, Arguments& arguments);
  void GiveBack(Arguments& arguments);
  base::Result<Tensor> TensorOf(Object* object);
  base::Result<void> ReadResults(std::string_view letters, const RawResults& raw);
  void ReleaseResults();
  [[nodiscard]] bool HasFences(const ExportDef& function) const;
  Status RunIfExported(std::string_view name);

  Heap heap;
  ObjectStore store;
  ModuleFile module;
  VerifiedModule verified;
  Hal hal;
  Interpreter interpreter;
  bool ready = false;  // verified and initialised
  uint32_t held_count = 0;
  std::array<Object*, kMaxValues> held;  // references behind `results`
  std::array<Value, kMaxValues> results;
};

base::Result<void> Runtime::State::AddTensor(const Tensor& tensor, Arguments& arguments) {
  const size_t size = TRY(DenseSize(tensor.type, tensor.dims.data(), tensor.rank));
  if (tensor.rank > kMaxRank || size > tensor.size_bytes) {
    return std::unexpected(Status::kVmSignatureMismatch);
  }
  Buffer* buffer = TRY(AliasBuffer(store, tensor.data, size, nullptr));
  buffer->borrowed = true;
  arguments.lent[arguments.ref_count] = buffer;
  ObjectStore::Retain(buffer);
  BufferView* view = TRY(MakeView(store, buffer, tensor.type, kEncodingDense, tensor.rank));
  for (uint32_t i = 0; i < tensor.rank; ++i) view->dims()[i] = tensor.dims[i];
  arguments.refs[arguments.ref_count++] = view;
  return {};
}

base::Result<void> Runtime::State::AddArgument(char letter, const Value& value,
                                               Arguments& arguments) {
  if (value.kind != KindOf(letter)) return std::unexpected(Status::kVmSignatureMismatch);
  if (letter == 'r') return AddTensor(value.tensor, arguments);
  if (letter == 'I') {
    arguments.value_count += arguments.value_count % 2;
    arguments.values[arguments.value_count++] = static_cast<uint32_t>(value.i64);
    arguments.values[arguments.value_count++] =
        static_cast<uint32_t>(static_cast<uint64_t>(value.i64) >> 32);
  } else {
    arguments.values[arguments.value_count++] = static_cast<uint32_t>(value.i32);
  }
  return {};
}

// Ends the loans: what the module kept of the caller's tensors becomes a copy.
void Runtime::State::GiveBack(Arguments& arguments) {
  for (Object* ref : arguments.refs) store.Release(ref);
  for (Buffer* buffer : arguments.lent) {
    if (buffer == nullptr) continue;
    EndLoan(store, *buffer);
    store.Release(buffer);
  }
}

base::Result<Tensor> Runtime::State::TensorOf(Object* object) {
  if (object == nullptr) return std::unexpected(Status::kVmNullReference);
  if (object->type != &BufferView::kType) return std::unexpected(Status::kVmWrongType);
  auto* view = static_cast<BufferView*>(object);
  if (view->rank > kMaxRank) return std::unexpected(Status::kVmTooBig);
  Tensor tensor;
  tensor.type = view->element_type;
  tensor.rank = view->rank;
  for (uint32_t i = 0; i < view->rank; ++i) tensor.dims[i] = view->dims()[i];
  const size_t size = TRY(DenseSize(tensor.type, view->dims(), view->rank));
  const BufferRange range = TRY(RangeOf(*view->buffer, 0, size));
  tensor.data = range.data;
  tensor.size_bytes = range.length;
  return tensor;
}

base::Result<void> Runtime::State::ReadResults(std::string_view letters, const RawResults& raw) {
  // From here on the references are ours, read or not.
  held_count = raw.ref_count;
  for (uint32_t i = 0; i < raw.ref_count; ++i) held[i] = raw.refs[i];
  if (letters.size() > kMaxValues) return std::unexpected(Status::kVmTooBig);
  uint32_t value = 0;
  uint32_t ref = 0;
  for (size_t i = 0; i < letters.size(); ++i) {
    Value& result = results[i];
    result.kind = KindOf(letters[i]);
    if (letters[i] == 'r') {
      if (ref >= raw.ref_count) return std::unexpected(Status::kVmInvalidBytecode);
      result.tensor = TRY(TensorOf(raw.refs[ref++]));
      continue;
    }
    const uint32_t slots = letters[i] == 'I' ? 2 : 1;
    if (value + slots > raw.value_count) return std::unexpected(Status::kVmInvalidBytecode);
    result.i64 = raw.values[value];
    if (slots == 2) {
      result.i64 |= static_cast<int64_t>(static_cast<uint64_t>(raw.values[value + 1]) << 32);
    }
    value += slots;
  }
  return {};
}

void Runtime::State::ReleaseResults() {
  for (uint32_t i = 0; i < held_count; ++i) store.Release(held[i]);
  held_count = 0;
}

// Told by an attribute, or by the name beside a synchronous wrapper.
bool Runtime::State::HasFences(const ExportDef& function) const {
  const auto model = module.Attribute(function.ordinal, kModelAttribute);
  return (model && *model == kCoarseFences) || function.name.ends_with(kAsyncSuffix);
}

Status Runtime::State::RunIfExported(std::string_view name) {
  for (uint32_t i = 0; i < module.export_count(); ++i) {
    const auto function = module.ExportAt(i);
    if (!function || function->name != name) continue;
    const FunctionRecord& record = verified.functions()[function->ordinal];
    if (!record.signature.arguments.empty() || !record.signature.results.empty()) continue;
    RawResults raw;
    return interpreter.Invoke(function->ordinal, {}, {}, raw);
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
    return failure_.Set(Status::kVmfbMisaligned, "model or arena is not at a 64-byte boundary");
  }
  if (file.size() > UINT32_MAX) return failure_.Set(Status::kVmTooBig, "model is over 4 GB");
  if (arena.size() < State::Size()) {
    return failure_.Set(Status::kOutOfMemory, "arena is too small for any model");
  }
  state_ = new (arena.data()) State(failure_, options);
  state_->heap.Reset(arena.subspan(State::Size()));
  Status status = state_->module.Open(file, failure_);
  if (status == Status::kOk) {
    status = state_->verified.Create(state_->module, file, kHalImports, state_->store, failure_);
  }
  if (status == Status::kOk) status = state_->interpreter.Start();
  if (status == Status::kOk) status = state_->RunIfExported(kInitialiser);
  state_->ready = status == Status::kOk;
  if (status != Status::kOk) {
    const Failure cause = failure_;
    Unload();
    failure_ = cause;
  }
  return status;
}

void Runtime::Unload() {
  if (state_ == nullptr) return;
  State& state = *state_;
  state.ReleaseResults();
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
  const ModuleFile& module = state_->module;
  const std::string_view prefix = module.name();
  std::string_view local = name;
  if (name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix &&
      name[prefix.size()] == '.') {
    local = name.substr(prefix.size() + 1);
  }
  for (uint32_t i = 0; i < module.export_count(); ++i) {
    const auto function = module.ExportAt(i);
    if (function && (function->name == name || function->name == local)) return Function{i};
  }
  return std::unexpected(Status::kVmNoSuchFunction);
}

Status Runtime::Describe(Function function, FunctionInfo& info) const {
  if (state_ == nullptr) return Status::kUninitialized;
  const auto exported = state_->module.ExportAt(function.ordinal);
  if (!exported) return Status::kVmNoSuchFunction;
  const FunctionRecord& record = state_->verified.functions()[exported->ordinal];
  std::string_view arguments = record.signature.arguments;
  const std::string_view results = record.signature.results;
  if (state_->HasFences(*exported) && arguments.size() >= kFenceArguments) {
    arguments.remove_suffix(kFenceArguments);
  }
  if (arguments.size() > kMaxValues || results.size() > kMaxValues) return Status::kVmTooBig;
  info = {};
  info.name = exported->name;
  info.calling_convention = exported->calling_convention;
  info.declaration =
      state_->module.Attribute(exported->ordinal, kDeclarationAttribute).value_or("");
  info.argument_count = static_cast<uint32_t>(arguments.size());
  info.result_count = static_cast<uint32_t>(results.size());
  for (size_t i = 0; i < arguments.size(); ++i) info.arguments[i].kind = KindOf(arguments[i]);
  for (size_t i = 0; i < results.size(); ++i) info.results[i].kind = KindOf(results[i]);
  ReadTypeHints(state_->verified, record, state_->heap, info);
  return Status::kOk;
}

base::Result<std::span<const Value>> Runtime::Invoke(Function function,
                                                     std::span<const Value> arguments) {
  failure_.Clear();
  if (state_ == nullptr) {
    return std::unexpected(failure_.Set(Status::kUninitialized, "no model is loaded"));
  }
  State& state = *state_;
  state.ReleaseResults();
  const auto exported = state.module.ExportAt(function.ordinal);
  if (!exported) {
    return std::unexpected(failure_.Set(Status::kVmNoSuchFunction, "no such function"));
  }
  const FunctionRecord& record = state.verified.functions()[exported->ordinal];
  std::string_view letters = record.signature.arguments;
  const bool fences = state.HasFences(*exported) && letters.size() >= kFenceArguments;
  if (fences) letters.remove_suffix(kFenceArguments);
  if (letters.size() != arguments.size() || letters.size() > kMaxValues) {
    return std::unexpected(failure_.Begin(Status::kVmSignatureMismatch, exported->name)
                               .Append(" takes ")
                               .AppendNumber(static_cast<uint32_t>(letters.size()))
                               .Append(" arguments")
                               .status());
  }

  State::Arguments frame;
  RawResults raw;
  Status status = Status::kOk;
  for (size_t i = 0; i < letters.size() && status == Status::kOk; ++i) {
    if (const auto added = state.AddArgument(letters[i], arguments[i], frame); !added) {
      status = failure_.Begin(added.error(), exported->name)
                   .Append(": argument ")
                   .AppendNumber(static_cast<uint32_t>(i))
                   .Append(" does not fit")
                   .status();
    }
  }
  if (fences) frame.ref_count += kFenceArguments;  // null: nobody waits
  if (status == Status::kOk) {
    status = state.interpreter.Invoke(exported->ordinal, {frame.values, frame.value_count},
                                      {frame.refs, frame.ref_count}, raw);
  }
  state.GiveBack(frame);
  if (status != Status::kOk) return std::unexpected(status);
  const std::string_view result_letters = record.signature.results;
  if (const auto read = state.ReadResults(result_letters, raw); !read) {
    state.ReleaseResults();
    return std::unexpected(failure_.Begin(read.error(), exported->name)
                               .Append(": a result is not a readable tensor")
                               .status());
  }
  return std::span<const Value>(state.results.data(), result_letters.size());
}

void Runtime::ReleaseResults() {
  if (state_ != nullptr) state_->ReleaseResults();
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
