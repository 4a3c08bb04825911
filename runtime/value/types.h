// SPDX-License-Identifier: Apache-2.0

// Values that cross the border of the runtime: scalars and tensors, and what a function says about
// them. Element type codes are the HAL's: numerical kind << 24 | bits (shared spec
// iree-formats 3.1).
#ifndef RUNTIME_VALUE_TYPES_H_
#define RUNTIME_VALUE_TYPES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace runtime {

inline constexpr size_t kFileAlignment = 64;
inline constexpr size_t kArenaAlignment = 64;
inline constexpr size_t kMaxRank = 8;
inline constexpr size_t kMaxValues = 16;  // arguments, and results, of one call

enum class NumericalKind : uint8_t {
  kOpaque = 0x00,
  kInteger = 0x10,
  kSigned = 0x11,
  kUnsigned = 0x12,
  kBoolean = 0x13,
  kFloatAny = 0x20,
  kFloatIeee = 0x21,
  kFloatBrain = 0x22,
  kComplex = 0x23,
};

// 0 is "unknown".
struct ElementType {
  uint32_t code;

  static constexpr ElementType Of(NumericalKind kind, uint32_t bits) {
    return {static_cast<uint32_t>(kind) << 24 | bits};
  }
  [[nodiscard]] constexpr NumericalKind kind() const {
    return static_cast<NumericalKind>(code >> 24);
  }
  [[nodiscard]] constexpr uint32_t bits() const { return code & 0xFF; }
  [[nodiscard]] constexpr uint32_t bytes() const { return (bits() + 7) / 8; }
  [[nodiscard]] constexpr bool known() const { return code != 0; }
  constexpr bool operator==(const ElementType&) const = default;
};

inline constexpr ElementType kFloat32 = ElementType::Of(NumericalKind::kFloatIeee, 32);
inline constexpr ElementType kInt8 = ElementType::Of(NumericalKind::kInteger, 8);
inline constexpr ElementType kInt32 = ElementType::Of(NumericalKind::kInteger, 32);
inline constexpr ElementType kInt64 = ElementType::Of(NumericalKind::kInteger, 64);

// kTensor is the calling convention's 'r'; the others are i, I, f.
enum class ValueKind : uint8_t { kI32, kI64, kF32, kTensor };

// A dense row-major tensor in somebody else's memory.
struct Tensor {
  ElementType type;
  uint32_t rank;
  std::array<uint32_t, kMaxRank> dims;
  uint8_t* data;
  size_t size_bytes;
};

// Nothing is set by itself: arrays of values are filled in by their owner.
struct Value {
  ValueKind kind;
  union {
    int64_t i64;
    int32_t i32;
    float f32;
  };
  Tensor tensor;
};

// One argument or result as far as the module tells.
struct ValueInfo {
  static constexpr uint32_t kDynamic = UINT32_MAX;

  ValueKind kind;
  bool shape_known;  // rank and dims are meaningful (single dims may be kDynamic)
  ElementType type;  // of a tensor; not known() if the module does not say
  uint32_t rank;
  std::array<uint32_t, kMaxRank> dims;
};

struct FunctionInfo {
  uint32_t argument_count = 0;  // what Invoke expects: without the fences of the async ABI
  uint32_t result_count = 0;
  std::array<ValueInfo, kMaxValues> arguments;  // only as many as that are set
  std::array<ValueInfo, kMaxValues> results;
};

}  // namespace runtime

#endif  // RUNTIME_VALUE_TYPES_H_
