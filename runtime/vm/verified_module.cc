#include "runtime/vm/verified_module.h"

#include <algorithm>
#include <new>

#include "base/try.h"
#include "runtime/vm/translator.h"

namespace runtime {
namespace {

using base::Status;

// A register cell is a byte offset in 16 bits.
constexpr uint32_t kMaxValueSlots = 0x10000 / sizeof(uint32_t);
constexpr uint32_t kMaxRefSlots = 0x10000 / sizeof(void*);

// Slots that the arguments take in their bank, 64-bit ones on even slots.
void CountArgumentSlots(std::string_view letters, uint32_t& values, uint32_t& refs) {
  values = 0;
  refs = 0;
  for (const char letter : letters) {
    if (letter == 'r') {
      ++refs;
    } else if (letter == 'I') {
      values = ((values + 1) & ~1u) + 2;
    } else {
      ++values;
    }
  }
}

}  // namespace

Status VerifiedModule::Create(const ModuleFile& module, base::MutableBytes file,
                              const ImportTable& imports, ObjectStore& store, Failure& failure) {
  *this = VerifiedModule();
  Heap& heap = store.heap();
  rules_ = imports.rules;
  bytecode_ = module.bytecode();
  fill_counts_bytes_ = module.bytecode_major() == kOldestBytecode;
  global_bytes_ = module.global_bytes();
  global_refs_ = module.global_refs();
  Status status = ResolveImports(module, imports, heap, failure);
  if (status == Status::kOk) status = WrapRodata(module, file, heap, failure);
  if (status == Status::kOk) status = TranslateFunctions(module, heap, failure);
  if (status != Status::kOk) Destroy(store);
  return status;
}

void VerifiedModule::Destroy(ObjectStore& store) {
  Heap& heap = store.heap();
  for (FunctionRecord& function : functions_) heap.FreeArray(function.cells, function.cell_count);
  heap.FreeArray(functions_.data(), functions_.size());
  heap.FreeArray(imports_.data(), imports_.size());
  heap.FreeArray(rodata_.data(), rodata_.size());
  *this = VerifiedModule();
}

Status VerifiedModule::ResolveImports(const ModuleFile& module, const ImportTable& imports,
                                      Heap& heap, Failure& failure) {
  const uint32_t count = module.import_count();
  auto* slots = heap.AllocateArray<ImportSlot>(count);
  if (slots == nullptr) return failure.Set(Status::kOutOfMemory, "no memory for the import table");
  imports_ = {slots, count};
  for (uint32_t i = 0; i < count; ++i) {
    const auto import = module.ImportAt(i);
    if (!import) return failure.Set(import.error(), "import table is damaged");
    const ImportRow* row = imports.find(import->name, import->calling_convention);
    const auto signature = CallSignature::Parse(import->calling_convention);
    if (!signature || (row == nullptr && !import->optional)) {
      return failure
          .Begin(Status::kVmUnknownImport, "module imports an unknown function", import->name)
          .Append(" ")
          .Append(import->calling_convention)
          .status();
    }
    new (&slots[i]) ImportSlot{row, *signature};
  }
  return Status::kOk;
}

Status VerifiedModule::WrapRodata(const ModuleFile& module, base::MutableBytes file, Heap& heap,
                                  Failure& failure) {
  const uint32_t count = module.rodata_count();
  auto* buffers = heap.AllocateArray<VmBuffer>(count);
  if (buffers == nullptr)
    return failure.Set(Status::kOutOfMemory, "no memory for the rodata table");
  rodata_ = {buffers, count};
  for (uint32_t i = 0; i < count; ++i) {
    const auto bytes = module.RodataAt(i);
    if (!bytes) {
      return failure.Begin(bytes.error(), "rodata segment is compressed or outside the file: ")
          .AppendNumber(i)
          .status();
    }
    // The same bytes through the caller's mutable view.
    uint8_t* data = bytes->empty() ? file.data() : file.data() + (bytes->data() - file.data());
    new (&buffers[i]) VmBuffer(data, bytes->size(), false);
  }
  return Status::kOk;
}

Status VerifiedModule::TranslateFunctions(const ModuleFile& module, Heap& heap, Failure& failure) {
  const uint32_t count = module.function_count();
  auto* records = heap.AllocateArray<FunctionRecord>(count);
  if (records == nullptr) {
    return failure.Set(Status::kOutOfMemory, "no memory for the function table");
  }
  functions_ = {records, count};
  for (FunctionRecord& record : functions_) new (&record) FunctionRecord();
  // All signatures before any code, since code calls forward.
  for (uint32_t i = 0; i < count; ++i) {
    FunctionRecord& record = records[i];
    const auto body = module.FunctionAt(i);
    const auto convention = module.CallingConvention(i);
    if (!body || !convention) {
      return failure.Set(Status::kVmfbMalformed, "function table is damaged");
    }
    uint32_t argument_values = 0;
    uint32_t argument_refs = 0;
    if (!convention->empty()) {
      const auto signature = CallSignature::Parse(*convention);
      if (!signature || signature->arguments.find('C') != std::string_view::npos) {
        return failure.Set(Status::kVmInvalidBytecode, "calling convention is not supported",
                           *convention);
      }
      record.has_signature = true;
      record.signature = *signature;
      CountArgumentSlots(signature->arguments, argument_values, argument_refs);
    }
    record.value_slots = std::max<uint32_t>(body->value_registers, argument_values);
    record.ref_slots = std::max<uint32_t>(body->ref_registers, argument_refs);
    if (record.value_slots > kMaxValueSlots || record.ref_slots > kMaxRefSlots) {
      return failure.Set(Status::kVmTooBig, "function has too many registers");
    }
  }
  Translator translator(module, functions_, imports_, heap, failure);
  for (uint32_t i = 0; i < count; ++i) {
    const Status status = translator.Translate(i, records[i]);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

}  // namespace runtime
