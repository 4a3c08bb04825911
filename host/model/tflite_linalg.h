// SPDX-License-Identifier: Apache-2.0

// A TFLite network, int8 or float32, as MLIR text. int8 has bit for bit the arithmetic of the
// TFLite reference kernels: 32-bit accumulators, per-channel fixed-point multipliers with both
// roundings, zero points, fused activations, fixed-point softmax. The operators and their types
// stand in the tables at the ends of tflite_windows.cc, tflite_products.cc, …; what a file needs
// beyond them is named all at once, together with the way that has it.
//
// Every operator's shapes, types and quantisation are checked against each other before they are
// used; what does not fit is an Error of kind kInput that names the operator and its place in the
// list. Cost: each weight is copied once and becomes two characters of text.
#ifndef HOST_MODEL_TFLITE_LINALG_H_
#define HOST_MODEL_TFLITE_LINALG_H_

#include <string>

#include "host/error/error.h"
#include "host/model/tflite_file.h"

namespace host {

[[nodiscard]] Result<std::string> WriteTfliteLinalg(const TfliteModel& model);

}  // namespace host

#endif  // HOST_MODEL_TFLITE_LINALG_H_
