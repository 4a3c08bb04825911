// SPDX-License-Identifier: Apache-2.0

// Reaching the elements of register groups, and the loops that most instructions share:
// MapElements (vd[i] = op), MapInOrder (the same for operations that keep a note, as vxsat),
// MapWithMaskBit (op also sees v0[i]) and MapToMask (vd.mask[i] = op). Each checks legality, then
// runs over the body [vstart, vl), leaves inactive and tail elements alone, and retires.
// An operation is a small callable on typed elements; what does not fit the type wraps.
#ifndef SIM_VECTOR_ELEMENTS_H_
#define SIM_VECTOR_ELEMENTS_H_

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "sim/fp/wide_loop.h"
#include "sim/hart/hart.h"
#include "sim/isa/insn.h"
#include "sim/vector/legality.h"

namespace sim::vector {

inline constexpr uint32_t kMaxVlmax = kMaxVlenBytes * 8;  // e8, m8
inline constexpr uint32_t kMaxGroupBytes = kMaxVlenBytes * 8;

// The unsigned element type whose size is 1 << width.
template <int kWidth>
using UnsignedOf =
    std::conditional_t<kWidth == 0, uint8_t, std::conditional_t<kWidth == 1, uint16_t, uint32_t>>;
template <int kWidth, bool kSigned>
using ElementOf =
    std::conditional_t<kSigned, std::make_signed_t<UnsignedOf<kWidth>>, UnsignedOf<kWidth>>;

// Element values modulo 2^32: signed types are sign-extended, and arithmetic on the result wraps.
template <typename T>
constexpr uint32_t Bits(T value) {
  return static_cast<uint32_t>(value);
}

template <typename T>
[[nodiscard]] T* Elements(VectorState& v, uint32_t reg) {
  return reinterpret_cast<T*>(v.Reg(reg));
}

[[nodiscard]] inline bool MaskBit(const uint8_t* mask, uint32_t i) {
  return (mask[i / 8] >> i % 8 & 1) != 0;
}

inline void SetMaskBit(uint8_t* mask, uint32_t i, bool value) {
  mask[i / 8] = static_cast<uint8_t>((mask[i / 8] & ~(1u << i % 8)) | (value ? 1u : 0u) << i % 8);
}

// The active elements of the body, in order.
template <typename Visit>
void ForEachActive(const VectorState& v, const DecodedInsn& insn, const Visit& visit) {
  if (insn.vm) {
    for (uint32_t i = v.vstart; i < v.vl; ++i) visit(i);
    return;
  }
  const uint8_t* mask = v.reg;
  for (uint32_t i = v.vstart; i < v.vl; ++i) {
    if (MaskBit(mask, i)) visit(i);
  }
}

// Calls f.operator()<width>() with width = log2(SEW / 8).
template <typename F>
decltype(auto) WithSew(const VectorState& v, const F& f) {
  switch (v.sew_shift) {
    case 0:
      return f.template operator()<0>();
    case 1:
      return f.template operator()<1>();
    default:
      return f.template operator()<2>();
  }
}

// Every vector instruction that ends well ends so.
inline bool Retire(Hart& hart) {
  hart.v.vstart = 0;
  hart.MarkVectorDirty();
  return true;
}

// Where the second operand comes from.
enum class Source : uint8_t { kV, kX, kF, kI, kNone };

// The shape exists at SEW = 8 << sew_width.
constexpr bool HasSew(const Shape& shape, int sew_width) {
  const auto fits = [sew_width](const Operand& operand) {
    const int width = sew_width + operand.widening;
    return width >= 0 && width <= kMaxSewShift;
  };
  return (shape.sews >> sew_width & 1) != 0 && fits(shape.vd) && fits(shape.vs2) && fits(shape.vs1);
}

// How one instruction reads its operands.
struct Form {
  Shape shape;
  Source source;
  bool vd_signed = false;
  bool vs2_signed = false;
  bool vs1_signed = false;
};

consteval Form SignedForm(Form form) {
  form.vd_signed = form.vs2_signed = form.vs1_signed = true;
  return form;
}

inline constexpr Form kVv{kShapeVv, Source::kV};
inline constexpr Form kVx{kShapeVx, Source::kX};
inline constexpr Form kVi{kShapeVx, Source::kI};
inline constexpr Form kSignedVv = SignedForm(kVv);
inline constexpr Form kSignedVx = SignedForm(kVx);
inline constexpr Form kSignedVi = SignedForm(kVi);

[[nodiscard]] inline uint32_t ScalarOperand(const Hart& hart, const DecodedInsn& insn,
                                            Source source) {
  if (source == Source::kX) return hart.x[insn.rs1];
  if (source == Source::kF) return hart.f[insn.rs1];
  return static_cast<uint32_t>(insn.imm);
}

// A copy of the group if the destination will overwrite parts of it at another width, else itself.
class StableSource {
 public:
  StableSource(VectorState& v, uint32_t reg, int width, uint32_t vd, int vd_width,
               uint32_t elements)
      : bytes_(v.Reg(reg)) {
    if (width == vd_width) return;
    const uint32_t size = elements << width;
    const uint8_t* vd_bytes = v.Reg(vd);
    if (bytes_ + size <= vd_bytes || vd_bytes + (elements << vd_width) <= bytes_) return;
    std::memcpy(copy_, bytes_, size);
    bytes_ = copy_;
  }
  StableSource(const StableSource&) = delete;
  StableSource& operator=(const StableSource&) = delete;

  template <typename T>
  [[nodiscard]] const T* As() const {
    return reinterpret_cast<const T*>(bytes_);
  }

 private:
  const uint8_t* bytes_;
  alignas(64) uint8_t copy_[kMaxGroupBytes];  // deliberately not initialised
};

// Results are exact modulo the destination's width, so the cast wraps as the manual says.
template <typename Td, typename Tb, typename Ta, typename Op>
constexpr Td Apply(const Op& op, [[maybe_unused]] Td d, Tb b, [[maybe_unused]] Ta a) {
  if constexpr (std::is_invocable_v<Op, Td, Tb, Ta>) {
    return static_cast<Td>(op(d, b, a));
  } else if constexpr (std::is_invocable_v<Op, Tb, Ta>) {
    return static_cast<Td>(op(b, a));
  } else {
    return static_cast<Td>(op(b));
  }
}

// vd and vs2/vs1 are equal or apart, or a copy was taken: iterations are independent.
template <typename Td, typename Tb, typename Ta, typename Op>
void MapUnmasked(uint32_t begin, uint32_t end, Td* vd, const Tb* vs2, const Ta* vs1, Ta scalar,
                 Op op) {
  if (vs1 != nullptr) {
    RunWide([=] {
#pragma clang loop vectorize(assume_safety)
      for (uint32_t i = begin; i < end; ++i) vd[i] = Apply<Td, Tb, Ta>(op, vd[i], vs2[i], vs1[i]);
    });
  } else {
    RunWide([=] {
#pragma clang loop vectorize(assume_safety)
      for (uint32_t i = begin; i < end; ++i) vd[i] = Apply<Td, Tb, Ta>(op, vd[i], vs2[i], scalar);
    });
  }
}

enum class Iterations : uint8_t { kIndependent, kInOrder };

template <Form kForm, Iterations kIterations, int kSewWidth, typename Op>
void MapBody(Hart& hart, const DecodedInsn& insn, Op op) {
  constexpr int kVdWidth = kSewWidth + kForm.shape.vd.widening;
  constexpr int kVs2Width = kSewWidth + kForm.shape.vs2.widening;
  constexpr int kVs1Width = kSewWidth + kForm.shape.vs1.widening;
  // Shapes that are illegal at this SEW need no code.
  if constexpr (HasSew(kForm.shape, kSewWidth)) {
    using Td = ElementOf<kVdWidth, kForm.vd_signed>;
    using Tb = ElementOf<kVs2Width, kForm.vs2_signed>;
    using Ta = ElementOf<kVs1Width, kForm.vs1_signed>;
    VectorState& v = hart.v;
    Td* vd = Elements<Td>(v, insn.rd);
    const StableSource vs2_source(v, insn.rs2, kVs2Width, insn.rd, kVdWidth, v.vl);
    const Tb* vs2 = vs2_source.As<Tb>();
    const auto run = [&](const Ta* vs1, Ta scalar) {
      if constexpr (kIterations == Iterations::kIndependent) {
        if (insn.vm) return MapUnmasked<Td, Tb, Ta>(v.vstart, v.vl, vd, vs2, vs1, scalar, op);
      }
      ForEachActive(v, insn, [&](uint32_t i) {
        vd[i] = Apply<Td, Tb, Ta>(op, vd[i], vs2[i], vs1 != nullptr ? vs1[i] : scalar);
      });
    };
    if constexpr (kForm.source == Source::kV) {
      const StableSource vs1_source(v, insn.rs1, kVs1Width, insn.rd, kVdWidth, v.vl);
      run(vs1_source.As<Ta>(), Ta{});
    } else if constexpr (kForm.source == Source::kNone) {
      run(nullptr, Ta{});
    } else {
      run(nullptr, static_cast<Ta>(ScalarOperand(hart, insn, kForm.source)));
    }
  }
}

// vd[i] = op(vs2[i], vs1[i] or scalar), or op(vd[i], vs2[i], …), or op(vs2[i]).
template <Form kForm, typename Op>
bool MapElements(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  WithSew(hart.v,
          [&]<int kWidth>() { MapBody<kForm, Iterations::kIndependent, kWidth>(hart, insn, op); });
  return Retire(hart);
}

template <Form kForm, typename Op>
bool MapInOrder(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  WithSew(hart.v,
          [&]<int kWidth>() { MapBody<kForm, Iterations::kInOrder, kWidth>(hart, insn, op); });
  return Retire(hart);
}

// The bits of mask byte `byte` that belong to the body [vstart, vl).
[[nodiscard]] inline uint32_t BodyBits(const VectorState& v, uint32_t byte) {
  const uint32_t first = byte * 8;
  uint32_t bits = 0xFF;
  if (v.vstart > first) bits = v.vstart - first < 8 ? bits << (v.vstart - first) : 0;
  if (v.vl < first + 8) bits &= v.vl > first ? 0xFFu >> (first + 8 - v.vl) : 0;
  return bits & 0xFF;
}

// bytes[i] = v0.mask[i] for i < vl, rounded up to 8; room for kMaxVlmax.
void ExpandMask(const VectorState& v, uint8_t* bytes);

// Writes results[i] (0 or 1) as mask bits of the body's elements; of all of them, or only the
// active ones.
void WriteMaskBits(VectorState& v, uint32_t vd, const uint8_t* results, bool all_active);

// vd[i] = op(vs2[i], vs1[i] or scalar, v0.mask[i]) for all body elements: v0 is an operand here.
template <Form kForm, typename Op>
bool MapWithMaskBit(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  alignas(64) uint8_t mask_bytes[kMaxVlmax];
  ExpandMask(v, mask_bytes);
  const uint8_t* const mask = mask_bytes;
  WithSew(v, [&]<int kWidth>() {
    using T = ElementOf<kWidth, false>;
    T* vd = Elements<T>(v, insn.rd);
    const T* vs2 = Elements<T>(v, insn.rs2);
    const T* vs1 = Elements<T>(v, insn.rs1);
    const T scalar = static_cast<T>(ScalarOperand(hart, insn, kForm.source));
    const uint32_t begin = v.vstart;
    const uint32_t end = v.vl;
    RunWide([=] {
#pragma clang loop vectorize(assume_safety)
      for (uint32_t i = begin; i < end; ++i) {
        const T a = kForm.source == Source::kV ? vs1[i] : scalar;
        vd[i] = static_cast<T>(op(vs2[i], a, mask[i] != 0));
      }
    });
  });
  return Retire(hart);
}

// vd.mask[i] = op(vs2[i], vs1[i] or scalar).
template <Form kForm, typename Op>
bool MapToMask(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kForm.shape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  alignas(64) uint8_t results[kMaxVlmax];
  uint8_t* const out = results;
  WithSew(v, [&]<int kWidth>() {
    using T = ElementOf<kWidth, kForm.vs2_signed>;
    const T* vs2 = Elements<T>(v, insn.rs2);
    const uint32_t begin = v.vstart;
    const uint32_t end = v.vl;
    if constexpr (kForm.source == Source::kV) {
      const T* vs1 = Elements<T>(v, insn.rs1);
      RunWide([=] {
#pragma clang loop vectorize(assume_safety)
        for (uint32_t i = begin; i < end; ++i) out[i] = op(vs2[i], vs1[i]) ? 1 : 0;
      });
    } else {
      const T scalar = static_cast<T>(ScalarOperand(hart, insn, kForm.source));
      RunWide([=] {
#pragma clang loop vectorize(assume_safety)
        for (uint32_t i = begin; i < end; ++i) out[i] = op(vs2[i], scalar) ? 1 : 0;
      });
    }
  });
  WriteMaskBits(v, insn.rd, results, insn.vm);
  return Retire(hart);
}

}  // namespace sim::vector

#endif  // SIM_VECTOR_ELEMENTS_H_
