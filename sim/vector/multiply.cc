// SPDX-License-Identifier: Apache-2.0

// V specification, sections 11.10, 11.11 and 11.13: multiply, divide and multiply-add of one width.
#include <limits>
#include <type_traits>

#include "sim/vector/elements.h"
#include "sim/vector/handlers.h"

namespace sim::vector {
namespace {

constexpr auto kMultiply = [](auto b, auto a) { return Bits(b) * Bits(a); };

// The upper half of the double-width product; each operand is extended by its own signedness.
constexpr auto kMultiplyHigh = [](auto b, auto a) {
  using T = decltype(b);
  constexpr bool kBothUnsigned = std::is_unsigned_v<decltype(b)> && std::is_unsigned_v<decltype(a)>;
  using Wide = std::conditional_t<kBothUnsigned, uint64_t, int64_t>;
  return (static_cast<Wide>(b) * static_cast<Wide>(a)) >> (sizeof(T) * 8);
};

constexpr auto kDivide = [](auto b, auto a) -> decltype(b) {
  using T = decltype(b);
  if (a == 0) return static_cast<T>(-1);
  if constexpr (std::is_signed_v<T>) {
    if (b == std::numeric_limits<T>::min() && a == -1) return b;
  }
  return static_cast<T>(b / a);
};
constexpr auto kRemainder = [](auto b, auto a) -> decltype(b) {
  using T = decltype(b);
  if (a == 0) return b;
  if constexpr (std::is_signed_v<T>) {
    if (b == std::numeric_limits<T>::min() && a == -1) return 0;
  }
  return static_cast<T>(b % a);
};

constexpr auto kMacc = [](auto d, auto b, auto a) { return Bits(d) + Bits(a) * Bits(b); };
constexpr auto kNmsac = [](auto d, auto b, auto a) { return Bits(d) - Bits(a) * Bits(b); };
constexpr auto kMadd = [](auto d, auto b, auto a) { return Bits(a) * Bits(d) + Bits(b); };
constexpr auto kNmsub = [](auto d, auto b, auto a) { return Bits(b) - Bits(a) * Bits(d); };

consteval Form SignedByUnsigned(Form form) {
  form.vs2_signed = true;
  return form;
}
constexpr Form kSignedByUnsignedVv = SignedByUnsigned(kVv);
constexpr Form kSignedByUnsignedVx = SignedByUnsigned(kVx);

}  // namespace

bool VmulVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMultiply); }
bool VmulVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMultiply); }
bool VmulhVv(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVv>(h, i, kMultiplyHigh); }
bool VmulhVx(Hart& h, const DecodedInsn& i) { return MapElements<kSignedVx>(h, i, kMultiplyHigh); }
bool VmulhuVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMultiplyHigh); }
bool VmulhuVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMultiplyHigh); }
bool VmulhsuVv(Hart& h, const DecodedInsn& i) {
  return MapElements<kSignedByUnsignedVv>(h, i, kMultiplyHigh);
}
bool VmulhsuVx(Hart& h, const DecodedInsn& i) {
  return MapElements<kSignedByUnsignedVx>(h, i, kMultiplyHigh);
}

// No host divides integers in SIMD: one loop is enough.
bool VdivuVv(Hart& h, const DecodedInsn& i) { return MapInOrder<kVv>(h, i, kDivide); }
bool VdivuVx(Hart& h, const DecodedInsn& i) { return MapInOrder<kVx>(h, i, kDivide); }
bool VdivVv(Hart& h, const DecodedInsn& i) { return MapInOrder<kSignedVv>(h, i, kDivide); }
bool VdivVx(Hart& h, const DecodedInsn& i) { return MapInOrder<kSignedVx>(h, i, kDivide); }
bool VremuVv(Hart& h, const DecodedInsn& i) { return MapInOrder<kVv>(h, i, kRemainder); }
bool VremuVx(Hart& h, const DecodedInsn& i) { return MapInOrder<kVx>(h, i, kRemainder); }
bool VremVv(Hart& h, const DecodedInsn& i) { return MapInOrder<kSignedVv>(h, i, kRemainder); }
bool VremVx(Hart& h, const DecodedInsn& i) { return MapInOrder<kSignedVx>(h, i, kRemainder); }

bool VmaccVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMacc); }
bool VmaccVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMacc); }
bool VnmsacVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kNmsac); }
bool VnmsacVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kNmsac); }
bool VmaddVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kMadd); }
bool VmaddVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kMadd); }
bool VnmsubVv(Hart& h, const DecodedInsn& i) { return MapElements<kVv>(h, i, kNmsub); }
bool VnmsubVx(Hart& h, const DecodedInsn& i) { return MapElements<kVx>(h, i, kNmsub); }

}  // namespace sim::vector
