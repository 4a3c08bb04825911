// SPDX-License-Identifier: Apache-2.0

// Verifier and translator of one function, in one pass over its bytecode: checks each instruction
// as it is decoded and writes the cells that the interpreter runs. Used by VerifiedModule only.
//
// Cells are 16 bits. An instruction is its Op, then its operands in order:
//   registers      byte offset into the frame's values, or its references (bit 0: MOVE)
//   g G R D        index in units of 4 or 8 bytes; ordinals
//   V              count, registers
//   B              target relative to its own two cells, counts of value and reference pairs, pairs
//                  (source, destination); the banks do not touch each other, order inside each is
//                  kept
//   S (of fail)    offset in the function (two cells), length
//   T a P, trace, print, block: nothing
// and for the rest:
//   const run      count, then (register, low, high) each: neighbouring i32/i64/f32 constants
//   br_table       register, count n, n + 1 offsets from the instruction (default first), then the
//                  Bs
//   return         value slots, references, then the registers (an i64 is two slots)
//   call import    row of the import table, cells to the next instruction, references to check
//                  (kAnyMoved: and to release), two results, two span lengths, the flattened
//                  arguments (Call reads them where they are), then pairs of a reference and the
//                  byte offset of its rule
//   call internal  function, counts of value and reference arguments, of value and reference
//                  results, then pairs (source, destination) and result registers
#ifndef RUNTIME_VM_TRANSLATOR_H_
#define RUNTIME_VM_TRANSLATOR_H_

#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/value/failure.h"
#include "runtime/vm/import.h"
#include "runtime/vm/opcode.h"
#include "runtime/vm/verified_module.h"

namespace runtime {

class Translator {
 public:
  // `room` is where cells go, one function behind the other; its end is scratch.
  Translator(const ModuleFile& module, const VerifiedModule& verified, base::MutableBytes room,
             Failure& failure);

  // Fills in `cells` of the function's record; the rest must be there already.
  [[nodiscard]] base::Status Translate(FunctionRecord& record);

  // Whether the function reads one of these value slots (bit per slot) before it writes to it,
  // which only slots of arguments allow: in the order of its code, where what dominates stands
  // first. False if the failure says why the function is refused.
  [[nodiscard]] bool ReadsBeforeWriting(FunctionRecord& record, uint32_t slots);

  // Bytes of the room that hold cells.
  [[nodiscard]] size_t used_bytes() const { return static_cast<size_t>(out_ - room_) * 2; }

 private:
  // Where a block starts, and where a branch waits for its target.
  struct Place {
    uint32_t position;
    uint32_t cell;
  };
  // A counted list of 16-bit values in the bytecode.
  struct List {
    const uint16_t* entries = nullptr;
    uint32_t size = 0;

    [[nodiscard]] const uint16_t* end() const { return entries + size; }
  };

  void Walk();
  void Instruction();
  void Operand(char letter);
  void EndBlock();
  void PatchBranches();

  void Constant(const char* letter);
  void EmitConstant(uint32_t cell, uint32_t value);
  void ImportResolved();
  void Branch();
  void BranchTarget(uint32_t target);
  void BranchTable();
  void CallOperands(Op op);
  void ImportCall(const ImportRow& row, List segments, List arguments, List results);
  void ImportArgument(char letter, uint16_t encoded);
  void InternalCall(uint32_t ordinal, List arguments, List results);
  void Return();
  void FailMessage();
  void Registers();
  void Banks(uint16_t* counts, List list, std::string_view letters, const FunctionRecord* callee,
             bool written);

  // Reading; past the end of the function they fail and give zero.
  uint32_t Read8();
  uint32_t Read16();
  uint32_t Read32();
  List ReadList(uint32_t unit);

  // Checked register cells.
  uint32_t ValueCell(uint32_t encoded);
  uint32_t WideCell(uint32_t encoded);
  uint32_t RefCell(uint32_t encoded);
  uint32_t CellFor(uint32_t encoded, char letter);
  // The register that is read next, of two slots if its letter is a capital one.
  uint32_t ReadValue(char letter);

  // The register before the one of `encoded` was read / the last one was read or written.
  void Watch(uint32_t encoded);
  void Settle(bool written);

  // Emit relies on room that was made before.
  bool MakeRoom(uint32_t cells);
  void Emit(uint32_t cell);
  void EmitIndex(uint32_t index, uint32_t limit);
  void EmitWide(uint32_t value);
  void Fail(Message message);
  [[nodiscard]] bool failed() const { return failure_.status() != base::Status::kOk; }
  [[nodiscard]] uint32_t position() const { return static_cast<uint32_t>(at_ - begin_); }
  [[nodiscard]] uint32_t left() const { return static_cast<uint32_t>(end_ - at_); }

  const ModuleFile& module_;
  const VerifiedModule& verified_;
  Failure& failure_;
  const uint32_t version_;
  const FunctionRecord* record_ = nullptr;

  const uint8_t* begin_ = nullptr;
  const uint8_t* end_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* instruction_ = nullptr;

  uint32_t watched_ = 0;  // slots whose first use is still to come
  uint32_t pending_ = 0;  // those of them that the last operand names
  uint32_t read_first_ = 0;

  uint16_t* const room_;
  uint16_t* const room_end_;
  uint16_t* out_;
  uint16_t* down_ = nullptr;  // scratch grows down to here: branches that wait, then blocks
  Place* blocks_ = nullptr;
  Place* blocks_end_ = nullptr;
  bool ends_block_ = false;       // the instruction at work
  uint16_t* cells_ = nullptr;     // of this function
  uint16_t* open_run_ = nullptr;  // count cell of the constant run that may be continued
};

}  // namespace runtime

#endif  // RUNTIME_VM_TRANSLATOR_H_
