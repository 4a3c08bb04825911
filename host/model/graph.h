// A network as a chain of operations on one float32 tensor, batch 1, channels last. Every shape in
// it is static and includes the batch dimension; every constant has the size its operation needs.
// The reader (keras_layers) guarantees both; the writer (linalg_writer) relies on it.
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

struct PadOp {
  Padding padding;  // with zeros
};

struct ReshapeOp {};  // to the operation's output shape

enum class ActivationKind { kRectifier, kElu, kSigmoid, kTanh };

// kRectifier: min(x, maximum) above 0, slope * x below. kElu: slope * (exp(x) - 1) below 0.
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

using OpData = std::variant<ConvolutionOp, DepthwiseConvolutionOp, MatrixProductOp, PoolingOp,
                            GlobalAverageOp, PadOp, ReshapeOp, ActivationOp, SoftmaxOp, ScaleOp>;

struct Op {
  std::string layer;  // where it came from; becomes a comment in the MLIR
  Shape output_shape;
  OpData data;
};

struct Graph {
  std::string input_name;
  Shape input_shape;
  std::string output_name;
  std::vector<Op> ops;

  [[nodiscard]] const Shape& output_shape() const {
    return ops.empty() ? input_shape : ops.back().output_shape;
  }
};

// INT64_MAX where the true number is larger. Extents are not negative.
[[nodiscard]] int64_t ElementCount(const Shape& shape);

}  // namespace host

#endif  // HOST_MODEL_GRAPH_H_
