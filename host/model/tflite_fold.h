// SPDX-License-Identifier: Apache-2.0

// Constants that a TFLite file holds in a smaller type and converts when it runs: float16 weights,
// or int8 ones of a network that is float32 otherwise. They are converted here once.
#ifndef HOST_MODEL_TFLITE_FOLD_H_
#define HOST_MODEL_TFLITE_FOLD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "host/model/tflite_file.h"

namespace host {

struct FoldedTflite {
  TfliteModel model;                          // without the DEQUANTIZE operators of constants
  std::vector<std::vector<float>> constants;  // what those computed; the model points into them
};

// What does not fit is left as it is; the writer refuses it by name. Cost: four bytes a number.
[[nodiscard]] FoldedTflite FoldConstants(const TfliteModel& model);

// The real numbers of a float16 or quantised int8 constant; nothing for others.
[[nodiscard]] std::optional<std::vector<float>> DequantizedConstant(const TfliteTensor& tensor);

// Whether float32 activations meet int8 weights, which TFLite multiplies with activations that it
// quantises as it runs; here they are multiplied as float32.
[[nodiscard]] bool HasDynamicRange(const TfliteModel& model);

// The single-precision number of IEEE half-precision bits.
[[nodiscard]] float FloatOfHalf(uint16_t bits);

}  // namespace host

#endif  // HOST_MODEL_TFLITE_FOLD_H_
