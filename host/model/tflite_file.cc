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
enum : uint32_t { kShape, kType, kBuffer, kName, kQuantization, kIsVariable, kSparsity };
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

struct OptionField {
  TfliteOperatorCode code;
  uint32_t field;
  OptionMember member;
};

using enum TfliteOperatorCode;

constexpr OptionField kOptionFields[] = {
    {kAdd, 0, &TfliteOptions::activation},
    {kAveragePool2d, 0, &TfliteOptions::is_valid_padding},
    {kAveragePool2d, 1, &TfliteOptions::stride_width},
    {kAveragePool2d, 2, &TfliteOptions::stride_height},
    {kAveragePool2d, 3, &TfliteOptions::filter_width},
    {kAveragePool2d, 4, &TfliteOptions::filter_height},
    {kAveragePool2d, 5, &TfliteOptions::activation},
    {kMaxPool2d, 0, &TfliteOptions::is_valid_padding},
    {kMaxPool2d, 1, &TfliteOptions::stride_width},
    {kMaxPool2d, 2, &TfliteOptions::stride_height},
    {kMaxPool2d, 3, &TfliteOptions::filter_width},
    {kMaxPool2d, 4, &TfliteOptions::filter_height},
    {kMaxPool2d, 5, &TfliteOptions::activation},
    {kConv2d, 0, &TfliteOptions::is_valid_padding},
    {kConv2d, 1, &TfliteOptions::stride_width},
    {kConv2d, 2, &TfliteOptions::stride_height},
    {kConv2d, 3, &TfliteOptions::activation},
    {kConv2d, 4, &TfliteOptions::dilation_width},
    {kConv2d, 5, &TfliteOptions::dilation_height},
    {kDepthwiseConv2d, 0, &TfliteOptions::is_valid_padding},
    {kDepthwiseConv2d, 1, &TfliteOptions::stride_width},
    {kDepthwiseConv2d, 2, &TfliteOptions::stride_height},
    {kDepthwiseConv2d, 3, &TfliteOptions::depth_multiplier},
    {kDepthwiseConv2d, 4, &TfliteOptions::activation},
    {kDepthwiseConv2d, 5, &TfliteOptions::dilation_width},
    {kDepthwiseConv2d, 6, &TfliteOptions::dilation_height},
    {kFullyConnected, 0, &TfliteOptions::activation},
    {kSoftmax, 0, &TfliteOptions::beta},
};

// The operators that are read, with the number of their table in the union of options.
struct OperatorKind {
  TfliteOperatorCode code;
  uint8_t options_type;
};

constexpr OperatorKind kOperatorKinds[] = {
    {kAdd, 11},           {kAveragePool2d, 5}, {kConv2d, 1},   {kDepthwiseConv2d, 2},
    {kFullyConnected, 8}, {kMaxPool2d, 5},     {kReshape, 17}, {kSoftmax, 9},
    {kPad, 22},
};

uint64_t ElementBytes(int8_t type) {
  switch (static_cast<TfliteType>(type)) {
    case TfliteType::kFloat32:
    case TfliteType::kInt32:
      return 4;
    case TfliteType::kUint8:
    case TfliteType::kInt8:
      return 1;
    case TfliteType::kInt64:
      return 8;
  }
  return 0;
}

std::unexpected<Error> Fault(const FlatTable& at, std::string sentence) {
  return InputError(std::move(sentence), fmt::format("@{:#x}", at.offset()));
}

Result<TfliteTensor> ReadTensor(const FlatTable& table,
                                const std::vector<std::span<const uint8_t>>& buffers) {
  TfliteTensor tensor;
  tensor.name = TRY(table.Text(tensor_field::kName)).substr(0, kMaxNameBytes);
  tensor.type = TRY(table.Scalar<int8_t>(tensor_field::kType, 0));
  for (int32_t extent : TRY(table.Numbers<int32_t>(tensor_field::kShape, kMaxTfliteRank))) {
    if (extent < 1 || extent > kMaxExtent) {
      return Fault(table, fmt::format("tensor {} has an extent of {}", tensor.name, extent));
    }
    tensor.shape.push_back(extent);
  }
  if (ElementCount(tensor.shape) > kMaxExtent) {
    return Fault(table, fmt::format("tensor {} has too many elements", tensor.name));
  }
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
  const uint64_t wanted =
      ElementBytes(tensor.type) * static_cast<uint64_t>(ElementCount(tensor.shape));
  if (!tensor.data.empty() && wanted != 0 && tensor.data.size() != wanted) {
    return Fault(table, fmt::format("tensor {} holds {} bytes instead of {}", tensor.name,
                                    tensor.data.size(), wanted));
  }
  return tensor;
}

Result<TfliteOptions> ReadOptions(const FlatTable& table, const OperatorKind& kind) {
  TfliteOptions options;
  const auto type = TRY(table.Scalar<uint8_t>(operator_field::kOptionsType, 0));
  const auto fields = TRY(table.Table(operator_field::kOptions));
  if (!fields) return options;
  if (type != kind.options_type) return Fault(table, "the options are those of another operator");
  for (const OptionField& row : kOptionFields) {
    if (row.code != kind.code) continue;
    const auto read = [&](auto member) -> Result<> {
      auto& value = options.*member;
      value = TRY(fields->Scalar(row.field, value));
      return {};
    };
    TRY(std::visit(read, row.member));
  }
  return options;
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
    model_.input = TRY(OnlyTensor(subgraphs[0], subgraph_field::kInputs, "input"));
    model_.output = TRY(OnlyTensor(subgraphs[0], subgraph_field::kOutputs, "output"));
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
    is_known_.resize(model_.tensors.size());
    for (size_t i = 0; i < is_known_.size(); ++i) is_known_[i] = !model_.tensors[i].data.empty();
    return {};
  }

  [[nodiscard]] bool IsTensor(int32_t index) const {
    return index >= 0 && static_cast<size_t>(index) < model_.tensors.size();
  }

  Result<int32_t> OnlyTensor(const FlatTable& subgraph, uint32_t field, std::string_view what) {
    const auto indices = TRY(subgraph.Numbers<int32_t>(field, kMaxTfliteTensors));
    if (indices.size() != 1 || !IsTensor(indices[0])) {
      return Fault(subgraph,
                   fmt::format("{} {}s; a model of exactly one is read", indices.size(), what));
    }
    if (field == subgraph_field::kInputs) is_known_[static_cast<size_t>(indices[0])] = true;
    return indices[0];
  }

  Result<> Operators(const FlatTable& subgraph) {
    const auto codes = TRY(root_.Tables(model_field::kOperatorCodes, kMaxOperatorCodes));
    for (const FlatTable& table :
         TRY(subgraph.Tables(subgraph_field::kOperators, kMaxTfliteOperators))) {
      const auto index = TRY(table.Scalar<uint32_t>(operator_field::kCode, 0));
      if (index >= codes.size()) {
        return Fault(table, fmt::format("operator code {} of {}", index, codes.size()));
      }
      const OperatorKind kind = TRY(Kind(codes[index]));
      TfliteOperator op{.code = kind.code, .inputs = {}, .outputs = {}, .options = {}};
      op.inputs = TRY(table.Numbers<int32_t>(operator_field::kInputs, kMaxOperandsOfOperator));
      op.outputs = TRY(table.Numbers<int32_t>(operator_field::kOutputs, kMaxOperandsOfOperator));
      op.options = TRY(ReadOptions(table, kind));
      TRY(CheckOrder(table, op));
      model_.operators.push_back(std::move(op));
    }
    if (!is_known_[static_cast<size_t>(model_.output)]) {
      return Fault(subgraph, "no operator computes the model's output");
    }
    return {};
  }

  static Result<OperatorKind> Kind(const FlatTable& table) {
    // Numbers above 127 are only in the newer field, which older files do not have.
    const int32_t number =
        std::max<int32_t>(TRY(table.Scalar<int8_t>(operator_code_field::kDeprecatedCode, 0)),
                          TRY(table.Scalar<int32_t>(operator_code_field::kCode, 0)));
    for (const OperatorKind& kind : kOperatorKinds) {
      if (static_cast<int32_t>(kind.code) == number) return kind;
    }
    std::vector<std::string> read;
    for (const OperatorKind& kind : kOperatorKinds) {
      read.push_back(TfliteOperatorName(static_cast<int32_t>(kind.code)));
    }
    const std::string_view custom = TRY(table.Text(operator_code_field::kCustomCode));
    return Fault(
        table,
        fmt::format("{}{} is not among the operators that are read: {}", TfliteOperatorName(number),
                    custom.empty() ? "" : fmt::format(" ({:.64})", custom), fmt::join(read, ", ")));
  }

  // Each input is there when the operator runs, and nothing is computed twice.
  Result<> CheckOrder(const FlatTable& table, const TfliteOperator& op) {
    for (int32_t index : op.inputs) {
      if (index == -1) continue;
      if (!IsTensor(index)) return Fault(table, fmt::format("there is no tensor {}", index));
      if (!is_known_[static_cast<size_t>(index)]) {
        return Fault(table, fmt::format("tensor {} is used before it is computed", index));
      }
    }
    for (int32_t index : op.outputs) {
      if (!IsTensor(index)) return Fault(table, fmt::format("there is no tensor {}", index));
      if (is_known_[static_cast<size_t>(index)]) {
        return Fault(table, fmt::format("tensor {} is computed twice", index));
      }
      is_known_[static_cast<size_t>(index)] = true;
    }
    return {};
  }

  const FlatTable& root_;
  TfliteModel model_;
  std::vector<bool> is_known_;
};

}  // namespace

Result<TfliteModel> ParseTflite(std::span<const uint8_t> bytes) {
  const FlatTable root = TRY(FlatTable::Root(bytes, "TFL3"));
  return Reader(root).Model();
}

}  // namespace host
