// SPDX-License-Identifier: Apache-2.0

#include "runtime/vm/verified_module.h"

#include <algorithm>
#include <new>

#include "runtime/vm/translator.h"

namespace runtime {
namespace {

using base::Status;

// A register cell is a byte offset in 16 bits.
constexpr uint32_t kMaxValueSlots = 0x10000 / sizeof(uint32_t);
constexpr uint32_t kMaxRefSlots = 0x10000 / sizeof(void*);

struct ArgumentLayout {
  uint32_t value_slots = 0;
  uint32_t ref_slots = 0;
  uint32_t first_slots = 0;  // bit per value slot that an argument takes, of the first 32
};

ArgumentLayout LayoutOf(std::string_view letters, bool fill_holes) {
  ArgumentLayout layout;
  ArgumentSlots slots(fill_holes);
  for (const char letter : letters) {
    if (letter == 'r') {
      ++layout.ref_slots;
      continue;
    }
    const uint32_t slot = slots.Take(letter == 'I');
    if (slot < 32) layout.first_slots |= (letter == 'I' ? 3u : 1u) << slot;
  }
  layout.value_slots = slots.count();
  return layout;
}

}  // namespace

Status VerifiedModule::Create(const ModuleFile& module, base::MutableBytes file,
                              const ImportTable& imports, ObjectStore& store, Failure& failure) {
  Heap& heap = store.heap();
  module_ = &module;
  table_ = &imports;
  fill_counts_bytes_ = module.bytecode_major() == kOldestBytecode;
  global_bytes_ = module.global_bytes();
  global_refs_ = module.global_refs();
  Status status = ResolveImports(module, imports, heap, failure);
  if (status == Status::kOk) status = WrapRodata(module, file, heap, failure);
  if (status == Status::kOk) status = ReadFunctions(module, heap, failure);
  if (status == Status::kOk) status = TranslateFunctions(module, heap, failure);
  if (status != Status::kOk) Destroy(store);
  return status;
}

void VerifiedModule::Destroy(ObjectStore& store) {
  Heap& heap = store.heap();
  heap.FreeArray(cells_, Heap::kept_size(cell_bytes_));
  heap.FreeArray(functions_.data(), functions_.size());
  heap.FreeArray(imports_.data(), imports_.size());
  heap.FreeArray(rodata_.data(), rodata_.size());
  *this = VerifiedModule();
}

Status VerifiedModule::ResolveImports(const ModuleFile& module, const ImportTable& imports,
                                      Heap& heap, Failure& failure) {
  const uint32_t count = module.import_count();
  auto* rows = heap.AllocateArray<const ImportRow*>(count);
  if (rows == nullptr) return failure.Set(Message::kNoMemory);
  imports_ = {rows, count};
  for (uint32_t i = 0; i < count; ++i) {
    const auto import = module.ImportAt(i);
    if (!import) return failure.Set(Message::kDamagedTables);
    rows[i] = imports.find(import->name, import->calling_convention);
    if (rows[i] == nullptr && !import->optional) {
      return failure.Begin(Message::kUnknownImport)
          .Text(import->name)
          .Text(" ")
          .Text(import->calling_convention)
          .status();
    }
  }
  return Status::kOk;
}

std::string_view VerifiedModule::ImportName(const ImportRow& row) const {
  uint32_t ordinal = 0;
  while (imports_[ordinal] != &row) ++ordinal;
  return module_->ImportAt(ordinal).value_or(ImportDef()).name;
}

Status VerifiedModule::WrapRodata(const ModuleFile& module, base::MutableBytes file, Heap& heap,
                                  Failure& failure) {
  const uint32_t count = module.rodata_count();
  auto* buffers = heap.AllocateArray<VmBuffer>(count);
  if (buffers == nullptr) return failure.Set(Message::kNoMemory);
  rodata_ = {buffers, count};
  for (uint32_t i = 0; i < count; ++i) {
    const auto bytes = module.RodataAt(i);
    if (!bytes) return failure.Begin(Message::kBadRodata, bytes.error()).status();
    // The same bytes through the caller's mutable view.
    uint8_t* data = bytes->empty() ? file.data() : file.data() + (bytes->data() - file.data());
    new (&buffers[i]) VmBuffer(data, static_cast<uint32_t>(bytes->size()), false);
  }
  return Status::kOk;
}

// Everything about functions but their code: that calls forward.
Status VerifiedModule::ReadFunctions(const ModuleFile& module, Heap& heap, Failure& failure) {
  const uint32_t count = module.function_count();
  auto* records = heap.AllocateArray<FunctionRecord>(count);
  if (records == nullptr) return failure.Set(Message::kNoMemory);
  functions_ = {records, count};
  for (uint32_t i = 0; i < count; ++i) {
    FunctionRecord& record = *new (&records[i]) FunctionRecord();
    const auto body = module.FunctionAt(i);
    const auto convention = module.CallingConvention(i);
    if (!body || !convention) return failure.Set(Message::kDamagedFunction);
    record.code = module.bytecode().subspan(body->offset, body->length);
    if (reinterpret_cast<uintptr_t>(record.code.data()) % alignof(uint16_t) != 0) {
      return failure.Set(Message::kDamagedFunction);
    }
    ArgumentLayout layout;
    if (!convention->empty()) {
      CallSignature& signature = record.signature;
      if (!signature.Parse(*convention) || signature.arguments.contains('C')) {
        return failure.Set(Message::kBadConvention, *convention);
      }
      record.has_signature = true;
      layout = LayoutOf(signature.arguments, false);
    }
    record.value_slots = std::max<uint32_t>(body->value_registers, layout.value_slots);
    record.ref_slots = std::max<uint32_t>(body->ref_registers, layout.ref_slots);
    if (record.value_slots > kMaxValueSlots || record.ref_slots > kMaxRefSlots) {
      return failure.Set(Message::kTooManyRegisters);
    }
  }
  return Status::kOk;
}

Status VerifiedModule::TranslateFunctions(const ModuleFile& module, Heap& heap, Failure& failure) {
  const base::MutableBytes room = heap.TakeLargest();
  if (room.empty()) return failure.Set(Message::kNoMemory);
  Translator translator(module, *this, room, failure);
  for (FunctionRecord& record : functions_) {
    const std::string_view arguments = record.signature.arguments;
    const uint32_t only_filled =
        LayoutOf(arguments, true).first_slots & ~LayoutOf(arguments, false).first_slots;
    if (only_filled == 0 || failure.status() != Status::kOk) continue;
    record.fills_holes = translator.ReadsBeforeWriting(record, only_filled);
  }
  for (FunctionRecord& record : functions_) {
    if (failure.status() != Status::kOk || translator.Translate(record) != Status::kOk) break;
  }
  cells_ = room.data();
  cell_bytes_ = translator.used_bytes();
  heap.Keep(room, cell_bytes_);
  return failure.status();
}

}  // namespace runtime
