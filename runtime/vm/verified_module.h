// A module whose every instruction was checked and rewritten into aligned 16-bit cells. Only Create
// makes one, so having one proves: opcodes known, registers inside the frame, i64 pairs even,
// branch targets on instructions, ordinals inside their tables, calls matching their callee,
// imports found. The interpreter relies on it and checks only what is dynamic: null references,
// object types, buffer bounds, list indices, division by zero.
//
// The file and the heap must outlive it. Failure: a status; `failure` names the import, opcode or
// function and the file offset. Cost: two passes over the bytecode; about 2.5 bytes of heap per
// byte of bytecode.
#ifndef RUNTIME_VM_VERIFIED_MODULE_H_
#define RUNTIME_VM_VERIFIED_MODULE_H_

#include <cstdint>
#include <span>

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
  uint16_t* cells = nullptr;
  uint32_t cell_count = 0;
  // Frame layout: references first, then 32-bit value slots on an 8-byte boundary.
  uint32_t value_slots = 0;
  uint32_t ref_slots = 0;
  bool has_signature = false;
  CallSignature signature;
};

struct ImportSlot {
  const ImportRow* row;  // nullptr for an optional import that is not there
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
  [[nodiscard]] std::span<const ImportSlot> imports() const { return imports_; }
  [[nodiscard]] const RefRule* rules() const { return rules_; }
  [[nodiscard]] VmBuffer* rodata(uint32_t ordinal) const { return &rodata_[ordinal]; }
  [[nodiscard]] uint32_t rodata_count() const { return static_cast<uint32_t>(rodata_.size()); }
  [[nodiscard]] base::Bytes bytecode() const { return bytecode_; }  // for messages of `fail`
  // 13.0 counts offset and length of buffer.fill.* in bytes, later versions in elements.
  [[nodiscard]] bool fill_counts_bytes() const { return fill_counts_bytes_; }
  [[nodiscard]] uint32_t global_bytes() const { return global_bytes_; }
  [[nodiscard]] uint32_t global_refs() const { return global_refs_; }

 private:
  [[nodiscard]] base::Status ResolveImports(const ModuleFile& module, const ImportTable& imports,
                                            Heap& heap, Failure& failure);
  [[nodiscard]] base::Status WrapRodata(const ModuleFile& module, base::MutableBytes file,
                                        Heap& heap, Failure& failure);
  [[nodiscard]] base::Status TranslateFunctions(const ModuleFile& module, Heap& heap,
                                                Failure& failure);

  std::span<FunctionRecord> functions_;
  std::span<ImportSlot> imports_;
  std::span<VmBuffer> rodata_;
  const RefRule* rules_ = nullptr;
  base::Bytes bytecode_;
  bool fill_counts_bytes_ = false;
  uint32_t global_bytes_ = 0;
  uint32_t global_refs_ = 0;
};

}  // namespace runtime

#endif  // RUNTIME_VM_VERIFIED_MODULE_H_
