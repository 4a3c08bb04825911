// SPDX-License-Identifier: Apache-2.0

// A network as operations on float32 tensors, batch 1, channels last, in an order in which each
// comes after those whose results it takes. Every shape in it is static and includes the batch
// dimension; every constant has the size its operation needs. The reader (keras_layers) guarantees
// both; the writer (linalg_writer) relies on it.
#ifndef HOST_MODEL_GRAPH_H_
#define HOST_MODEL_GRAPH_H_

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace host {

using Shape = std::vector<int64_t>;

// Rows (or columns) of padding before and after; explicit, as the compiler wants it.
struct Padding {
  std::array<int64_t, 2> low = {0, 0};   // height, width
  std::array<int64_t, 2> high = {0, 0};  // height, width
  [[nodiscard]] bool is_none() const { return *this == Padding{}; }
  bool operator==(const Padding&) const = default;
};

struct Window {
  std::array<int64_t, 2> size = {1, 1};
  std::array<int64_t, 2> strides = {1, 1};
  std::array<int64_t, 2> dilations = {1, 1};
  Padding padding;
};

struct ConvolutionOp {
  Window window;
  std::vector<float> kernel;  // height x width x in x out
  std::vector<float> bias;    // out
};

struct DepthwiseConvolutionOp {
  Window window;
  int64_t multiplier = 1;
  std::vector<float> kernel;  // height x width x channels x multiplier
  std::vector<float> bias;    // channels * multiplier
};

struct MatrixProductOp {
  std::vector<float> weights;  // in x out
  std::vector<float> bias;     // out
};

enum class PoolingKind { kMax, kAverage };

// Padding never takes part: the maximum pads with -infinity, the average divides by the number of
// real elements under the window.
struct PoolingOp {
  PoolingKind kind;
  Window window;
};

struct GlobalAverageOp {};  // over height and width, which vanish

// With zeros, along every dimension.
struct PadOp {
  std::vector<int64_t> low;
  std::vector<int64_t> high;
};

struct ReshapeOp {};  // to the operation's output shape

// The part of the output's shape that begins at `offsets`.
struct SliceOp {
  std::vector<int64_t> offsets;
};

// Dimension i of the result is dimension order[i] of the input.
struct PermuteOp {
  std::vector<size_t> order;
};

// Each row and each column as often as said here, side by side.
struct RepeatOp {
  std::array<int64_t, 2> times = {1, 1};
};

// Height and width to the output's, bilinear between the centres of the elements.
struct ResizeOp {};

enum class CombineKind { kAdd, kSubtract, kMultiply, kMaximum, kMinimum };

// Two inputs of the output's rank, element by element; an extent of 1 is repeated.
struct CombineOp {
  CombineKind kind;
};

// Any number of inputs, one behind the other.
struct JoinOp {
  size_t axis;
};

// max(x, 0) + alpha * min(x, 0); alpha's shape broadcasts to the output's.
struct ParametricRectifierOp {
  Shape alpha_shape;
  std::vector<float> alpha;
};

enum class ActivationKind {
  kRectifier,
  kElu,
  kSigmoid,
  kTanh,
  kSwish,
  kSoftplus,
  kSoftsign,
  kExponential,
  kHardSigmoid,
  kHardSwish,
  kGelu,
};

// kRectifier: min(x, maximum) above 0, slope * x below. kElu: slope * (exp(x) - 1) below 0.
// kHardSigmoid, and x times it for kHardSwish: slope * x + 0.5 in 0..1.
struct ActivationOp {
  ActivationKind kind;
  float slope = 0;
  float maximum = 0;  // 0: none
};

struct SoftmaxOp {};  // over the last axis

// Per channel (last axis): x * scale + offset. A batch normalisation that could not be folded.
struct ScaleOp {
  std::vector<float> scale;
  std::vector<float> offset;
};

using OpData =
    std::variant<ConvolutionOp, DepthwiseConvolutionOp, MatrixProductOp, PoolingOp, GlobalAverageOp,
                 PadOp, ReshapeOp, SliceOp, PermuteOp, RepeatOp, ResizeOp, CombineOp, JoinOp,
                 ParametricRectifierOp, ActivationOp, SoftmaxOp, ScaleOp>;

// Values are numbered: the graph's inputs, then the result of each operation.
struct Op {
  std::string layer;           // where it came from; becomes a comment in the MLIR
  std::vector<size_t> inputs;  // values; one where its kind says nothing else
  Shape output_shape;
  OpData data;
};

struct GraphInput {
  std::string name;
  Shape shape;
};

struct GraphOutput {
  std::string name;
  size_t value;
};

struct Graph {
  std::vector<GraphInput> inputs;
  std::vector<Op> ops;
  std::vector<GraphOutput> outputs;

  [[nodiscard]] const Shape& ShapeOf(size_t value) const {
    return value < inputs.size() ? inputs[value].shape : ops[value - inputs.size()].output_shape;
  }
};

// INT64_MAX where the true number is larger. Extents are not negative.
[[nodiscard]] int64_t ElementCount(const Shape& shape);

}  // namespace host

#endif  // HOST_MODEL_GRAPH_H_
