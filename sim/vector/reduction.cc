// SPDX-License-Identifier: Apache-2.0

// V specification, section 14: reductions. The result goes to element 0 of vd and starts from
// element 0 of vs1; with vl = 0 nothing is written. Floating-point sums are ordered, also the
// unordered ones, where the manual permits any order.
#include <type_traits>

#include "sim/fp/host_float.h"
#include "sim/vector/elements.h"
#include "sim/vector/float_operation.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr auto kSum = [](auto total, auto b) { return Bits(total) + Bits(b); };
constexpr auto kAnd = [](auto total, auto b) { return total & b; };
constexpr auto kOr = [](auto total, auto b) { return total | b; };
constexpr auto kXor = [](auto total, auto b) { return total ^ b; };
constexpr auto kMin = [](auto total, auto b) { return b < total ? b : total; };
constexpr auto kMax = [](auto total, auto b) { return total < b ? b : total; };

template <Shape kShape, bool kSigned, typename Op>
bool Reduce(Hart& hart, const DecodedInsn& insn, Op op) {
  if (!IsLegal<kShape>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  WithSew(v, [&]<int kWidth>() {
    if constexpr (HasSew(kShape, kWidth)) {
      using T = ElementOf<kWidth, kSigned>;
      using Total = ElementOf<kWidth + kShape.vd.widening, kSigned>;
      if (v.vl == 0) return;
      const T* vs2 = Elements<T>(v, insn.rs2);
      Total total = *Elements<Total>(v, insn.rs1);
      if (insn.vm) {
        const uint32_t end = v.vl;
        // The integer operations are associative: the compiler may take any order.
        RunWide([=, &total] {
          Total running = total;
          for (uint32_t i = 0; i < end; ++i)
            running = static_cast<Total>(op(running, Total{vs2[i]}));
          total = running;
        });
      } else {
        ForEachActive(v, insn,
                      [&](uint32_t i) { total = static_cast<Total>(op(total, Total{vs2[i]})); });
      }
      *Elements<Total>(v, insn.rd) = total;
    }
  });
  return Retire(hart);
}

constexpr Shape kFloatReduction = Float(kShapeReduction);

template <typename Step>
bool ReduceFloat(Hart& hart, const DecodedInsn& insn, bool is_sum, Step step) {
  if (!IsLegal<kFloatReduction>(hart, insn)) return hart.RaiseIllegal(insn);
  VectorState& v = hart.v;
  if (v.vl == 0) return Retire(hart);
  FloatScope scope(hart);
  const uint32_t* vs2 = Elements<uint32_t>(v, insn.rs2);
  uint32_t total = *Elements<uint32_t>(v, insn.rs1);
  float sum = std::bit_cast<float>(total);
  const bool done =
      is_sum && insn.vm &&
      HostFloatSum(v.vl, &sum, [=](uint32_t i) { return std::bit_cast<float>(vs2[i]); }, scope.ctx);
  if (done) {
    total = std::bit_cast<uint32_t>(sum);
  } else {
    ForEachActive(v, insn, [&](uint32_t i) { total = step(total, vs2[i], scope.ctx); });
  }
  *Elements<uint32_t>(v, insn.rd) = total;
  return Retire(hart);
}

}  // namespace

bool VredsumVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, false>(h, i, kSum); }
bool VredandVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, false>(h, i, kAnd); }
bool VredorVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, false>(h, i, kOr); }
bool VredxorVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, false>(h, i, kXor); }
bool VredminuVs(Hart& h, const DecodedInsn& i) {
  return Reduce<kShapeReduction, false>(h, i, kMin);
}
bool VredminVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, true>(h, i, kMin); }
bool VredmaxuVs(Hart& h, const DecodedInsn& i) {
  return Reduce<kShapeReduction, false>(h, i, kMax);
}
bool VredmaxVs(Hart& h, const DecodedInsn& i) { return Reduce<kShapeReduction, true>(h, i, kMax); }
bool VwredsumuVs(Hart& h, const DecodedInsn& i) {
  return Reduce<kShapeWideReduction, false>(h, i, kSum);
}
bool VwredsumVs(Hart& h, const DecodedInsn& i) {
  return Reduce<kShapeWideReduction, true>(h, i, kSum);
}

bool VfredusumVs(Hart& h, const DecodedInsn& i) { return ReduceFloat(h, i, true, F32Add); }
bool VfredosumVs(Hart& h, const DecodedInsn& i) { return ReduceFloat(h, i, true, F32Add); }
bool VfredminVs(Hart& h, const DecodedInsn& i) { return ReduceFloat(h, i, false, F32Min); }
bool VfredmaxVs(Hart& h, const DecodedInsn& i) { return ReduceFloat(h, i, false, F32Max); }

}  // namespace sim::vector
