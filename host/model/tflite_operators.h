// SPDX-License-Identifier: Apache-2.0

// One function for each TFLite operator, in files by the shape of what they do. A function checks
// what its operator needs beyond the row's types and numbers of tensors, and writes the operator;
// int8 is bit for bit what TFLite's reference kernels give, float32 up to the order of sums.
#ifndef HOST_MODEL_TFLITE_OPERATORS_H_
#define HOST_MODEL_TFLITE_OPERATORS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "host/error/error.h"
#include "host/model/mlir_text.h"
#include "host/model/tflite_file.h"
#include "host/model/tflite_site.h"

namespace host {

// Element types of an operator's first input, as a set.
using TfliteTypes = uint16_t;
constexpr TfliteTypes Set(TfliteType type) {
  return static_cast<TfliteTypes>(1u << static_cast<unsigned>(type));
}
inline constexpr TfliteTypes kFloatType = Set(TfliteType::kFloat32);
inline constexpr TfliteTypes kInt8Type = Set(TfliteType::kInt8);
inline constexpr TfliteTypes kNumberTypes = kFloatType | kInt8Type;
inline constexpr TfliteTypes kIntegerTypes = Set(TfliteType::kInt32) | Set(TfliteType::kInt64);
inline constexpr TfliteTypes kAnyType =
    kNumberTypes | kIntegerTypes | Set(TfliteType::kUint8) | Set(TfliteType::kBool);

using TfliteValues = Result<std::vector<MlirValue>>;  // one an output

struct TfliteOperatorRow {
  TfliteOperatorCode code;
  uint8_t options_type;  // the schema's BuiltinOptions; 0: its options do not matter
  uint8_t least_inputs;
  uint8_t most_inputs;
  TfliteTypes types;
  TfliteValues (*write)(const TfliteSite&);
  // Inputs, as a set, whose values do not matter, because the output's shape says the same. What
  // computes them (a shape, for an open batch) is left out.
  uint8_t unread = 0;
};

// By file: which operators it has.
std::span<const TfliteOperatorRow> TfliteWindowOperators();     // tflite_windows.cc
std::span<const TfliteOperatorRow> TfliteProductOperators();    // tflite_products.cc
std::span<const TfliteOperatorRow> TfliteBinaryOperators();     // tflite_binary.cc
std::span<const TfliteOperatorRow> TfliteUnaryOperators();      // tflite_unary.cc
std::span<const TfliteOperatorRow> TfliteMovementOperators();   // tflite_movement.cc
std::span<const TfliteOperatorRow> TfliteReductionOperators();  // tflite_reductions.cc
std::span<const TfliteOperatorRow> TfliteResizeOperators();     // tflite_resize.cc

}  // namespace host

#endif  // HOST_MODEL_TFLITE_OPERATORS_H_
