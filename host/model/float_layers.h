// SPDX-License-Identifier: Apache-2.0

// float32 layers as linalg text, for every model format: batch x … x channels, weights as Keras
// orders them. The caller has checked that shapes and sizes belong together.
#ifndef HOST_MODEL_FLOAT_LAYERS_H_
#define HOST_MODEL_FLOAT_LAYERS_H_

#include <span>
#include <string>
#include <string_view>

#include "host/model/graph.h"
#include "host/model/mlir_text.h"

namespace host {

// Kernel: height x width x in x out. The sum begins with the bias, of which there is one an output.
[[nodiscard]] MlirValue FloatConvolution(MlirText& text, const MlirValue& input,
                                         const Window& window, std::span<const float> kernel,
                                         std::span<const float> bias, const Shape& output);
// Kernel: height x width x channels x multiplier.
[[nodiscard]] MlirValue FloatDepthwiseConvolution(MlirText& text, const MlirValue& input,
                                                  const Window& window,
                                                  std::span<const float> kernel,
                                                  std::span<const float> bias, const Shape& output);
// Rows x in, weights in x out.
[[nodiscard]] MlirValue FloatMatrixProduct(MlirText& text, const MlirValue& input,
                                           std::span<const float> weights,
                                           std::span<const float> bias);
// Padding never takes part.
[[nodiscard]] MlirValue FloatPooling(MlirText& text, const MlirValue& input, PoolingKind kind,
                                     const Window& window, const Shape& output);
// For each place of a window along height (0) or width (1), how many elements lie under it.
[[nodiscard]] std::vector<int32_t> Covered(const Window& window, size_t axis, int64_t input,
                                           int64_t output);
// Over the last axis; exp(beta * (x - max)), so that large inputs do not overflow.
[[nodiscard]] MlirValue FloatSoftmax(MlirText& text, const MlirValue& input, float beta = 1);
[[nodiscard]] MlirValue FloatActivation(MlirText& text, const MlirValue& input,
                                        const ActivationOp& activation);
// Step of a body: 1 / (1 + exp(-x)).
[[nodiscard]] std::string FloatSigmoid(MlirBody& body, std::string_view x);

}  // namespace host

#endif  // HOST_MODEL_FLOAT_LAYERS_H_
