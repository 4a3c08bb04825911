// Verifier and translator of one function: checks each instruction once it is decoded and writes
// the cells that the interpreter runs. Used by VerifiedModule only.
//
// Cells are 16 bits. An instruction is its Op, then its operands in order:
//   registers      byte offset into the frame's values, or its references (bit 0: MOVE)
//   g G R D        index in units of 4 or 8 bytes; ordinals
//   4 8            two, four cells
//   V              count, registers
//   B              target relative to its own two cells, counts of value and reference pairs, pairs
//                  (source, destination); the banks do not touch each other, order inside each is
//                  kept
//   S (of fail)    offset in the bytecode (two cells), length
//   T a P, trace, print, block: nothing
// and for the rest:
//   const run      count, then (register, low, high) each: neighbouring i32/i64/f32 constants
//   br_table       register, count n, n + 1 offsets from the instruction (default first), then the
//   Bs return         value slots, references, then the registers (an i64 is two slots) call import
//   import, cells to the next instruction, 1 if anything is moved, two results, two span
//                  lengths, then the flattened arguments (Call reads them where they are)
//   call internal  function, counts of value and reference arguments, of value and reference
//   results,
//                  then pairs (source, destination) and result registers
#ifndef RUNTIME_VM_TRANSLATOR_H_
#define RUNTIME_VM_TRANSLATOR_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/vm/opcode.h"
#include "runtime/vm/verified_module.h"

namespace runtime {

class Translator {
 public:
  Translator(const ModuleFile& module, std::span<const FunctionRecord> functions,
             std::span<const ImportSlot> imports, Heap& heap, Failure& failure);

  // Fills in `cells` and `cell_count` of the function's record; the rest must be there already.
  [[nodiscard]] base::Status Translate(uint32_t ordinal, FunctionRecord& record);

 private:
  struct Label {
    uint32_t position;
    uint32_t cell;
    uint32_t uses;  // chain through the target cells of the branches to it
  };
  enum class Pass : uint8_t { kScan, kWrite };

  [[nodiscard]] base::Status Walk(Pass pass);
  [[nodiscard]] base::Status MakeLabels();
  void PatchBranches();
  void Instruction();
  void Operands(Op op, std::string_view letters);
  void Operand(char letter);

  void ConstantOperands(Op op);
  void BranchOperand();
  void BranchTarget(uint32_t target);
  void BranchTable();
  void CallOperands(Op op);
  void ImportCall(uint32_t ordinal, base::Bytes segments, base::Bytes arguments,
                  base::Bytes results);
  void InternalCall(uint32_t ordinal, base::Bytes arguments, base::Bytes results);
  void ReturnOperands();
  void FailMessage();

  // Reading; past the end of the function they fail and give zero.
  uint32_t Read(uint32_t size);
  // A counted u16 list; `unit` u16 values per entry.
  base::Bytes ReadList(uint32_t unit);
  static uint32_t ListSize(base::Bytes list) { return static_cast<uint32_t>(list.size() / 2); }
  static uint16_t ListEntry(base::Bytes list, uint32_t index) {
    return base::LoadLe<uint16_t>(list.data() + 2 * index);
  }

  // Checked register cells.
  uint16_t ValueCell(uint16_t encoded, bool wide);
  uint16_t RefCell(uint16_t encoded);
  uint16_t CellFor(uint16_t encoded, char letter);

  void Emit(uint32_t cell);
  void EmitWide(uint32_t value);
  void EmitConstant(uint16_t cell, uint32_t value);
  void Fail(base::Status status, std::string_view text, std::string_view name = {});
  [[nodiscard]] bool failed() const { return failure_.status() != base::Status::kOk; }
  [[nodiscard]] uint32_t FindLabel(uint32_t position) const;

  const ModuleFile& module_;
  std::span<const FunctionRecord> functions_;
  std::span<const ImportSlot> imports_;
  Heap& heap_;
  Failure& failure_;

  FunctionBody body_ = {};
  const FunctionRecord* record_ = nullptr;
  base::Bytes code_;
  uint32_t position_ = 0;
  uint32_t instruction_ = 0;
  Pass pass_ = Pass::kScan;
  bool muted_ = false;

  uint8_t* boundaries_ = nullptr;  // bit per byte of the function: an instruction starts here
  uint8_t* targets_ = nullptr;     // … a branch leads here
  Label* labels_ = nullptr;
  uint32_t label_count_ = 0;
  uint32_t next_label_ = 0;

  uint16_t* cells_ = nullptr;
  uint32_t capacity_ = 0;
  uint32_t count_ = 0;
  uint32_t open_run_ = 0;  // count cell of the constant run that may be continued; 0 for none
};

}  // namespace runtime

#endif  // RUNTIME_VM_TRANSLATOR_H_
