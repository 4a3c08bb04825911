// SPDX-License-Identifier: Apache-2.0

// IEEE 754 binary32 arithmetic as the RISC-V F and Zve32f extensions define it, on bit patterns.
//
// Purpose: one bit-exact, portable implementation for scalar and vector instructions; all five
// rounding modes, canonical NaN, tininess detected after rounding (unprivileged specification,
// chapters "F" and "V", section 13).
// The caller guarantees a rounding mode of 0..4 (frm 5..7 is an illegal instruction) and that the
// host's floating-point environment is the default one: round to nearest, no flush to zero.
// No call fails; what IEEE 754 calls an exception is or-ed into FpContext::flags.
// Cost: a few nanoseconds, no change of the host's control registers. Vector loops over many
// elements use host_float.h instead, which agrees bit for bit.
#ifndef SIM_FP_F32_H_
#define SIM_FP_F32_H_

#include <cstdint>

namespace sim {

// frm, unprivileged specification section 20.2 "Floating-Point Control and Status Register".
enum RoundingMode : uint8_t {
  kRoundNearestEven = 0,
  kRoundTowardZero = 1,
  kRoundDown = 2,
  kRoundUp = 3,
  kRoundNearestMaxMagnitude = 4,
};

// fflags bits, same section.
enum FpFlag : uint8_t {
  kFlagInexact = 1,
  kFlagUnderflow = 2,
  kFlagOverflow = 4,
  kFlagDivideByZero = 8,
  kFlagInvalid = 16,
};

struct FpContext {
  uint8_t rounding_mode = kRoundNearestEven;
  uint8_t flags = 0;  // sticky
};

inline constexpr uint32_t kF32CanonicalNan = 0x7FC00000;
inline constexpr uint32_t kF32SignBit = 0x80000000;
inline constexpr uint32_t kF32Infinity = 0x7F800000;

constexpr bool F32IsNan(uint32_t a) { return (a & ~kF32SignBit) > kF32Infinity; }
constexpr bool F32IsSignalingNan(uint32_t a) { return F32IsNan(a) && !(a & 0x00400000); }

uint32_t F32Add(uint32_t a, uint32_t b, FpContext& ctx);
uint32_t F32Sub(uint32_t a, uint32_t b, FpContext& ctx);
uint32_t F32Mul(uint32_t a, uint32_t b, FpContext& ctx);
uint32_t F32Div(uint32_t a, uint32_t b, FpContext& ctx);
uint32_t F32Sqrt(uint32_t a, FpContext& ctx);
// a * b + c with one rounding. fmsub, fnmadd and fnmsub flip the sign bits of a and c first.
uint32_t F32MulAdd(uint32_t a, uint32_t b, uint32_t c, FpContext& ctx);

// IEEE 754-2019 minimumNumber and maximumNumber.
uint32_t F32Min(uint32_t a, uint32_t b, FpContext& ctx);
uint32_t F32Max(uint32_t a, uint32_t b, FpContext& ctx);

// Equal is quiet; Less and LessEqual signal on any NaN.
bool F32Equal(uint32_t a, uint32_t b, FpContext& ctx);
bool F32Less(uint32_t a, uint32_t b, FpContext& ctx);
bool F32LessEqual(uint32_t a, uint32_t b, FpContext& ctx);

// The 10-bit mask of fclass.s.
uint32_t F32Classify(uint32_t a);

// Sign injection (fsgnj, fsgnjn, fsgnjx): no flags, NaN payloads pass.
constexpr uint32_t F32SignInject(uint32_t a, uint32_t b) {
  return (a & ~kF32SignBit) | (b & kF32SignBit);
}
constexpr uint32_t F32SignInjectNot(uint32_t a, uint32_t b) {
  return (a & ~kF32SignBit) | (~b & kF32SignBit);
}
constexpr uint32_t F32SignInjectXor(uint32_t a, uint32_t b) { return a ^ (b & kF32SignBit); }

// To integer: rounds by ctx.rounding_mode, saturates, NaN becomes the greatest value.
// The rtz forms are the same calls with a context whose mode is kRoundTowardZero.
int32_t F32ToI32(uint32_t a, FpContext& ctx);
uint32_t F32ToU32(uint32_t a, FpContext& ctx);
int16_t F32ToI16(uint32_t a, FpContext& ctx);
uint16_t F32ToU16(uint32_t a, FpContext& ctx);

uint32_t I32ToF32(int32_t a, FpContext& ctx);
uint32_t U32ToF32(uint32_t a, FpContext& ctx);

// The seven-bit estimates of vfrec7.v and vfrsqrt7.v (V specification, sections 13.9 and 13.10).
uint32_t F32Reciprocal7(uint32_t a, FpContext& ctx);
uint32_t F32ReciprocalSqrt7(uint32_t a, FpContext& ctx);

}  // namespace sim

#endif  // SIM_FP_F32_H_
