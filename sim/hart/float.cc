// SPDX-License-Identifier: Apache-2.0

// The F extension. Arithmetic on bit patterns is sim/fp; here are operands, rounding mode, flags.
// No NaN boxing: FLEN is 32.
#include <cstring>

#include "sim/fp/f32.h"
#include "sim/hart/handlers.h"

namespace sim {
namespace {

// Resolves the rounding mode and runs `body(context)`; modes 5 and 6, and a dynamic mode that frm
// makes 5..7, are illegal (unprivileged specification, "Floating-Point Control and Status").
template <typename Body>
bool WithRounding(Hart& hart, const DecodedInsn& insn, Body body) {
  uint8_t mode = insn.word >> 12 & 7;
  if (mode == kRmDynamic) mode = hart.frm;
  if (!hart.FpEnabled() || mode > kRoundNearestMaxMagnitude) return hart.RaiseIllegal(insn);
  FpContext context{.rounding_mode = mode, .flags = 0};
  body(context);
  hart.fflags |= context.flags;
  hart.MarkFpDirty();
  return true;
}

// For instructions whose funct3 is part of the opcode.
template <typename Body>
bool WithoutRounding(Hart& hart, const DecodedInsn& insn, Body body) {
  if (!hart.FpEnabled()) return hart.RaiseIllegal(insn);
  FpContext context{};
  body(context);
  hart.fflags |= context.flags;
  hart.MarkFpDirty();
  return true;
}

template <auto kOperation>
bool Binary(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = kOperation(hart.f[insn.rs1], hart.f[insn.rs2], context);
  });
}

template <auto kOperation>
bool BinaryNoRounding(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = kOperation(hart.f[insn.rs1], hart.f[insn.rs2], context);
  });
}

template <auto kOperation>
bool SignInject(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn, [&](FpContext&) {
    hart.f[insn.rd] = kOperation(hart.f[insn.rs1], hart.f[insn.rs2]);
  });
}

// a * b + c after flipping the signs of the product and of the addend.
template <uint32_t kProductSign, uint32_t kAddendSign>
bool Fused(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = F32MulAdd(hart.f[insn.rs1] ^ kProductSign, hart.f[insn.rs2],
                                hart.f[insn.rs3] ^ kAddendSign, context);
  });
}

template <auto kOperation>
bool Compare(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn, [&](FpContext& context) {
    hart.SetX(insn.rd, kOperation(hart.f[insn.rs1], hart.f[insn.rs2], context) ? 1 : 0);
  });
}

template <auto kOperation>
bool ToInt(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.SetX(insn.rd, static_cast<uint32_t>(kOperation(hart.f[insn.rs1], context)));
  });
}

bool SquareRoot(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = F32Sqrt(hart.f[insn.rs1], context);
  });
}

bool FromSigned(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = I32ToF32(static_cast<int32_t>(hart.x[insn.rs1]), context);
  });
}

bool FromUnsigned(Hart& hart, const DecodedInsn& insn) {
  return WithRounding(hart, insn, [&](FpContext& context) {
    hart.f[insn.rd] = U32ToF32(hart.x[insn.rs1], context);
  });
}

bool MoveToInt(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn, [&](FpContext&) { hart.SetX(insn.rd, hart.f[insn.rs1]); });
}

bool MoveFromInt(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn, [&](FpContext&) { hart.f[insn.rd] = hart.x[insn.rs1]; });
}

bool Classify(Hart& hart, const DecodedInsn& insn) {
  return WithoutRounding(hart, insn,
                         [&](FpContext&) { hart.SetX(insn.rd, F32Classify(hart.f[insn.rs1])); });
}

bool LoadFloat(Hart& hart, const DecodedInsn& insn) {
  if (!hart.FpEnabled()) return hart.RaiseIllegal(insn);
  const uint32_t addr = hart.x[insn.rs1] + static_cast<uint32_t>(insn.imm);
  if (addr % 4 == 0 || hart.bus->MayMisalign()) [[likely]] {
    if (const uint8_t* bytes = hart.bus->ReadableRam(addr, 4, 1)) [[likely]] {
      std::memcpy(&hart.f[insn.rd], bytes, 4);
      hart.MarkFpDirty();
      return true;
    }
  }
  hart.retired_at_access = hart.RetiredBefore(insn);
  uint32_t value = 0;
  if (!hart.bus->Load(addr, 4, &value, &hart.trap)) return false;  // f[rd] stays as it was
  hart.f[insn.rd] = value;
  hart.MarkFpDirty();
  return hart.AfterDeviceAccess();
}

bool StoreFloat(Hart& hart, const DecodedInsn& insn) {
  if (!hart.FpEnabled()) return hart.RaiseIllegal(insn);
  const uint32_t addr = hart.x[insn.rs1] + static_cast<uint32_t>(insn.imm);
  if (addr % 4 == 0 || hart.bus->MayMisalign()) [[likely]] {
    if (uint8_t* bytes = hart.bus->WritableRam(addr, 4, 1)) [[likely]] {
      std::memcpy(bytes, &hart.f[insn.rs2], 4);
      return true;
    }
  }
  hart.retired_at_access = hart.RetiredBefore(insn);
  return hart.bus->Store(addr, 4, hart.f[insn.rs2], &hart.trap) && hart.AfterDeviceAccess();
}

constexpr Handler kFlw = LoadFloat;
constexpr Handler kFsw = StoreFloat;
constexpr Handler kFmaddS = Fused<0, 0>;
constexpr Handler kFmsubS = Fused<0, kF32SignBit>;
constexpr Handler kFnmsubS = Fused<kF32SignBit, 0>;
constexpr Handler kFnmaddS = Fused<kF32SignBit, kF32SignBit>;
constexpr Handler kFaddS = Binary<F32Add>;
constexpr Handler kFsubS = Binary<F32Sub>;
constexpr Handler kFmulS = Binary<F32Mul>;
constexpr Handler kFdivS = Binary<F32Div>;
constexpr Handler kFsqrtS = SquareRoot;
constexpr Handler kFsgnjS = SignInject<F32SignInject>;
constexpr Handler kFsgnjnS = SignInject<F32SignInjectNot>;
constexpr Handler kFsgnjxS = SignInject<F32SignInjectXor>;
constexpr Handler kFminS = BinaryNoRounding<F32Min>;
constexpr Handler kFmaxS = BinaryNoRounding<F32Max>;
constexpr Handler kFcvtWS = ToInt<F32ToI32>;
constexpr Handler kFcvtWuS = ToInt<F32ToU32>;
constexpr Handler kFmvXW = MoveToInt;
constexpr Handler kFeqS = Compare<F32Equal>;
constexpr Handler kFltS = Compare<F32Less>;
constexpr Handler kFleS = Compare<F32LessEqual>;
constexpr Handler kFclassS = Classify;
constexpr Handler kFcvtSW = FromSigned;
constexpr Handler kFcvtSWu = FromUnsigned;
constexpr Handler kFmvWX = MoveFromInt;

}  // namespace

const HandlerTable<Extension::kF> kFloatHandlers = {
#define INSN(id, mnemonic, pattern, extension, insn_class) k##id,
#include "sim/isa/rv32f.def"
#undef INSN
};

}  // namespace sim
