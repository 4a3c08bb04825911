// SPDX-License-Identifier: Apache-2.0

// A module whose every instruction was checked and rewritten into aligned 16-bit cells. Only Create
// makes one, so having one proves: opcodes known, registers inside the frame, i64 pairs even,
// branch targets on instructions, ordinals inside their tables, calls matching their callee,
// imports found. The interpreter relies on it and checks only what is dynamic: null references,
// object types, buffer bounds, list indices, division by zero.
//
// The module file and the heap must outlive it. Failure: a status; `failure` names the import,
// opcode or function and the file offset. Cost: one pass over the bytecode; about 1.5 bytes of heap
// per byte of bytecode, and while it runs 2.7 more per byte of the function at work.
#ifndef RUNTIME_VM_VERIFIED_MODULE_H_
#define RUNTIME_VM_VERIFIED_MODULE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/vm/call_signature.h"
#include "runtime/vm/heap.h"
#include "runtime/vm/import.h"
#include "runtime/vm/object.h"
#include "runtime/vmfb/module_file.h"

namespace runtime {

struct FunctionRecord {
  base::Bytes code;  // the bytecode: 16-bit lists in it are aligned
  const uint16_t* cells = nullptr;
  // Frame layout: 32-bit value slots from an 8-byte boundary on, then references.
  uint32_t value_slots = 0;
  uint32_t ref_slots = 0;
  bool has_signature = false;
  bool fills_holes = false;  // how its arguments lie: ArgumentSlots
  CallSignature signature;
};

class VerifiedModule {
 public:
  [[nodiscard]] base::Status Create(const ModuleFile& module, base::MutableBytes file,
                                    const ImportTable& imports, ObjectStore& store,
                                    Failure& failure);
  // Gives the memory back. No reference to a rodata buffer may be left.
  void Destroy(ObjectStore& store);

  [[nodiscard]] std::span<const FunctionRecord> functions() const { return functions_; }
  // By ordinal; nullptr for an optional import that is not there.
  [[nodiscard]] std::span<const ImportRow* const> imports() const { return imports_; }
  // As the module calls it, for words.
  [[nodiscard]] std::string_view ImportName(const ImportRow& row) const;
  [[nodiscard]] const ImportTable& import_table() const { return *table_; }
  [[nodiscard]] const char* ConventionOf(const ImportRow& row) const {
    return table_->conventions + row.convention;
  }
  [[nodiscard]] VmBuffer* rodata(uint32_t ordinal) const { return &rodata_[ordinal]; }
  [[nodiscard]] uint32_t rodata_count() const { return static_cast<uint32_t>(rodata_.size()); }
  // 13.0 counts offset and length of buffer.fill.* in bytes, later versions in elements.
  [[nodiscard]] bool fill_counts_bytes() const { return fill_counts_bytes_; }
  [[nodiscard]] uint32_t global_bytes() const { return global_bytes_; }
  [[nodiscard]] uint32_t global_refs() const { return global_refs_; }

 private:
  [[nodiscard]] base::Status ResolveImports(const ModuleFile& module, const ImportTable& imports,
                                            Heap& heap, Failure& failure);
  [[nodiscard]] base::Status WrapRodata(const ModuleFile& module, base::MutableBytes file,
                                        Heap& heap, Failure& failure);
  [[nodiscard]] base::Status ReadFunctions(const ModuleFile& module, Heap& heap, Failure& failure);
  [[nodiscard]] base::Status TranslateFunctions(const ModuleFile& module, Heap& heap,
                                                Failure& failure);

  const ModuleFile* module_ = nullptr;
  std::span<FunctionRecord> functions_;
  std::span<const ImportRow*> imports_;
  std::span<VmBuffer> rodata_;
  const ImportTable* table_ = nullptr;
  uint8_t* cells_ = nullptr;  // of all functions
  size_t cell_bytes_ = 0;
  bool fill_counts_bytes_ = false;
  uint32_t global_bytes_ = 0;
  uint32_t global_refs_ = 0;
};

}  // namespace runtime

#endif  // RUNTIME_VM_VERIFIED_MODULE_H_
