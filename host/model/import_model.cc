// SPDX-License-Identifier: Apache-2.0

#include "host/model/import_model.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/graph.h"
#include "host/model/keras_config.h"
#include "host/model/keras_file.h"
#include "host/model/keras_layers.h"
#include "host/model/linalg_writer.h"
#include "host/model/tflite_file.h"
#include "host/model/tflite_fold.h"
#include "host/model/tflite_linalg.h"

namespace host {
namespace {

std::filesystem::path SpecificationPath(const std::filesystem::path& path) {
  std::filesystem::path beside = path;
  beside += ".json";
  return beside;
}

// What the first bytes of a file say it is, for those that are not read.
struct ForeignFormat {
  std::string_view name;
  size_t offset;
  std::string_view magic;
  std::string_view advice;
};

constexpr ForeignFormat kForeignFormats[] = {
    {"a .keras archive", 0, std::string_view("PK\x03\x04", 4),
     "save it with a name that ends in .h5"},
    {"an IREE module", 4, std::string_view("\x08\0\0\0IREE", 8),
     "it is compiled already: use it with test, or with kenning run"},
};

constexpr std::string_view kHdf5Magic = "\x89HDF\r\n\x1a\n";
constexpr std::string_view kTfliteMagic = "TFL3";  // at offset 4

enum class ModelFormat { kKeras, kTflite };

Result<ModelFormat> FormatOf(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return InputError("the model cannot be opened", path.string());
  std::array<char, 64> head{};
  stream.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<size_t>(stream.gcount()));
  if (bytes.starts_with(kHdf5Magic)) return ModelFormat::kKeras;
  if (bytes.size() > 4 && bytes.substr(4).starts_with(kTfliteMagic)) return ModelFormat::kTflite;
  for (const ForeignFormat& format : kForeignFormats) {
    if (bytes.size() > format.offset && bytes.substr(format.offset).starts_with(format.magic)) {
      return InputError(
          fmt::format("{}, which is not read directly; {}", format.name, format.advice),
          path.string());
    }
  }
  return InputError(
      "neither a Keras HDF5 file (it does not begin with the HDF5 signature) nor a TFLite model, "
      "nor is it named *.onnx",
      path.string());
}

TensorSpecification Tensor(const std::string& name, const Shape& shape) {
  TensorSpecification tensor;
  tensor.name = name;
  tensor.shapes = {shape};
  tensor.dtype = "float32";
  return tensor;
}

bool Fits(const std::vector<int64_t>& pattern, const std::vector<int64_t>& shape) {
  return std::ranges::equal(pattern, shape,
                            [](int64_t want, int64_t is) { return want == -1 || want == is; });
}

// Whether the tensors of the file can be the model's: same types, one shape of each fits.
Result<> CheckTensors(const std::vector<TensorSpecification>& listed,
                      const std::vector<TensorSpecification>& actual, const std::string& place) {
  if (listed.size() != actual.size()) {
    return InputError(
        fmt::format("describes {} tensors, but the model has {}", listed.size(), actual.size()),
        place);
  }
  for (size_t i = 0; i < actual.size(); ++i) {
    const bool matches = listed[i].dtype == actual[i].dtype &&
                         std::ranges::any_of(listed[i].shapes, [&](const auto& shape) {
                           return Fits(shape, actual[i].shapes.front());
                         });
    if (matches) continue;
    return InputError(fmt::format("does not describe the model, whose tensor {} is {} of shape {}",
                                  actual[i].name, actual[i].dtype, actual[i].shapes.front()),
                      place);
  }
  return {};
}

Result<std::vector<uint8_t>> ReadTfliteBytes(const std::filesystem::path& path) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure || size > kMaxTfliteFileBytes) {
    return InputError(fmt::format("larger than {} bytes, or not a file", kMaxTfliteFileBytes),
                      path.string());
  }
  std::vector<uint8_t> bytes(size);
  std::ifstream stream(path, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) {
    return InputError("the model cannot be read", path.string());
  }
  return bytes;
}

TensorSpecification SpecificationOf(const TfliteTensor& tensor) {
  TensorSpecification specification = Tensor(tensor.name, tensor.shape);
  specification.dtype = TfliteTypeName(tensor.type);
  if (tensor.Is(TfliteType::kFloat32) || tensor.scales.empty()) return specification;
  specification.prequantized_dtype = "float32";
  specification.scale = static_cast<double>(tensor.scales.front());
  specification.zero_point = tensor.zero_points.empty() ? 0 : tensor.zero_points.front();
  return specification;
}

Result<ImportedModel> ImportTflite(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = TRY(ReadTfliteBytes(path));
  const auto at_path = [&](Error error) {
    error.place = path.string() + error.place;
    return std::unexpected(std::move(error));
  };
  const auto parsed = ParseTflite(bytes);
  if (!parsed) return at_path(parsed.error());
  auto mlir = WriteTfliteLinalg(*parsed);
  if (!mlir) return at_path(mlir.error());
  ImportedModel model;
  model.mlir = *std::move(mlir);
  for (int32_t index : parsed->inputs) {
    model.io.input.push_back(SpecificationOf(parsed->tensors[static_cast<size_t>(index)]));
  }
  for (int32_t index : parsed->outputs) {
    model.io.output.push_back(SpecificationOf(parsed->tensors[static_cast<size_t>(index)]));
  }
  model.framework = "tflite";
  if (HasDynamicRange(*parsed)) {
    model.notes.push_back(
        "int8 weights meet float32 activations (dynamic-range quantisation): computed in float32 "
        "here, while TFLite rounds the activations to int8 as it runs; outputs differ by that");
  }
  for (const TfliteTensor& tensor : parsed->tensors) {
    if (!tensor.data.empty()) {
      model.parameter_count += static_cast<uint64_t>(ElementCount(tensor.shape));
    }
  }
  return model;
}

}  // namespace

Result<ImportedModel> ImportModel(const std::filesystem::path& path,
                                  std::chrono::milliseconds time_limit) {
  if (TRY(FormatOf(path)) == ModelFormat::kTflite) return ImportTflite(path);
  const KerasFile file = TRY(ReadKerasFile(path, time_limit));
  const auto at_path = [&](Error error) {
    error.place = path.string();
    return std::unexpected(std::move(error));
  };
  auto network = ParseKerasConfig(file.model_config);
  if (!network) return at_path(network.error());
  if (file.keras_version.starts_with('3')) network->keras_version = 3;
  auto built = BuildKerasGraph(*network, file.layers);
  if (!built) return at_path(built.error());

  ImportedModel model;
  model.mlir = WriteLinalg(built->graph);
  for (const GraphInput& input : built->graph.inputs) {
    model.io.input.push_back(Tensor(input.name, input.shape));
  }
  for (const GraphOutput& output : built->graph.outputs) {
    model.io.output.push_back(Tensor(output.name, built->graph.ShapeOf(output.value)));
  }
  model.framework = "keras";
  model.framework_version = file.keras_version;
  for (const KerasLayerWeights& layer : file.layers) {
    for (const KerasWeight& weight : layer.weights) model.parameter_count += weight.values.size();
  }
  model.notes = std::move(built->notes);
  return model;
}

Result<IoSpecification> SpecificationFor(const ImportedModel& model,
                                         const std::filesystem::path& path,
                                         const std::vector<std::string>& class_names) {
  const std::filesystem::path beside = SpecificationPath(path);
  std::error_code ignored;
  IoSpecification specification = model.io;
  const bool has_file = std::filesystem::exists(beside, ignored);
  if (has_file) {
    specification = TRY(ReadIoSpecification(beside));
    const std::string place = beside.string();
    TRY(CheckTensors(specification.device_input(), model.io.input, place + "#/input"));
    TRY(CheckTensors(specification.output, model.io.output, place + "#/output"));
  }
  TensorSpecification& output = specification.output.front();
  if (output.class_names.empty()) output.class_names = class_names;
  const std::vector<int64_t>& shape = model.io.output[0].shapes[0];
  const auto outputs = shape.empty() ? size_t{1} : static_cast<size_t>(shape.back());
  if (!output.class_names.empty() && output.class_names.size() != outputs) {
    return InputError(
        fmt::format("{} class names ({}) for {} outputs of the model", output.class_names.size(),
                    fmt::join(output.class_names, ", "), outputs),
        has_file ? beside.string() : path.string());
  }
  return specification;
}

}  // namespace host
