// SPDX-License-Identifier: Apache-2.0

// The constants of a layer with weights, checked and in the order that linalg's operations want.
#ifndef HOST_MODEL_TFLITE_WEIGHTS_H_
#define HOST_MODEL_TFLITE_WEIGHTS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "host/error/error.h"
#include "host/model/fixed_point.h"
#include "host/model/tflite_site.h"

namespace host {

// Which inputs of the operator are meant; a bias may be left out.
struct WeightInputs {
  size_t data = 0;
  size_t weights = 1;
  size_t bias = 2;
};

// Which output channel the weight at an index of the file belongs to.
using ChannelOf = std::function<size_t(size_t)>;

struct Int8Weights {
  std::vector<int8_t> values;                // in the file's order
  std::vector<int32_t> bias;                 // with the input's zero point folded in
  std::vector<int64_t> largest;              // |accumulator + bias| of each channel
  std::vector<FixedMultiplier> multipliers;  // one a channel, or one for all
};

struct FloatWeights {
  std::vector<float> values;  // in the file's order
  std::vector<float> bias;    // zeros if there is none
};

// `channel_axis` is the dimension along which weights may have scales of their own. `is_product`:
// the scales of input and weights are multiplied in single precision if there is one for all
// channels, as the reference does it for FULLY_CONNECTED. A bias may carry any quantized_dimension,
// because files exist whose rank-1 bias says 3.
[[nodiscard]] Result<Int8Weights> ReadInt8Weights(const TfliteSite& site, int32_t channel_axis,
                                                  int64_t channels, const ChannelOf& channel_of,
                                                  WeightInputs inputs = {},
                                                  bool is_product = false);
[[nodiscard]] Result<FloatWeights> ReadFloatWeights(const TfliteSite& site, int64_t channels,
                                                    WeightInputs inputs = {});

// Outputs x rest -> rest x outputs.
template <typename T>
std::vector<T> OutputsLast(const std::vector<T>& values, int64_t outputs) {
  const size_t count = static_cast<size_t>(outputs);
  const size_t each = values.size() / count;
  std::vector<T> turned(values.size());
  for (size_t i = 0; i < values.size(); ++i) turned[i % each * count + i / each] = values[i];
  return turned;
}

}  // namespace host

#endif  // HOST_MODEL_TFLITE_WEIGHTS_H_
