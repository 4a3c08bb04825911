// SPDX-License-Identifier: Apache-2.0

// The content of a TFLite file (schema version 3): tensors and operators of its one subgraph, with
// every index checked, before any operator has a meaning (that is tflite_linalg's).
//
// The file is hostile: counts are limited, every offset is checked (host/model/flatbuffer.h), and a
// fault is an Error of kind kInput whose place is "@0x<byte offset>" or names tensor or operator.
// Constants point into the caller's bytes, which must outlive the model. Cost: no weight is copied.
#ifndef HOST_MODEL_TFLITE_FILE_H_
#define HOST_MODEL_TFLITE_FILE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"
#include "host/model/graph.h"

namespace host {

// Numbers of the schema's TensorType.
enum class TfliteType : int8_t {
  kFloat32 = 0,
  kFloat16 = 1,
  kInt32 = 2,
  kUint8 = 3,
  kInt64 = 4,
  kBool = 6,
  kInt16 = 7,
  kInt8 = 9,
};

// Numbers of the schema's BuiltinOperator, those that have a meaning here.
enum class TfliteOperatorCode : int32_t {
  kAdd = 0,
  kAveragePool2d = 1,
  kConcatenation = 2,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kDepthToSpace = 5,
  kDequantize = 6,
  kFloor = 8,
  kFullyConnected = 9,
  kLogistic = 14,
  kMaxPool2d = 17,
  kMul = 18,
  kRelu = 19,
  kReluN1To1 = 20,
  kRelu6 = 21,
  kReshape = 22,
  kResizeBilinear = 23,
  kSoftmax = 25,
  kSpaceToDepth = 26,
  kTanh = 28,
  kCustom = 32,
  kPad = 34,
  kGather = 36,
  kBatchToSpaceNd = 37,
  kSpaceToBatchNd = 38,
  kTranspose = 39,
  kMean = 40,
  kSub = 41,
  kDiv = 42,
  kSqueeze = 43,
  kStridedSlice = 45,
  kExp = 47,
  kSplit = 49,
  kLogSoftmax = 50,
  kCast = 53,
  kPrelu = 54,
  kMaximum = 55,
  kArgMax = 56,
  kMinimum = 57,
  kNeg = 59,
  kPadV2 = 60,
  kSlice = 65,
  kTransposeConv = 67,
  kTile = 69,
  kExpandDims = 70,
  kLog = 73,
  kSum = 74,
  kSqrt = 75,
  kRsqrt = 76,
  kShape = 77,
  kReduceMax = 82,
  kPack = 83,
  kUnpack = 88,
  kReduceMin = 89,
  kSquare = 92,
  kResizeNearestNeighbor = 97,
  kLeakyRelu = 98,
  kSquaredDifference = 99,
  kMirrorPad = 100,
  kAbs = 101,
  kSplitV = 102,
  kCeil = 104,
  kReverseV2 = 105,
  kElu = 111,
  kQuantize = 114,
  kHardSwish = 117,
  kBatchMatmul = 126,
  kBroadcastTo = 130,
  kGelu = 150,
};

// The schema's ActivationFunctionType; others are refused.
enum class TfliteActivation : int8_t { kNone = 0, kRelu = 1, kReluN1To1 = 2, kRelu6 = 3 };

struct TfliteTensor {
  std::string name;
  int8_t type = 0;  // foreign: compare with TfliteType
  Shape shape;      // extents -1 (not known) .. 2^30, rank <= 8, at most 2^30 elements
  std::vector<float> scales;
  std::vector<int64_t> zero_points;
  int32_t quantized_dimension = 0;
  bool has_open_batch = false;    // the first extent is an example: the file leaves it open
  std::span<const uint8_t> data;  // a constant's, as long as its shape says; else empty

  [[nodiscard]] bool Is(TfliteType wanted) const { return type == static_cast<int8_t>(wanted); }
  [[nodiscard]] bool is_constant() const { return !data.empty(); }
};

// Union of the options of all operators that are read; those an operator has not keep the default.
// Numbers are foreign. Booleans are 0 or not.
struct TfliteOptions {
  int8_t is_valid_padding = 0;  // SAME 0, VALID 1
  int8_t activation = 0;        // a TfliteActivation after the writer's check
  int32_t stride_width = 1;
  int32_t stride_height = 1;
  int32_t dilation_width = 1;
  int32_t dilation_height = 1;
  int32_t filter_width = 1;
  int32_t filter_height = 1;
  int32_t depth_multiplier = 0;
  int8_t weights_format = 0;
  float beta = 0;
  float alpha = 0;
  int32_t axis = 0;
  int32_t batch_dims = 0;
  int32_t block_size = 0;
  int32_t begin_mask = 0;
  int32_t end_mask = 0;
  int32_t ellipsis_mask = 0;
  int32_t new_axis_mask = 0;
  int32_t shrink_axis_mask = 0;
  int8_t is_end_an_offset = 0;
  int8_t keep_dims = 0;
  int8_t align_corners = 0;
  int8_t half_pixel_centers = 0;
  int8_t mirror_mode = 0;  // REFLECT 0, SYMMETRIC 1
  int8_t adjoint_x = 0;
  int8_t adjoint_y = 0;
  int8_t is_approximate = 0;
};

struct TfliteOperator {
  int32_t code = 0;              // foreign: compare with TfliteOperatorCode
  std::string custom_code;       // of kCustom
  std::vector<int32_t> inputs;   // tensor indices; -1: left out
  std::vector<int32_t> outputs;  // tensor indices
  uint8_t options_type = 0;      // the schema's BuiltinOptions; 0: none
  TfliteOptions options;
};

struct TfliteModel {
  std::string description;
  std::vector<int32_t> inputs;   // tensor indices, at least one
  std::vector<int32_t> outputs;  // tensor indices, at least one
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;  // in the file's order
};

inline constexpr uint64_t kMaxTfliteFileBytes = 256ull << 20;
inline constexpr size_t kMaxTfliteTensors = 16'384;
inline constexpr size_t kMaxTfliteOperators = 8'192;
inline constexpr size_t kMaxTfliteRank = 8;
inline constexpr size_t kMaxTfliteEnds = 64;  // inputs or outputs of a model

// "CONV_2D"; "operator <n>" for a number the schema did not have when this was written.
[[nodiscard]] std::string TfliteOperatorName(int32_t code);
// "int16"; "type <n>" for a number that is not known.
[[nodiscard]] std::string TfliteTypeName(int8_t type);
// Of one element; 0 if the type is not known or has no fixed size.
[[nodiscard]] uint64_t TfliteElementBytes(int8_t type);

[[nodiscard]] Result<TfliteModel> ParseTflite(std::span<const uint8_t> bytes);

}  // namespace host

#endif  // HOST_MODEL_TFLITE_FILE_H_
