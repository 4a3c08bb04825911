// SPDX-License-Identifier: Apache-2.0

#include "host/model/tflite_file.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/flatbuffer.h"

namespace host {
namespace {

constexpr uint32_t kSchemaVersion = 3;
constexpr size_t kMaxOperatorCodes = 1024;
constexpr size_t kMaxOperandsOfOperator = 64;
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxChannels = 65'536;
// Of all tensors together: one list in the file may serve many tensors.
constexpr size_t kMaxScales = 4 << 20;
constexpr int64_t kMaxExtent = 1 << 30;

// Field numbers of the schema's tables.
namespace model_field {
enum : uint32_t { kVersion, kOperatorCodes, kSubgraphs, kDescription, kBuffers };
}
namespace operator_code_field {
enum : uint32_t { kDeprecatedCode, kCustomCode, kVersion, kCode };
}
namespace subgraph_field {
enum : uint32_t { kTensors, kInputs, kOutputs, kOperators };
}
namespace tensor_field {
enum : uint32_t {
  kShape,
  kType,
  kBuffer,
  kName,
  kQuantization,
  kIsVariable,
  kSparsity,
  kShapeSignature,
};
}
namespace quantization_field {
enum : uint32_t { kMin, kMax, kScale, kZeroPoint, kDetailsType, kDetails, kDimension };
}
namespace operator_field {
enum : uint32_t { kCode, kInputs, kOutputs, kOptionsType, kOptions };
}
namespace buffer_field {
enum : uint32_t { kData, kOffset };
}

using OptionMember =
    std::variant<int8_t TfliteOptions::*, int32_t TfliteOptions::*, float TfliteOptions::*>;

// A field of one of the schema's BuiltinOptions tables.
struct OptionField {
  uint8_t options_type;
  uint32_t field;
  OptionMember member;
};

constexpr OptionField kOptionFields[] = {
    // Conv2DOptions
    {1, 0, &TfliteOptions::is_valid_padding},
    {1, 1, &TfliteOptions::stride_width},
    {1, 2, &TfliteOptions::stride_height},
    {1, 3, &TfliteOptions::activation},
    {1, 4, &TfliteOptions::dilation_width},
    {1, 5, &TfliteOptions::dilation_height},
    // DepthwiseConv2DOptions
    {2, 0, &TfliteOptions::is_valid_padding},
    {2, 1, &TfliteOptions::stride_width},
    {2, 2, &TfliteOptions::stride_height},
    {2, 3, &TfliteOptions::depth_multiplier},
    {2, 4, &TfliteOptions::activation},
    {2, 5, &TfliteOptions::dilation_width},
    {2, 6, &TfliteOptions::dilation_height},
    // Pool2DOptions
    {5, 0, &TfliteOptions::is_valid_padding},
    {5, 1, &TfliteOptions::stride_width},
    {5, 2, &TfliteOptions::stride_height},
    {5, 3, &TfliteOptions::filter_width},
    {5, 4, &TfliteOptions::filter_height},
    {5, 5, &TfliteOptions::activation},
    // FullyConnectedOptions
    {8, 0, &TfliteOptions::activation},
    {8, 1, &TfliteOptions::weights_format},
    // SoftmaxOptions
    {9, 0, &TfliteOptions::beta},
    // ConcatenationOptions
    {10, 0, &TfliteOptions::axis},
    {10, 1, &TfliteOptions::activation},
    // AddOptions, MulOptions, SubOptions, DivOptions
    {11, 0, &TfliteOptions::activation},
    {21, 0, &TfliteOptions::activation},
    {28, 0, &TfliteOptions::activation},
    {29, 0, &TfliteOptions::activation},
    // ResizeBilinearOptions, ResizeNearestNeighborOptions
    {15, 2, &TfliteOptions::align_corners},
    {15, 3, &TfliteOptions::half_pixel_centers},
    {74, 0, &TfliteOptions::align_corners},
    {74, 1, &TfliteOptions::half_pixel_centers},
    // SpaceToDepthOptions, DepthToSpaceOptions
    {19, 0, &TfliteOptions::block_size},
    {94, 0, &TfliteOptions::block_size},
    // GatherOptions
    {23, 0, &TfliteOptions::axis},
    {23, 1, &TfliteOptions::batch_dims},
    // ReducerOptions
    {27, 0, &TfliteOptions::keep_dims},
    // StridedSliceOptions
    {32, 0, &TfliteOptions::begin_mask},
    {32, 1, &TfliteOptions::end_mask},
    {32, 2, &TfliteOptions::ellipsis_mask},
    {32, 3, &TfliteOptions::new_axis_mask},
    {32, 4, &TfliteOptions::shrink_axis_mask},
    {32, 5, &TfliteOptions::is_end_an_offset},
    // TransposeConvOptions
    {49, 0, &TfliteOptions::is_valid_padding},
    {49, 1, &TfliteOptions::stride_width},
    {49, 2, &TfliteOptions::stride_height},
    {49, 3, &TfliteOptions::activation},
    // PackOptions, UnpackOptions
    {59, 1, &TfliteOptions::axis},
    {64, 1, &TfliteOptions::axis},
    // LeakyReluOptions
    {75, 0, &TfliteOptions::alpha},
    // MirrorPadOptions
    {77, 0, &TfliteOptions::mirror_mode},
    // BatchMatMulOptions
    {101, 0, &TfliteOptions::adjoint_x},
    {101, 1, &TfliteOptions::adjoint_y},
    // GeluOptions
    {116, 0, &TfliteOptions::is_approximate},
};

struct TypeRow {
  TfliteType type;
  std::string_view name;
  uint64_t element_bytes;
};

constexpr TypeRow kTypes[] = {
    {TfliteType::kFloat32, "float32", 4}, {TfliteType::kFloat16, "float16", 2},
    {TfliteType::kInt32, "int32", 4},     {TfliteType::kUint8, "uint8", 1},
    {TfliteType::kInt64, "int64", 8},     {TfliteType::kBool, "bool", 1},
    {TfliteType::kInt16, "int16", 2},     {TfliteType::kInt8, "int8", 1},
};

std::unexpected<Error> Fault(const FlatTable& at, std::string sentence) {
  return InputError(std::move(sentence), fmt::format("@{:#x}", at.offset()));
}

Result<TfliteTensor> ReadTensor(const FlatTable& table,
                                const std::vector<std::span<const uint8_t>>& buffers) {
  TfliteTensor tensor;
  tensor.name = TRY(table.Text(tensor_field::kName)).substr(0, kMaxNameBytes);
  tensor.type = TRY(table.Scalar<int8_t>(tensor_field::kType, 0));
  bool is_known = true;
  int64_t elements = 1;
  for (int32_t extent : TRY(table.Numbers<int32_t>(tensor_field::kShape, kMaxTfliteRank))) {
    if (extent < -1 || extent > kMaxExtent) {
      return Fault(table, fmt::format("tensor {} has an extent of {}", tensor.name, extent));
    }
    tensor.shape.push_back(extent);
    is_known = is_known && extent != -1;
    elements *= std::max(extent, 1);
    if (elements > kMaxExtent) {
      return Fault(table, fmt::format("tensor {} has too many elements", tensor.name));
    }
  }
  const auto signature = TRY(table.Numbers<int32_t>(tensor_field::kShapeSignature, kMaxTfliteRank));
  tensor.has_open_batch =
      !signature.empty() && signature.size() == tensor.shape.size() && signature[0] == -1;
  if (TRY(table.Table(tensor_field::kSparsity))) {
    return Fault(table, fmt::format("tensor {} is sparse, which is not read", tensor.name));
  }
  if (const auto quantization = TRY(table.Table(tensor_field::kQuantization))) {
    tensor.scales = TRY(quantization->Numbers<float>(quantization_field::kScale, kMaxChannels));
    tensor.zero_points =
        TRY(quantization->Numbers<int64_t>(quantization_field::kZeroPoint, kMaxChannels));
    tensor.quantized_dimension =
        TRY(quantization->Scalar<int32_t>(quantization_field::kDimension, 0));
  }
  const auto buffer = TRY(table.Scalar<uint32_t>(tensor_field::kBuffer, 0));
  if (buffer >= buffers.size()) {
    return Fault(
        table, fmt::format("tensor {} names buffer {} of {}", tensor.name, buffer, buffers.size()));
  }
  tensor.data = buffers[buffer];
  const uint64_t element_bytes = TfliteElementBytes(tensor.type);
  if (tensor.data.empty() || element_bytes == 0) return tensor;
  const uint64_t wanted =
      is_known ? element_bytes * static_cast<uint64_t>(ElementCount(tensor.shape)) : 0;
  if (tensor.data.size() != wanted) {
    return Fault(table, fmt::format("tensor {} holds {} bytes instead of {}", tensor.name,
                                    tensor.data.size(), wanted));
  }
  return tensor;
}

Result<> ReadOptions(const FlatTable& table, TfliteOperator* op) {
  const auto fields = TRY(table.Table(operator_field::kOptions));
  if (!fields) return {};
  op->options_type = TRY(table.Scalar<uint8_t>(operator_field::kOptionsType, 0));
  for (const OptionField& row : kOptionFields) {
    if (row.options_type != op->options_type) continue;
    const auto read = [&](auto member) -> Result<> {
      auto& value = op->options.*member;
      value = TRY(fields->Scalar(row.field, value));
      return {};
    };
    TRY(std::visit(read, row.member));
  }
  return {};
}

class Reader {
 public:
  explicit Reader(const FlatTable& root) : root_(root) {}

  Result<TfliteModel> Model() {
    const auto version = TRY(root_.Scalar<uint32_t>(model_field::kVersion, 0));
    if (version != kSchemaVersion) {
      return Fault(root_, fmt::format("schema version {}, not {}", version, kSchemaVersion));
    }
    model_.description = TRY(root_.Text(model_field::kDescription)).substr(0, kMaxNameBytes);
    const auto subgraphs = TRY(root_.Tables(model_field::kSubgraphs, 64));
    if (subgraphs.size() != 1) {
      return Fault(root_, fmt::format("{} subgraphs; exactly one is read", subgraphs.size()));
    }
    TRY(Tensors(subgraphs[0]));
    model_.inputs = TRY(Ends(subgraphs[0], subgraph_field::kInputs, "input"));
    model_.outputs = TRY(Ends(subgraphs[0], subgraph_field::kOutputs, "output"));
    TRY(Operators(subgraphs[0]));
    return std::move(model_);
  }

 private:
  Result<> Tensors(const FlatTable& subgraph) {
    std::vector<std::span<const uint8_t>> buffers;
    for (const FlatTable& buffer : TRY(root_.Tables(model_field::kBuffers, kMaxTfliteTensors))) {
      if (TRY(buffer.Scalar<uint64_t>(buffer_field::kOffset, 0)) > 1) {
        return Fault(buffer, "a buffer behind the FlatBuffer, as in models above 2 GiB");
      }
      buffers.push_back(TRY(buffer.Bytes(buffer_field::kData)));
    }
    size_t scales = 0;
    for (const FlatTable& table :
         TRY(subgraph.Tables(subgraph_field::kTensors, kMaxTfliteTensors))) {
      model_.tensors.push_back(TRY(ReadTensor(table, buffers)));
      scales += model_.tensors.back().scales.size() + model_.tensors.back().zero_points.size();
      if (scales > kMaxScales) return Fault(table, "too many quantisation parameters");
    }
    return {};
  }

  Result<std::vector<int32_t>> Ends(const FlatTable& subgraph, uint32_t field,
                                    std::string_view what) {
    auto indices = TRY(subgraph.Numbers<int32_t>(field, kMaxTfliteEnds));
    if (indices.empty()) return Fault(subgraph, fmt::format("the model has no {}", what));
    for (int32_t index : indices) TRY(CheckTensor(subgraph, index));
    return indices;
  }

  Result<> Operators(const FlatTable& subgraph) {
    const auto codes = TRY(root_.Tables(model_field::kOperatorCodes, kMaxOperatorCodes));
    for (const FlatTable& table :
         TRY(subgraph.Tables(subgraph_field::kOperators, kMaxTfliteOperators))) {
      const auto index = TRY(table.Scalar<uint32_t>(operator_field::kCode, 0));
      if (index >= codes.size()) {
        return Fault(table, fmt::format("operator code {} of {}", index, codes.size()));
      }
      TfliteOperator op;
      // Numbers above 127 are only in the newer field, which older files do not have.
      op.code = std::max<int32_t>(
          TRY(codes[index].Scalar<int8_t>(operator_code_field::kDeprecatedCode, 0)),
          TRY(codes[index].Scalar<int32_t>(operator_code_field::kCode, 0)));
      op.custom_code =
          TRY(codes[index].Text(operator_code_field::kCustomCode)).substr(0, kMaxNameBytes);
      op.inputs = TRY(table.Numbers<int32_t>(operator_field::kInputs, kMaxOperandsOfOperator));
      op.outputs = TRY(table.Numbers<int32_t>(operator_field::kOutputs, kMaxOperandsOfOperator));
      for (int32_t tensor : op.inputs) {
        if (tensor != -1) TRY(CheckTensor(table, tensor));
      }
      for (int32_t tensor : op.outputs) TRY(CheckTensor(table, tensor));
      TRY(ReadOptions(table, &op));
      model_.operators.push_back(std::move(op));
    }
    return {};
  }

  [[nodiscard]] Result<> CheckTensor(const FlatTable& table, int32_t index) const {
    if (index >= 0 && static_cast<size_t>(index) < model_.tensors.size()) return {};
    return Fault(table, fmt::format("there is no tensor {}", index));
  }

  const FlatTable root_;
  TfliteModel model_;
};

}  // namespace

std::string TfliteTypeName(int8_t type) {
  for (const TypeRow& row : kTypes) {
    if (type == static_cast<int8_t>(row.type)) return std::string(row.name);
  }
  return fmt::format("type {}", type);
}

uint64_t TfliteElementBytes(int8_t type) {
  for (const TypeRow& row : kTypes) {
    if (type == static_cast<int8_t>(row.type)) return row.element_bytes;
  }
  return 0;
}

Result<TfliteModel> ParseTflite(std::span<const uint8_t> bytes) {
  return Reader(TRY(FlatTable::Root(bytes, "TFL3"))).Model();
}

}  // namespace host
