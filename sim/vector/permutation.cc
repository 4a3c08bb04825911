// SPDX-License-Identifier: Apache-2.0

// V specification, section 16: moves between element 0 and scalar registers, slides, gathers,
// compress, whole-register moves.
#include <algorithm>
#include <cstring>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"
#include "sim/vector/vector.h"

namespace sim::vector {
namespace {

// permute(vd, vs2) with both as elements of SEW bits, once the instruction is known to be legal.
template <Shape kShape, typename Permute>
bool WithElements(Hart& hart, const DecodedInsn& insn, Permute permute) {
  if (!IsLegal<kShape>(hart, insn)) return hart.RaiseIllegal(insn);
  WithSew(hart.v, [&]<int kWidth>() {
    using T = UnsignedOf<kWidth>;
    permute(Elements<T>(hart.v, insn.rd), Elements<T>(hart.v, insn.rs2));
  });
  return Retire(hart);
}

// vd[i] = vs2[i - offset]; elements below the offset keep their value.
bool SlideUp(Hart& hart, const DecodedInsn& insn, uint32_t offset) {
  const VectorState& v = hart.v;
  return WithElements<kShapeSlideUp>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    const uint32_t begin = std::max(v.vstart, offset);
    if (insn.vm && begin < v.vl) {
      std::memcpy(vd + begin, vs2 + (begin - offset), (v.vl - begin) * sizeof(T));
      return;
    }
    ForEachActive(v, insn, [&](uint32_t i) {
      if (i >= offset) vd[i] = vs2[i - offset];
    });
  });
}

// vd[i] = vs2[i + offset], 0 from VLMAX on. Reading ahead of the write makes vd = vs2 safe.
bool SlideDown(Hart& hart, const DecodedInsn& insn, uint32_t offset) {
  return WithElements<kShapeVx>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    const uint32_t vlmax = Vlmax(hart.v);
    ForEachActive(hart.v, insn,
                  [&](uint32_t i) { vd[i] = offset < vlmax - i ? vs2[i + offset] : T{0}; });
  });
}

template <Shape kShape>
bool SlideOneUp(Hart& hart, const DecodedInsn& insn, uint32_t scalar) {
  return WithElements<kShape>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    ForEachActive(hart.v, insn,
                  [&](uint32_t i) { vd[i] = i == 0 ? static_cast<T>(scalar) : vs2[i - 1]; });
  });
}

template <Shape kShape>
bool SlideOneDown(Hart& hart, const DecodedInsn& insn, uint32_t scalar) {
  return WithElements<kShape>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    const uint32_t vl = hart.v.vl;
    ForEachActive(hart.v, insn,
                  [&](uint32_t i) { vd[i] = i + 1 == vl ? static_cast<T>(scalar) : vs2[i + 1]; });
  });
}

// vd[i] = vs2[index(i)], 0 if the index reaches VLMAX. vd is apart from vs2 and vs1.
template <Shape kShape, typename IndexAt>
bool Gather(Hart& hart, const DecodedInsn& insn, IndexAt index_at) {
  return WithElements<kShape>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    const uint32_t vlmax = Vlmax(hart.v);
    ForEachActive(hart.v, insn, [&](uint32_t i) {
      const uint32_t index = index_at(T{}, i);
      vd[i] = index < vlmax ? vs2[index] : T{0};
    });
  });
}

// An element move writes only if the body is not empty.
bool WriteElement0(Hart& hart, const DecodedInsn& insn, uint32_t value) {
  VectorState& v = hart.v;
  if (v.vstart < v.vl) std::memcpy(v.Reg(insn.rd), &value, size_t{1} << v.sew_shift);
  return Retire(hart);
}

// Section 16.6: as if of EMUL = n, EEW = SEW, and vl = n * VLEN / SEW.
bool MoveRegisters(Hart& hart, const DecodedInsn& insn, uint32_t registers) {
  VectorState& v = hart.v;
  const bool legal =
      hart.VectorEnabled() && !v.vill && insn.rd % registers == 0 && insn.rs2 % registers == 0;
  if (!legal) return hart.RaiseIllegal(insn);
  const uint32_t length = registers * v.vlen_bytes;
  const uint32_t begin = v.vstart << v.sew_shift;
  if (begin < length) {
    std::memmove(v.Reg(insn.rd) + begin, v.Reg(insn.rs2) + begin, length - begin);
  }
  return Retire(hart);
}

constexpr Shape kFloatSlideUp = Float(kShapeSlideUp);
constexpr Shape kFloatSlideDown = Float(kShapeVx);

}  // namespace

bool VmvXS(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeElementToX>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  WithSew(v, [&]<int kWidth>() {
    hart.SetX(insn.rd, Bits(*Elements<ElementOf<kWidth, true>>(v, insn.rs2)));
  });
  return Retire(hart);
}

bool VmvSX(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<kShapeXToElement>(hart, insn)) return hart.RaiseIllegal(insn);
  return WriteElement0(hart, insn, hart.x[insn.rs1]);
}

bool VfmvFS(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<Float(kShapeElementToX)>(hart, insn)) return hart.RaiseIllegal(insn);
  hart.f[insn.rd] = *Elements<uint32_t>(hart.v, insn.rs2);
  hart.MarkFpDirty();
  return Retire(hart);
}

bool VfmvSF(Hart& hart, const DecodedInsn& insn) {
  if (!IsLegal<Float(kShapeXToElement)>(hart, insn)) return hart.RaiseIllegal(insn);
  return WriteElement0(hart, insn, hart.f[insn.rs1]);
}

bool VslideupVx(Hart& h, const DecodedInsn& i) { return SlideUp(h, i, h.x[i.rs1]); }
bool VslideupVi(Hart& h, const DecodedInsn& i) {
  return SlideUp(h, i, static_cast<uint32_t>(i.imm));
}
bool VslidedownVx(Hart& h, const DecodedInsn& i) { return SlideDown(h, i, h.x[i.rs1]); }
bool VslidedownVi(Hart& h, const DecodedInsn& i) {
  return SlideDown(h, i, static_cast<uint32_t>(i.imm));
}
bool Vslide1upVx(Hart& h, const DecodedInsn& i) {
  return SlideOneUp<kShapeSlideUp>(h, i, h.x[i.rs1]);
}
bool Vslide1downVx(Hart& h, const DecodedInsn& i) {
  return SlideOneDown<kShapeVx>(h, i, h.x[i.rs1]);
}
bool Vfslide1upVf(Hart& h, const DecodedInsn& i) {
  return SlideOneUp<kFloatSlideUp>(h, i, h.f[i.rs1]);
}
bool Vfslide1downVf(Hart& h, const DecodedInsn& i) {
  return SlideOneDown<kFloatSlideDown>(h, i, h.f[i.rs1]);
}

bool VrgatherVv(Hart& h, const DecodedInsn& i) {
  return Gather<kShapeGatherVv>(
      h, i, [&]<typename T>(T, uint32_t e) { return uint32_t{Elements<T>(h.v, i.rs1)[e]}; });
}
bool VrgatherVx(Hart& h, const DecodedInsn& i) {
  return Gather<kShapeSlideUp>(h, i, [&](auto, uint32_t) { return h.x[i.rs1]; });
}
bool VrgatherVi(Hart& h, const DecodedInsn& i) {
  return Gather<kShapeSlideUp>(h, i, [&](auto, uint32_t) { return static_cast<uint32_t>(i.imm); });
}
bool Vrgatherei16Vv(Hart& h, const DecodedInsn& i) {
  return Gather<kShapeGatherEi16>(
      h, i, [&](auto, uint32_t e) { return uint32_t{Elements<uint16_t>(h.v, i.rs1)[e]}; });
}

// Section 16.5: the elements of vs2 selected by the mask vs1, packed from element 0 on.
bool VcompressVm(Hart& hart, const DecodedInsn& insn) {
  const VectorState& v = hart.v;
  return WithElements<kShapeCompress>(hart, insn, [&]<typename T>(T* vd, const T* vs2) {
    const uint8_t* selected = v.Reg(insn.rs1);
    uint32_t packed = 0;
    for (uint32_t i = 0; i < v.vl; ++i) {
      if (MaskBit(selected, i)) vd[packed++] = vs2[i];
    }
  });
}

bool Vmv1rV(Hart& h, const DecodedInsn& i) { return MoveRegisters(h, i, 1); }
bool Vmv2rV(Hart& h, const DecodedInsn& i) { return MoveRegisters(h, i, 2); }
bool Vmv4rV(Hart& h, const DecodedInsn& i) { return MoveRegisters(h, i, 4); }
bool Vmv8rV(Hart& h, const DecodedInsn& i) { return MoveRegisters(h, i, 8); }

}  // namespace sim::vector
