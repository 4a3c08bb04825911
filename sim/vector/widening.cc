// SPDX-License-Identifier: Apache-2.0

// V specification, sections 11.2, 11.12 and 11.14: integer add, subtract, multiply and multiply-add
// whose result has twice the width. All are exact modulo 2^32, the widest result.
#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr auto kAdd = [](auto b, auto a) { return Bits(b) + Bits(a); };
constexpr auto kSubtract = [](auto b, auto a) { return Bits(b) - Bits(a); };
constexpr auto kMultiply = [](auto b, auto a) { return Bits(b) * Bits(a); };
constexpr auto kMacc = [](auto d, auto b, auto a) { return Bits(d) + Bits(a) * Bits(b); };

constexpr Form kWideVv{kShapeWideVv, Source::kV};
constexpr Form kWideVx{kShapeWideVx, Source::kX};
constexpr Form kWideWv{kShapeWideWv, Source::kV};
constexpr Form kWideWx{kShapeWideWx, Source::kX};
constexpr Form kSignedWideVv = SignedForm(kWideVv);
constexpr Form kSignedWideVx = SignedForm(kWideVx);
constexpr Form kSignedWideWv = SignedForm(kWideWv);
constexpr Form kSignedWideWx = SignedForm(kWideWx);

consteval Form SignedVs2(Form form) {
  form.vs2_signed = true;
  return form;
}
consteval Form SignedVs1(Form form) {
  form.vs1_signed = true;
  return form;
}

}  // namespace

bool VwadduVv(Hart& h, const DecodedInsn& i) { return MapElements<kWideVv>(h, i, kAdd); }
bool VwadduVx(Hart& h, const DecodedInsn& i) { return MapElements<kWideVx>(h, i, kAdd); }
bool VwadduWv(Hart& h, const DecodedInsn& i) { return MapElements<kWideWv>(h, i, kAdd); }
bool VwadduWx(Hart& h, const DecodedInsn& i) { return MapElements<kWideWx>(h, i, kAdd); }
bool VwaddVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVv>(h, i, kAdd); }
bool VwaddVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVx>(h, i, kAdd); }
bool VwaddWv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideWv>(h, i, kAdd); }
bool VwaddWx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideWx>(h, i, kAdd); }
bool VwsubuVv(Hart& h, const DecodedInsn& i) { return MapElements<kWideVv>(h, i, kSubtract); }
bool VwsubuVx(Hart& h, const DecodedInsn& i) { return MapElements<kWideVx>(h, i, kSubtract); }
bool VwsubuWv(Hart& h, const DecodedInsn& i) { return MapElements<kWideWv>(h, i, kSubtract); }
bool VwsubuWx(Hart& h, const DecodedInsn& i) { return MapElements<kWideWx>(h, i, kSubtract); }
bool VwsubVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVv>(h, i, kSubtract); }
bool VwsubVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVx>(h, i, kSubtract); }
bool VwsubWv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideWv>(h, i, kSubtract); }
bool VwsubWx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideWx>(h, i, kSubtract); }

bool VwmulVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVv>(h, i, kMultiply); }
bool VwmulVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVx>(h, i, kMultiply); }
bool VwmuluVv(Hart& h, const DecodedInsn& i) { return MapElements<kWideVv>(h, i, kMultiply); }
bool VwmuluVx(Hart& h, const DecodedInsn& i) { return MapElements<kWideVx>(h, i, kMultiply); }
bool VwmulsuVv(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedVs2(kWideVv)>(h, i, kMultiply);
}
bool VwmulsuVx(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedVs2(kWideVx)>(h, i, kMultiply);
}

bool VwmaccuVv(Hart& h, const DecodedInsn& i) { return MapElements<kWideVv>(h, i, kMacc); }
bool VwmaccuVx(Hart& h, const DecodedInsn& i) { return MapElements<kWideVx>(h, i, kMacc); }
bool VwmaccVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVv>(h, i, kMacc); }
bool VwmaccVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedWideVx>(h, i, kMacc); }
bool VwmaccsuVv(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedVs1(kWideVv)>(h, i, kMacc);
}
bool VwmaccsuVx(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedVs1(kWideVx)>(h, i, kMacc);
}
bool VwmaccusVx(Hart& h, const DecodedInsn& i) {
  return MapElements<SignedVs2(kWideVx)>(h, i, kMacc);
}

}  // namespace sim::vector
