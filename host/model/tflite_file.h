// The content of a TFLite file (schema version 3): tensors and operators of its one subgraph, with
// every index checked, before any operator has a meaning.
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
enum class TfliteType : int8_t { kFloat32 = 0, kInt32 = 2, kUint8 = 3, kInt64 = 4, kInt8 = 9 };

// Numbers of the schema's BuiltinOperator, those that are read.
enum class TfliteOperatorCode : int32_t {
  kAdd = 0,
  kAveragePool2d = 1,
  kConv2d = 3,
  kDepthwiseConv2d = 4,
  kFullyConnected = 9,
  kMaxPool2d = 17,
  kReshape = 22,
  kSoftmax = 25,
  kPad = 34,
};

// The schema's ActivationFunctionType; others are refused.
enum class TfliteActivation : int8_t { kNone = 0, kRelu = 1, kReluN1To1 = 2, kRelu6 = 3 };

struct TfliteTensor {
  std::string name;
  int8_t type = 0;  // foreign: compare with TfliteType
  Shape shape;      // extents 1 .. 2^30, rank <= 8
  std::vector<float> scales;
  std::vector<int64_t> zero_points;
  int32_t quantized_dimension = 0;
  std::span<const uint8_t> data;  // a constant's; empty for what is computed

  [[nodiscard]] bool Is(TfliteType wanted) const { return type == static_cast<int8_t>(wanted); }
};

// Union of the options of all operators that are read; those an operator has not keep the default.
struct TfliteOptions {
  int8_t is_valid_padding = 0;  // SAME 0, VALID 1
  int8_t activation = 0;        // foreign: a TfliteActivation after the writer's check
  int32_t stride_width = 1;
  int32_t stride_height = 1;
  int32_t dilation_width = 1;
  int32_t dilation_height = 1;
  int32_t filter_width = 1;
  int32_t filter_height = 1;
  int32_t depth_multiplier = 0;
  float beta = 0;
};

struct TfliteOperator {
  TfliteOperatorCode code;
  std::vector<int32_t> inputs;   // tensor indices; -1: left out
  std::vector<int32_t> outputs;  // tensor indices
  TfliteOptions options;
};

struct TfliteModel {
  std::string description;
  int32_t input = 0;
  int32_t output = 0;
  std::vector<TfliteTensor> tensors;
  std::vector<TfliteOperator> operators;  // in an order in which they can run
};

inline constexpr uint64_t kMaxTfliteFileBytes = 256ull << 20;
inline constexpr size_t kMaxTfliteTensors = 16'384;
inline constexpr size_t kMaxTfliteOperators = 8'192;
inline constexpr size_t kMaxTfliteRank = 8;

// "CONV_2D"; "operator <n>" for a number the schema did not have when this was written.
[[nodiscard]] std::string TfliteOperatorName(int32_t code);

[[nodiscard]] Result<TfliteModel> ParseTflite(std::span<const uint8_t> bytes);

}  // namespace host

#endif  // HOST_MODEL_TFLITE_FILE_H_
