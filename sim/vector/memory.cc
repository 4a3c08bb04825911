// SPDX-License-Identifier: Apache-2.0

// V specification, section 7: loads and stores. The fast way takes a whole unmasked unit-stride
// access that lies in one memory, after one bounds check; the slow way goes element by element,
// with the bus's policy, and stops at the element that traps (section 17).
#include <cstring>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

// One access, its groups placed. Field f of element i stands in register vd + f * registers.
struct Access {
  uint32_t fields;
  uint32_t registers;  // of one field
  int emul_shift;
};

// The data groups of a load or store: alignment, EMUL and field limits (sections 7.3, 7.8).
bool PlaceData(const VectorState& v, const DecodedInsn& insn, int width, Access* access) {
  const int emul_shift = v.lmul_shift + width - v.sew_shift;
  if (emul_shift < kMinLmulShift || emul_shift > kMaxLmulShift) return false;
  const uint32_t registers = GroupRegisters(emul_shift);
  const uint32_t fields = insn.nf + 1u;
  *access = {fields, registers, emul_shift};
  return insn.rd % registers == 0 && fields * registers <= 8 && insn.rd + fields * registers <= 32;
}

bool IsEnabled(const Hart& hart) { return hart.VectorEnabled() && !hart.v.vill; }

// A masked load may not overwrite its mask.
bool SparesMask(const DecodedInsn& insn) { return insn.vm || insn.rd != 0; }

template <typename T>
bool LoadElement(Hart& hart, GuestAddr addr, uint8_t* element) {
  if (addr % sizeof(T) == 0) {
    if (const uint8_t* bytes = hart.bus->ReadableRam(addr, sizeof(T), 1)) {
      std::memcpy(element, bytes, sizeof(T));
      return true;
    }
  }
  uint32_t value = 0;
  if (!hart.bus->Load(addr, sizeof(T), &value, &hart.trap)) return false;
  std::memcpy(element, &value, sizeof(T));
  return true;
}

template <typename T>
bool StoreElement(Hart& hart, GuestAddr addr, const uint8_t* element) {
  if (addr % sizeof(T) == 0) {
    if (uint8_t* bytes = hart.bus->WritableRam(addr, sizeof(T), 1)) {
      std::memcpy(bytes, element, sizeof(T));
      return true;
    }
  }
  uint32_t value = 0;
  std::memcpy(&value, element, sizeof(T));
  return hart.bus->Store(addr, sizeof(T), value, &hart.trap);
}

struct Load {
  static constexpr bool kWritesVd = true;
  template <typename T>
  static bool Element(Hart& hart, GuestAddr addr, uint8_t* element) {
    return LoadElement<T>(hart, addr, element);
  }
  // The whole range at once; false: take it element by element.
  static bool Range(Hart& hart, GuestAddr addr, uint8_t* bytes, uint32_t size, uint32_t elements) {
    const uint8_t* source = hart.bus->ReadableRam(addr, size, elements);
    if (source == nullptr) return false;
    std::memcpy(bytes, source, size);
    return true;
  }
};

struct Store {
  static constexpr bool kWritesVd = false;
  template <typename T>
  static bool Element(Hart& hart, GuestAddr addr, uint8_t* element) {
    return StoreElement<T>(hart, addr, element);
  }
  static bool Range(Hart& hart, GuestAddr addr, uint8_t* bytes, uint32_t size, uint32_t elements) {
    uint8_t* destination = hart.bus->WritableRam(addr, size, elements);
    if (destination == nullptr) return false;
    std::memcpy(destination, bytes, size);
    return true;
  }
};

// Elements [vstart, length) in order, fields innermost; address(i) is that of field 0. False: a
// trap is recorded and vstart names its element.
template <typename Direction, typename T, typename Address>
bool EachElement(Hart& hart, const DecodedInsn& insn, const Access& access, uint32_t length,
                 const Address& address) {
  VectorState& v = hart.v;
  hart.retired_at_access = hart.RetiredBefore(insn);
  for (uint32_t i = v.vstart; i < length; ++i) {
    if (!insn.vm && !MaskBit(v.reg, i)) continue;
    GuestAddr addr = address(i);
    for (uint32_t field = 0; field < access.fields; ++field) {
      uint8_t* element = v.Reg(insn.rd + field * access.registers) + i * sizeof(T);
      if (!Direction::template Element<T>(hart, addr, element)) {
        v.vstart = i;
        hart.MarkVectorDirty();
        return false;
      }
      addr += sizeof(T);
    }
  }
  return true;
}

template <typename Direction, typename T>
bool UnitStrideRange(Hart& hart, const DecodedInsn& insn, const Access& access, GuestAddr base) {
  VectorState& v = hart.v;
  if (!insn.vm || access.fields != 1) return false;
  if (v.vstart >= v.vl) return true;
  const GuestAddr addr = base + v.vstart * static_cast<uint32_t>(sizeof(T));
  if (addr % sizeof(T) != 0 && !hart.bus->MayMisalign()) return false;
  const uint32_t elements = v.vl - v.vstart;
  return Direction::Range(hart, addr, v.Reg(insn.rd) + v.vstart * sizeof(T),
                          elements * static_cast<uint32_t>(sizeof(T)), elements);
}

constexpr int WidthOf(size_t bytes) { return bytes == 1 ? 0 : bytes == 2 ? 1 : 2; }

template <typename Direction, typename T>
bool IsAccessLegal(const Hart& hart, const DecodedInsn& insn, Access* access) {
  return IsEnabled(hart) && PlaceData(hart.v, insn, WidthOf(sizeof(T)), access) &&
         (!Direction::kWritesVd || SparesMask(insn));
}

template <typename Direction, typename T>
bool UnitStride(Hart& hart, const DecodedInsn& insn) {
  Access access;
  if (!IsAccessLegal<Direction, T>(hart, insn, &access)) return hart.RaiseIllegal(insn);
  const GuestAddr base = hart.x[insn.rs1];
  if (UnitStrideRange<Direction, T>(hart, insn, access, base)) return Retire(hart);
  const uint32_t step = access.fields * static_cast<uint32_t>(sizeof(T));
  const bool done = EachElement<Direction, T>(hart, insn, access, hart.v.vl,
                                              [&](uint32_t i) { return base + i * step; });
  return done && Retire(hart);
}

// Section 7.7: a trap at an element after the first only shortens vl.
template <typename T>
bool FaultOnlyFirst(Hart& hart, const DecodedInsn& insn) {
  if (UnitStride<Load, T>(hart, insn)) return true;
  if (hart.trap.cause == Cause::kIllegalInstruction || hart.v.vstart == 0) return false;
  hart.v.vl = hart.v.vstart;
  return Retire(hart);
}

template <typename Direction, typename T>
bool Strided(Hart& hart, const DecodedInsn& insn) {
  Access access;
  if (!IsAccessLegal<Direction, T>(hart, insn, &access)) return hart.RaiseIllegal(insn);
  const GuestAddr base = hart.x[insn.rs1];
  const uint32_t stride = hart.x[insn.rs2];
  const bool done = EachElement<Direction, T>(hart, insn, access, hart.v.vl,
                                              [&](uint32_t i) { return base + i * stride; });
  return done && Retire(hart);
}

// The data group of an indexed load may not overlap the index group unless section 5.2 allows it;
// of an indexed segment load, never (section 7.8.3).
bool SparesIndex(const VectorState& v, const DecodedInsn& insn, const Access& access,
                 const PlacedOperand& index) {
  if (access.fields > 1) {
    return !Overlap(insn.rd, access.fields * access.registers, index.reg, index.count);
  }
  return MayShare({insn.rd, access.registers, access.emul_shift, v.sew_shift}, index);
}

// Data EEW is SEW, the encoding's EEW is that of the unsigned byte offsets in vs2.
template <typename Direction, typename Index>
bool Indexed(Hart& hart, const DecodedInsn& insn) {
  VectorState& v = hart.v;
  Access access;
  if (!IsEnabled(hart) || !PlaceData(v, insn, v.sew_shift, &access)) {
    return hart.RaiseIllegal(insn);
  }
  const int index_emul = v.lmul_shift + WidthOf(sizeof(Index)) - v.sew_shift;
  const PlacedOperand index{insn.rs2, GroupRegisters(index_emul), index_emul,
                            WidthOf(sizeof(Index))};
  const bool legal =
      IsPlaceLegal(kGroup, index) &&
      (!Direction::kWritesVd || (SparesMask(insn) && SparesIndex(v, insn, access, index)));
  if (!legal) return hart.RaiseIllegal(insn);
  const GuestAddr base = hart.x[insn.rs1];
  const Index* offsets = Elements<Index>(v, insn.rs2);
  const bool done = WithSew(v, [&]<int kWidth>() {
    return EachElement<Direction, UnsignedOf<kWidth>>(
        hart, insn, access, v.vl, [&](uint32_t i) { return base + offsets[i]; });
  });
  return done && Retire(hart);
}

// `length` bytes of consecutive registers from vstart on, without mask. vstart counts units of
// `unit` bytes; memory is reached, and counted, byte by byte (platform facts, section 4.5).
template <typename Direction>
bool Bytes(Hart& hart, const DecodedInsn& insn, uint32_t length, uint32_t unit) {
  VectorState& v = hart.v;
  const GuestAddr base = hart.x[insn.rs1];
  const uint32_t begin = v.vstart * unit;
  uint8_t* bytes = v.Reg(insn.rd);
  if (begin >= length ||
      Direction::Range(hart, base + begin, bytes + begin, length - begin, length - begin)) {
    return Retire(hart);
  }
  hart.retired_at_access = hart.RetiredBefore(insn);
  for (uint32_t i = begin; i < length; ++i) {
    if (!Direction::template Element<uint8_t>(hart, base + i, bytes + i)) {
      v.vstart = i / unit;
      hart.MarkVectorDirty();
      return false;
    }
  }
  return Retire(hart);
}

// vlm and vsm: ceil(vl / 8) bytes, whatever SEW and LMUL are.
template <typename Direction>
bool MaskBytes(Hart& hart, const DecodedInsn& insn) {
  if (!IsEnabled(hart)) return hart.RaiseIllegal(insn);
  return Bytes<Direction>(hart, insn, (hart.v.vl + 7) / 8, 1);
}

// Independent of vtype and vl; the EEW of a load only gives vstart its unit.
template <typename Direction>
bool WholeRegisters(Hart& hart, const DecodedInsn& insn, uint32_t eew_bytes) {
  const uint32_t registers = insn.nf + 1u;
  if (!hart.VectorEnabled() || insn.rd % registers != 0) return hart.RaiseIllegal(insn);
  return Bytes<Direction>(hart, insn, registers * hart.v.vlen_bytes, eew_bytes);
}

}  // namespace

bool VlmV(Hart& h, const DecodedInsn& i) { return MaskBytes<Load>(h, i); }
bool VsmV(Hart& h, const DecodedInsn& i) { return MaskBytes<Store>(h, i); }
bool Vle8V(Hart& h, const DecodedInsn& i) { return UnitStride<Load, uint8_t>(h, i); }
bool Vle16V(Hart& h, const DecodedInsn& i) { return UnitStride<Load, uint16_t>(h, i); }
bool Vle32V(Hart& h, const DecodedInsn& i) { return UnitStride<Load, uint32_t>(h, i); }
bool Vse8V(Hart& h, const DecodedInsn& i) { return UnitStride<Store, uint8_t>(h, i); }
bool Vse16V(Hart& h, const DecodedInsn& i) { return UnitStride<Store, uint16_t>(h, i); }
bool Vse32V(Hart& h, const DecodedInsn& i) { return UnitStride<Store, uint32_t>(h, i); }
bool Vle8ffV(Hart& h, const DecodedInsn& i) { return FaultOnlyFirst<uint8_t>(h, i); }
bool Vle16ffV(Hart& h, const DecodedInsn& i) { return FaultOnlyFirst<uint16_t>(h, i); }
bool Vle32ffV(Hart& h, const DecodedInsn& i) { return FaultOnlyFirst<uint32_t>(h, i); }

bool Vlse8V(Hart& h, const DecodedInsn& i) { return Strided<Load, uint8_t>(h, i); }
bool Vlse16V(Hart& h, const DecodedInsn& i) { return Strided<Load, uint16_t>(h, i); }
bool Vlse32V(Hart& h, const DecodedInsn& i) { return Strided<Load, uint32_t>(h, i); }
bool Vsse8V(Hart& h, const DecodedInsn& i) { return Strided<Store, uint8_t>(h, i); }
bool Vsse16V(Hart& h, const DecodedInsn& i) { return Strided<Store, uint16_t>(h, i); }
bool Vsse32V(Hart& h, const DecodedInsn& i) { return Strided<Store, uint32_t>(h, i); }

// Ordered and unordered forms are the same to a machine that does one element after the other.
bool Vluxei8V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint8_t>(h, i); }
bool Vluxei16V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint16_t>(h, i); }
bool Vluxei32V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint32_t>(h, i); }
bool Vloxei8V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint8_t>(h, i); }
bool Vloxei16V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint16_t>(h, i); }
bool Vloxei32V(Hart& h, const DecodedInsn& i) { return Indexed<Load, uint32_t>(h, i); }
bool Vsuxei8V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint8_t>(h, i); }
bool Vsuxei16V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint16_t>(h, i); }
bool Vsuxei32V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint32_t>(h, i); }
bool Vsoxei8V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint8_t>(h, i); }
bool Vsoxei16V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint16_t>(h, i); }
bool Vsoxei32V(Hart& h, const DecodedInsn& i) { return Indexed<Store, uint32_t>(h, i); }

bool Vl1re8V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 1); }
bool Vl1re16V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 2); }
bool Vl1re32V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 4); }
bool Vl2re8V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 1); }
bool Vl2re16V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 2); }
bool Vl2re32V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 4); }
bool Vl4re8V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 1); }
bool Vl4re16V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 2); }
bool Vl4re32V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 4); }
bool Vl8re8V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 1); }
bool Vl8re16V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 2); }
bool Vl8re32V(Hart& h, const DecodedInsn& i) { return WholeRegisters<Load>(h, i, 4); }
bool Vs1rV(Hart& h, const DecodedInsn& i) { return WholeRegisters<Store>(h, i, 1); }
bool Vs2rV(Hart& h, const DecodedInsn& i) { return WholeRegisters<Store>(h, i, 1); }
bool Vs4rV(Hart& h, const DecodedInsn& i) { return WholeRegisters<Store>(h, i, 1); }
bool Vs8rV(Hart& h, const DecodedInsn& i) { return WholeRegisters<Store>(h, i, 1); }

}  // namespace sim::vector
