// SPDX-License-Identifier: Apache-2.0

// V specification, section 12: saturating and averaging add, fractional multiply, scaling shifts,
// narrowing clips. vxrm says how bits shifted out are rounded (section 3.8), vxsat is sticky.
#include <algorithm>
#include <limits>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

enum FixedRounding : uint8_t { kNearestUp = 0, kNearestEven = 1, kTruncate = 2, kToOdd = 3 };

struct FixedPoint {
  uint8_t vxrm;
  bool saturated = false;

  // (value >> shift) + the increment of section 3.8. shift < 63.
  [[nodiscard]] int64_t RoundingShift(int64_t value, uint32_t shift) const {
    if (shift == 0) return value;
    const int64_t quotient = value >> shift;
    const int64_t rest = value & ((int64_t{1} << shift) - 1);
    const int64_t half = int64_t{1} << (shift - 1);
    bool up = false;
    switch (vxrm) {
      case kNearestUp:
        up = rest >= half;
        break;
      case kNearestEven:
        up = rest > half || (rest == half && (quotient & 1) != 0);
        break;
      case kToOdd:
        up = rest != 0 && (quotient & 1) == 0;
        break;
      default:
        break;
    }
    return quotient + (up ? 1 : 0);
  }

  template <typename T>
  T Saturate(int64_t value) {
    const int64_t clipped =
        std::clamp<int64_t>(value, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    if (clipped != value) saturated = true;
    return static_cast<T>(clipped);
  }
};

constexpr auto kSaturatingAdd = [](FixedPoint& fixed, auto b, auto a) {
  return fixed.Saturate<decltype(b)>(int64_t{b} + int64_t{a});
};
constexpr auto kSaturatingSubtract = [](FixedPoint& fixed, auto b, auto a) {
  return fixed.Saturate<decltype(b)>(int64_t{b} - int64_t{a});
};
constexpr auto kAveragingAdd = [](FixedPoint& fixed, auto b, auto a) {
  return fixed.RoundingShift(int64_t{b} + int64_t{a}, 1);
};
constexpr auto kAveragingSubtract = [](FixedPoint& fixed, auto b, auto a) {
  return fixed.RoundingShift(int64_t{b} - int64_t{a}, 1);
};
constexpr auto kFractionalMultiply = [](FixedPoint& fixed, auto b, auto a) {
  using T = decltype(b);
  return fixed.Saturate<T>(fixed.RoundingShift(int64_t{b} * int64_t{a}, sizeof(T) * 8 - 1));
};
constexpr auto kScalingShift = [](FixedPoint& fixed, auto b, auto a) {
  return fixed.RoundingShift(int64_t{b}, Bits(a) & (sizeof(b) * 8 - 1));
};
// vs2 is twice as wide as vs1 and vd; they agree in sign only for vnclip.
template <bool kSigned>
constexpr auto kClip = [](FixedPoint& fixed, auto b, auto a) {
  using T = std::conditional_t<kSigned, std::make_signed_t<decltype(a)>, decltype(a)>;
  return fixed.Saturate<T>(fixed.RoundingShift(int64_t{b}, Bits(a) & (sizeof(b) * 8 - 1)));
};

// Runs op with the hart's vxrm and collects vxsat.
template <Form kForm, typename Op>
bool MapFixed(Hart& hart, const DecodedInsn& insn, Op op) {
  FixedPoint fixed{.vxrm = hart.v.vxrm};
  const bool retired =
      MapInOrder<kForm>(hart, insn, [&](auto b, auto a) { return op(fixed, b, a); });
  if (fixed.saturated) hart.v.vxsat = 1;
  return retired;
}

constexpr Form kNarrowWv{kShapeNarrowWv, Source::kV};
constexpr Form kNarrowWx{kShapeNarrowWx, Source::kX};
constexpr Form kNarrowWi{kShapeNarrowWx, Source::kI};
consteval Form SignedVs2(Form form) {
  form.vs2_signed = true;
  return form;
}
constexpr auto kClipUnsigned = kClip<false>;
constexpr auto kClipSigned = kClip<true>;

}  // namespace

bool VsadduVv(Hart& h, const DecodedInsn& i) { return MapFixed<kVv>(h, i, kSaturatingAdd); }
bool VsadduVx(Hart& h, const DecodedInsn& i) { return MapFixed<kVx>(h, i, kSaturatingAdd); }
bool VsadduVi(Hart& h, const DecodedInsn& i) { return MapFixed<kVi>(h, i, kSaturatingAdd); }
bool VsaddVv(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVv>(h, i, kSaturatingAdd); }
bool VsaddVx(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVx>(h, i, kSaturatingAdd); }
bool VsaddVi(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVi>(h, i, kSaturatingAdd); }
bool VssubuVv(Hart& h, const DecodedInsn& i) { return MapFixed<kVv>(h, i, kSaturatingSubtract); }
bool VssubuVx(Hart& h, const DecodedInsn& i) { return MapFixed<kVx>(h, i, kSaturatingSubtract); }
bool VssubVv(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVv>(h, i, kSaturatingSubtract);
}
bool VssubVx(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVx>(h, i, kSaturatingSubtract);
}

bool VaadduVv(Hart& h, const DecodedInsn& i) { return MapFixed<kVv>(h, i, kAveragingAdd); }
bool VaadduVx(Hart& h, const DecodedInsn& i) { return MapFixed<kVx>(h, i, kAveragingAdd); }
bool VaaddVv(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVv>(h, i, kAveragingAdd); }
bool VaaddVx(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVx>(h, i, kAveragingAdd); }
bool VasubuVv(Hart& h, const DecodedInsn& i) { return MapFixed<kVv>(h, i, kAveragingSubtract); }
bool VasubuVx(Hart& h, const DecodedInsn& i) { return MapFixed<kVx>(h, i, kAveragingSubtract); }
bool VasubVv(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVv>(h, i, kAveragingSubtract);
}
bool VasubVx(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVx>(h, i, kAveragingSubtract);
}

bool VsmulVv(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVv>(h, i, kFractionalMultiply);
}
bool VsmulVx(Hart& h, const DecodedInsn& i) {
  return MapFixed<kSignedVx>(h, i, kFractionalMultiply);
}

bool VssrlVv(Hart& h, const DecodedInsn& i) { return MapFixed<kVv>(h, i, kScalingShift); }
bool VssrlVx(Hart& h, const DecodedInsn& i) { return MapFixed<kVx>(h, i, kScalingShift); }
bool VssrlVi(Hart& h, const DecodedInsn& i) { return MapFixed<kVi>(h, i, kScalingShift); }
bool VssraVv(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVv>(h, i, kScalingShift); }
bool VssraVx(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVx>(h, i, kScalingShift); }
bool VssraVi(Hart& h, const DecodedInsn& i) { return MapFixed<kSignedVi>(h, i, kScalingShift); }

bool VnclipuWv(Hart& h, const DecodedInsn& i) { return MapFixed<kNarrowWv>(h, i, kClipUnsigned); }
bool VnclipuWx(Hart& h, const DecodedInsn& i) { return MapFixed<kNarrowWx>(h, i, kClipUnsigned); }
bool VnclipuWi(Hart& h, const DecodedInsn& i) { return MapFixed<kNarrowWi>(h, i, kClipUnsigned); }
bool VnclipWv(Hart& h, const DecodedInsn& i) {
  return MapFixed<SignedVs2(kNarrowWv)>(h, i, kClipSigned);
}
bool VnclipWx(Hart& h, const DecodedInsn& i) {
  return MapFixed<SignedVs2(kNarrowWx)>(h, i, kClipSigned);
}
bool VnclipWi(Hart& h, const DecodedInsn& i) {
  return MapFixed<SignedVs2(kNarrowWi)>(h, i, kClipSigned);
}

}  // namespace sim::vector
