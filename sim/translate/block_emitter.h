// SPDX-License-Identifier: Apache-2.0

// Emits the code of one block for one state of vector configuration.
//
// Host registers: rbp = middle of the hart's x and f registers, r12 = code-line flags and r13 =
// bytes of the first memory, r14 = budget (context.h); rax, rcx, rdx, xmm0..xmm3 and zmm16..zmm31
// are scratch within an instruction; the others hold guest registers (register_cache.h).
// Each instruction is emitted by the file of its chapter (emit_*.cc) or, where none takes it, as a
// call of its handler. A path that the fast code does not cover leaves the block before the
// instruction and lets the interpreter do it, so no rule of the architecture stands twice.
#ifndef SIM_TRANSLATE_BLOCK_EMITTER_H_
#define SIM_TRANSLATE_BLOCK_EMITTER_H_

#include <asmjit/x86.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/fp/f32.h"
#include "sim/hart/block.h"
#include "sim/translate/context.h"
#include "sim/translate/exit_table.h"
#include "sim/translate/register_cache.h"
#include "sim/translate/vector_type.h"
#include "sim/vector/elements.h"

namespace sim::translate {

// What rbp points to, and where members of the hart are from there.
inline constexpr size_t kAnchor = offsetof(Hart, f);
constexpr int32_t At(size_t offset_in_hart) {
  return static_cast<int32_t>(offset_in_hart) - static_cast<int32_t>(kAnchor);
}
inline constexpr int32_t kXOffset = At(offsetof(Hart, x));
inline constexpr int32_t kFOffset = At(offsetof(Hart, f));

// Host instructions by log2 of an element's bytes.
inline constexpr asmjit::x86::Inst::Id kBroadcastIds[] = {asmjit::x86::Inst::kIdVpbroadcastb,
                                                          asmjit::x86::Inst::kIdVpbroadcastw,
                                                          asmjit::x86::Inst::kIdVpbroadcastd};
inline constexpr asmjit::x86::Inst::Id kEqualIds[] = {
    asmjit::x86::Inst::kIdVpcmpeqb, asmjit::x86::Inst::kIdVpcmpeqw, asmjit::x86::Inst::kIdVpcmpeqd};

// Serves one block after the other.
class BlockEmitter {
 public:
  BlockEmitter(asmjit::x86::Assembler* assembler, const Target* target, ExitTable* exits)
      : a_(*assembler),
        target_(*target),
        exits_(*exits),
        x_(assembler, RegisterCache::Kind::kInteger, kXOffset),
        f_(assembler, RegisterCache::Kind::kFloat, kFOffset) {}

  // `type`: what the code may rely on when it is entered; nullopt: nothing. Bit i of `called`:
  // instruction i is known to do what the fast code leaves to others; its handler is called.
  void Emit(Block& block, const std::optional<VectorType>& type, uint64_t called);
  // The load that `exit` gives to the interpreter, from the second memory; what is not there
  // either leaves by a copy of `exit`.
  void EmitSecondLoad(const Exit& exit);

  // Of the block emitted last.
  [[nodiscard]] Exit* guard_exit() const { return guard_exit_; }
  // The code compares vl, vtype and vxrm, or the first two, with `type` when it is entered.
  [[nodiscard]] bool depends_on_type() const { return depends_on_type_ || depends_on_vxrm_; }

 private:
  using Label = asmjit::Label;
  using Mem = asmjit::x86::Mem;
  using Gp = asmjit::x86::Gp;
  using CondCode = asmjit::x86::CondCode;

  // A number of colds_: a path behind the block's code that gives the instruction at hand, with
  // the registers as they are now, to the interpreter.
  using Cold = uint32_t;
  struct Site {
    size_t offset;  // of a jump's displacement
    Cold cold;
  };

  // block_emitter.cc
  void EmitEntry(const std::optional<VectorType>& type);
  void EmitInsn(const DecodedInsn& insn);
  bool EmitCsr(const DecodedInsn& insn);
  void EmitHandlerCall(const DecodedInsn& insn);
  void EmitEnd(const DecodedInsn& last);
  void EmitBranch(const DecodedInsn& insn);
  void EmitJump(const DecodedInsn& insn);
  void EmitJumpReg(const DecodedInsn& insn);
  void EmitLeave(const Exit& exit);
  // By a call of `thunk`, here.
  Exit* EmitLeaveHere(const uint8_t* thunk, Exit exit);
  void EmitJumpTo(GuestAddr target);
  void EmitColds();
  void AddCounts();
  void WriteBackAll();
  void WriteType(const VectorType& type);
  [[nodiscard]] Exit MakeExit(ExitKind kind, GuestAddr target = 0) const;
  void BailOut();  // the rest of the block is the interpreter's, from this instruction on
  Cold NewCold();
  void JumpIf(CondCode condition, Cold cold);
  [[nodiscard]] const uint8_t* Here() const { return target_.code + a_.offset(); }

  // emit_integer.cc. False: not taken.
  bool EmitInteger(const DecodedInsn& insn);
  template <typename RegReg, typename RegImm>
  void Binary(const DecodedInsn& insn, bool commutes, RegReg reg_reg, RegImm reg_imm);
  void EmitShift(const DecodedInsn& insn, asmjit::x86::Inst::Id id, bool immediate);
  void EmitCompare(const DecodedInsn& insn, bool is_signed, bool immediate);
  void EmitHighProduct(const DecodedInsn& insn, bool first_signed, bool second_signed);
  void EmitDivide(const DecodedInsn& insn, bool is_signed, bool remainder);

  // emit_memory.cc
  bool EmitMemory(const DecodedInsn& insn);
  void EmitLoad(const DecodedInsn& insn, int width, bool sign_extends, bool to_float);
  void EmitStore(const DecodedInsn& insn, int width, bool from_float);
  // The bytes of an access that lies in the first memory; leaves the block at `cold` otherwise.
  [[nodiscard]] static std::optional<int32_t> HostDisplacement(const Memory& memory, int32_t imm);
  Mem FirstMemory(uint32_t base_reg, int32_t imm, int width, bool store, Cold cold);

  // emit_float.cc
  bool EmitFloat(const DecodedInsn& insn);
  void CommitFloatResult(const DecodedInsn& insn);
  void EmitFused(const DecodedInsn& insn, asmjit::x86::Inst::Id id);
  void EmitMinMax(const DecodedInsn& insn, bool is_max);
  void EmitSignInject(const DecodedInsn& insn);
  void EmitFloatCompare(const DecodedInsn& insn);
  void EmitFloatToInt(const DecodedInsn& insn, bool is_signed);

  // emit_vector.cc: vl and vtype, and what the chapters share. A vector register stays in memory.
  struct Chunk {  // bytes [offset, offset + bytes) of a register group; 1, 2, 4 .. 64 bytes
    uint32_t offset;
    uint32_t bytes;
  };
  // Covers `bytes` with chunks, the widest first.
  class Chunks {
   public:
    Chunks(uint32_t bytes, uint32_t widest) : bytes_(bytes), widest_(widest) {}
    class Iterator {
     public:
      Iterator(Chunk chunk, uint32_t end) : chunk_(chunk), end_(end) { Narrow(); }
      Chunk operator*() const { return chunk_; }
      Iterator& operator++() {
        chunk_.offset += chunk_.bytes;
        Narrow();
        return *this;
      }
      bool operator!=(const Iterator& other) const { return chunk_.offset != other.chunk_.offset; }

     private:
      void Narrow() {
        while (chunk_.bytes > end_ - chunk_.offset) chunk_.bytes /= 2;
      }
      Chunk chunk_;
      uint32_t end_;
    };
    [[nodiscard]] Iterator begin() const { return {{0, widest_}, bytes_}; }
    [[nodiscard]] Iterator end() const { return {{bytes_, 0}, bytes_}; }

   private:
    uint32_t bytes_;
    uint32_t widest_;
  };
  using Vec = asmjit::x86::Vec;
  using Shape = vector::Shape;
  using InstId = asmjit::x86::Inst::Id;

  bool EmitVector(const DecodedInsn& insn);
  bool EmitSetVl(const DecodedInsn& insn);
  [[nodiscard]] bool HasAvx512() const { return target_.simd == HostSimd::kAvx512; }
  [[nodiscard]] uint32_t WidestBytes() const { return HasAvx512() ? 64 : 32; }
  // For emitters: they are asked only for instructions whose type is known.
  [[nodiscard]] const VectorType& known_type() const {
    return *type_;  // NOLINT(bugprone-unchecked-optional-access)
  }
  [[nodiscard]] uint32_t BodyBytes() const { return known_type().vl << known_type().sew_shift; }
  [[nodiscard]] static Vec V(uint32_t id, uint32_t bytes);
  [[nodiscard]] Mem VectorBytes(uint32_t reg, uint32_t offset, uint32_t bytes) const;
  void LoadChunk(uint32_t id, uint32_t reg, Chunk chunk);
  void LoadBytes(uint32_t id, const Mem& from, uint32_t bytes);
  void StoreChunk(uint32_t id, uint32_t reg, Chunk chunk);
  void StoreBytes(uint32_t id, const Mem& to, uint32_t bytes);
  // Every element of `id` = the scalar; `width` is log2 of the element's bytes.
  void Broadcast(uint32_t id, uint32_t bytes, int width, vector::Source source,
                 const DecodedInsn& insn);
  void BroadcastConstant(uint32_t id, uint32_t bytes, int width, uint32_t value);
  // k1 = the mask bits of the chunk's elements; only they. AVX-512.
  void LoadMask(uint32_t first_element, uint32_t elements);
  // Every bit of an element of `id` = the element is inactive, in a chunk of at most 32 bytes.
  void LoadInactive(uint32_t id, Chunk chunk, int width);
  // To vd, under the mask if there is one. `id` is 0 or 1; without AVX-512 that clobbers the other
  // and 3.
  void StoreResult(const DecodedInsn& insn, uint32_t id, Chunk chunk, int width);

  // emit_vector_integer.cc
  bool EmitVectorInteger(const DecodedInsn& insn);
  bool EmitVectorBinary(const DecodedInsn& insn, const Shape& shape, vector::Source source,
                        const InstId (&ids)[3], bool reversed);
  bool EmitVectorShift(const DecodedInsn& insn, const Shape& shape, vector::Source source,
                       const InstId (&ids)[3], const InstId (&variable_ids)[3]);
  bool EmitVectorMultiplyAdd(const DecodedInsn& insn, const Shape& shape, vector::Source source);
  bool EmitVectorWide(const DecodedInsn& insn);
  bool EmitVectorExtend(const DecodedInsn& insn, int from_shift, bool is_signed);
  bool EmitVectorClip(const DecodedInsn& insn, bool is_signed, vector::Source source);
  bool EmitVectorMultiplyHigh(const DecodedInsn& insn, bool is_signed, vector::Source source);
  bool EmitVectorNarrow(const DecodedInsn& insn, bool arithmetic, vector::Source source);
  enum class Narrowing : uint8_t { kTruncate, kSigned, kUnsigned };
  void Narrow(uint32_t to, uint32_t id, uint32_t bytes, int from_width, Narrowing how);
  bool Extend(uint32_t id, uint32_t bytes, int from_width, int to_width, bool is_signed);

  // emit_vector_float.cc
  bool EmitVectorFloat(const DecodedInsn& insn);
  bool EmitVectorFloatMap(const DecodedInsn& insn, vector::Source source, InstId id, int kind);
  void EmitFloatChunk(const DecodedInsn& insn, vector::Source source, InstId id, int kind,
                      Chunk chunk, const Vec& result, Cold cold);
  void JumpIfUnordered(const Vec& one, const Vec& other, const Vec& scratch, Cold cold);
  void LoadFloats(uint32_t id, uint32_t reg, Chunk chunk);
  [[nodiscard]] Mem WaitingResult(Chunk chunk) const {
    return ContextField(offsetof(Context, results) + chunk.offset, chunk.bytes);
  }

  // emit_vector_mask.cc
  bool EmitVectorMask(const DecodedInsn& insn);
  bool EmitVectorCompare(const DecodedInsn& insn, const Shape& shape, vector::Source source,
                         bool is_signed, uint32_t predicate, bool is_float, bool swapped);
  bool CompareIntegers(uint32_t predicate, bool is_signed, int width, uint32_t bytes,
                       const Vec& second);
  void HighestBits(int width, uint32_t bytes);
  bool EmitMaskLogical(const DecodedInsn& insn);
  bool EmitMaskToX(const DecodedInsn& insn);
  void LoadMaskBits(const Gp& to, uint32_t reg, uint32_t bytes);
  bool EmitMerge(const DecodedInsn& insn, const Shape& shape, vector::Source source);
  void StoreMaskBits(uint32_t vd, uint32_t first_element, uint32_t elements);

  // emit_vector_move.cc
  bool EmitVectorMove(const DecodedInsn& insn);
  void CopyBytes(uint32_t to_reg, uint32_t to_offset, uint32_t from_reg, uint32_t from_offset,
                 uint32_t bytes);

  // emit_vector_memory.cc
  bool EmitVectorMemory(const DecodedInsn& insn);
  void EmitMove(uint32_t vector_register, const Mem& first, uint32_t bytes, bool store);
  bool EmitUnitStride(const DecodedInsn& insn, int width, bool store);
  bool EmitStridedLoad(const DecodedInsn& insn, int width);
  bool EmitWholeRegisters(const DecodedInsn& insn, uint32_t registers, bool store);
  // The first byte of [x[base], + bytes), all in the first memory; leaves the block at `cold`
  // otherwise. Clobbers ecx and edx.
  Mem CheckRange(uint32_t base_reg, uint32_t bytes, uint32_t alignment, bool store, Cold cold);

  [[nodiscard]] Gp X(uint32_t host) const { return asmjit::x86::gpd(host); }
  [[nodiscard]] Mem HartField(size_t offset, uint32_t size) const {
    return asmjit::x86::ptr(asmjit::x86::rbp, At(offset), size);
  }
  [[nodiscard]] Mem ContextField(size_t offset, uint32_t size) const {
    return asmjit::x86::ptr_rel(reinterpret_cast<uint64_t>(target_.context) + offset, size);
  }

  asmjit::x86::Assembler& a_;
  const Target& target_;
  ExitTable& exits_;
  RegisterCache x_;
  RegisterCache f_;
  Block* block_ = nullptr;
  uint64_t called_ = 0;
  uint32_t index_ = 0;  // of the instruction being emitted
  // Accesses of the instructions emitted so far that no code has counted yet.
  AccessCount uncounted_;
  std::optional<VectorType> type_;  // in effect here, if known
  bool type_dirty_ = false;         // memory does not have it
  bool ended_ = false;              // BailOut: nothing behind is reached
  bool depends_on_type_ = false;
  bool depends_on_vxrm_ = false;
  std::optional<uint8_t> vxrm_;  // in effect here, if known
  Exit* guard_exit_ = nullptr;
  std::vector<Exit> colds_;
  std::vector<Site> sites_;     // jumps to them
  std::vector<size_t> guards_;  // displacements of jumps to the guard's exit
  size_t budget_site_ = 0;      // of the jump to the budget's
};

}  // namespace sim::translate

#endif  // SIM_TRANSLATE_BLOCK_EMITTER_H_
