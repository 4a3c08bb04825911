// SPDX-License-Identifier: Apache-2.0

#include "host/model/io_specification.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace host {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxTensors = 16;
constexpr size_t kMaxShapes = 16;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxClasses = 100'000;
constexpr int64_t kMaxExtent = 1 << 30;

struct Dtype {
  std::string_view name;
  uint32_t size_bytes;
};

constexpr Dtype kDtypes[] = {
    {"bool", 1},  {"int8", 1},   {"uint8", 1},   {"int16", 2}, {"uint16", 2}, {"float16", 2},
    {"int32", 4}, {"uint32", 4}, {"float32", 4}, {"int64", 8}, {"uint64", 8}, {"float64", 8},
};

// One reading of one file: knows its name, so that each fault gets file and JSON pointer.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  Result<IoSpecification> Specification(const Json& json) {
    if (!json.is_object()) return Fault("", "not an object");
    static constexpr std::array<std::string_view, 5> kKeys = {"input", "processed_input", "output",
                                                              "processed_output", "entry_func"};
    for (const auto& [key, value] : json.items()) {
      if (std::ranges::find(kKeys, key) == kKeys.end()) return Fault("/" + key, "unknown key");
    }
    IoSpecification specification;
    specification.input = TRY(Tensors(json, "input", true));
    specification.processed_input = TRY(Tensors(json, "processed_input", false));
    specification.output = TRY(Tensors(json, "output", true));
    specification.processed_output = TRY(Tensors(json, "processed_output", false));
    if (const auto entry = json.find("entry_func"); entry != json.end() && !entry->is_null()) {
      if (!entry->is_string()) return Fault("/entry_func", "not text");
      specification.entry_func = entry->get<std::string>();
    }
    return specification;
  }

 private:
  [[nodiscard]] std::unexpected<Error> Fault(const std::string& pointer,
                                             std::string sentence) const {
    return InputError(std::move(sentence), name_ + "#" + pointer);
  }

  Result<std::vector<TensorSpecification>> Tensors(const Json& json, const char* key,
                                                   bool is_required) {
    const std::string pointer = fmt::format("/{}", key);
    const auto list = json.find(key);
    if (list == json.end() || list->is_null()) {
      if (is_required) return Fault(pointer, "missing");
      return {};
    }
    if (!list->is_array() || list->size() > kMaxTensors || (is_required && list->empty())) {
      return Fault(pointer, fmt::format("not a list of 1 to {} tensors", kMaxTensors));
    }
    std::vector<TensorSpecification> tensors;
    for (size_t i = 0; i < list->size(); ++i) {
      tensors.push_back(TRY(Tensor((*list)[i], fmt::format("{}/{}", pointer, i))));
    }
    return tensors;
  }

  Result<TensorSpecification> Tensor(const Json& json, const std::string& pointer) {
    if (!json.is_object()) return Fault(pointer, "not an object");
    TensorSpecification tensor;
    for (const auto& [key, value] : json.items()) {
      const std::string at = fmt::format("{}/{}", pointer, key);
      if (key == "name" || key == "dtype" || key == "prequantized_dtype") {
        if (!value.is_string()) return Fault(at, "not text");
        const auto text = value.get<std::string>();
        if (key != "name" && DtypeSizeBytes(text) == 0) {
          return Fault(at, fmt::format("'{}' is not a known type", text));
        }
        if (key == "name") tensor.name = text;
        if (key == "dtype") tensor.dtype = text;
        if (key == "prequantized_dtype") tensor.prequantized_dtype = text;
      } else if (key == "shape") {
        tensor.shapes = TRY(Shapes(value, at));
      } else if (key == "class_names") {
        tensor.class_names = TRY(ClassNames(value, at));
      } else if (key == "scale") {
        if (!value.is_number()) return Fault(at, "not a number");
        tensor.scale = value.get<double>();
      } else if (key == "zero_point") {
        if (!value.is_number_integer()) return Fault(at, "not an integer");
        tensor.zero_point = value.get<int64_t>();
      } else {
        return Fault(at, "unknown key");
      }
    }
    if (tensor.shapes.empty()) return Fault(pointer + "/shape", "missing");
    if (tensor.dtype.empty()) return Fault(pointer + "/dtype", "missing");
    return tensor;
  }

  Result<std::vector<std::vector<int64_t>>> Shapes(const Json& json, const std::string& pointer) {
    if (!json.is_array()) return Fault(pointer, "not a list");
    const bool has_alternatives = !json.empty() && json[0].is_array();
    if (!has_alternatives) {
      std::vector<std::vector<int64_t>> shapes;
      shapes.push_back(TRY(Shape(json, pointer)));
      return shapes;
    }
    if (json.size() > kMaxShapes) return Fault(pointer, "too many alternative shapes");
    std::vector<std::vector<int64_t>> shapes;
    for (size_t i = 0; i < json.size(); ++i) {
      shapes.push_back(TRY(Shape(json[i], fmt::format("{}/{}", pointer, i))));
    }
    return shapes;
  }

  Result<std::vector<int64_t>> Shape(const Json& json, const std::string& pointer) {
    if (!json.is_array() || json.size() > kMaxRank) {
      return Fault(pointer, fmt::format("not a list of at most {} extents", kMaxRank));
    }
    std::vector<int64_t> shape;
    for (const Json& extent : json) {
      // Unsigned first: as a signed number 2^64 - 1 would pass for -1.
      const bool fits = extent.is_number_unsigned()
                            ? extent >= 1u && extent <= static_cast<uint64_t>(kMaxExtent)
                            : extent.is_number_integer() && extent == -1;
      if (!fits) return Fault(pointer, fmt::format("an extent is not -1 or in 1..{}", kMaxExtent));
      shape.push_back(extent.get<int64_t>());
    }
    return shape;
  }

  Result<std::vector<std::string>> ClassNames(const Json& json, const std::string& pointer) {
    if (json.is_null()) return {};
    if (!json.is_array() || json.size() > kMaxClasses) return Fault(pointer, "not a list of names");
    std::vector<std::string> names;
    for (const Json& name : json) {
      if (!name.is_string()) return Fault(pointer, "a name is not text");
      names.push_back(name.get<std::string>());
    }
    return names;
  }

  const std::string& name_;
};

nlohmann::ordered_json TensorJson(const TensorSpecification& tensor) {
  nlohmann::ordered_json json;
  json["name"] = tensor.name;
  if (tensor.shapes.size() == 1) {
    json["shape"] = tensor.shapes.front();
  } else {
    json["shape"] = tensor.shapes;
  }
  json["dtype"] = tensor.dtype;
  if (tensor.prequantized_dtype) json["prequantized_dtype"] = *tensor.prequantized_dtype;
  if (tensor.zero_point) json["zero_point"] = *tensor.zero_point;
  if (tensor.scale) json["scale"] = *tensor.scale;
  if (!tensor.class_names.empty()) json["class_names"] = tensor.class_names;
  return json;
}

}  // namespace

uint32_t DtypeSizeBytes(std::string_view dtype) {
  const auto found = std::ranges::find(kDtypes, dtype, &Dtype::name);
  return found == std::end(kDtypes) ? 0 : found->size_bytes;
}

Result<IoSpecification> ParseIoSpecification(std::string_view json, const std::string& name) {
  if (json.size() > kMaxFileBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxFileBytes), name);
  }
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return InputError("not valid JSON", name);
  return Reader(name).Specification(parsed);
}

Result<IoSpecification> ReadIoSpecification(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return InputError("the I/O specification cannot be opened", path.string());
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return InputError("cannot be read", path.string());
  text.resize(static_cast<size_t>(stream.gcount()));
  return ParseIoSpecification(text, path.string());
}

std::string FormatIoSpecification(const IoSpecification& specification) {
  nlohmann::ordered_json json;
  const auto put = [&](const char* key, const std::vector<TensorSpecification>& tensors) {
    for (const TensorSpecification& tensor : tensors) json[key].push_back(TensorJson(tensor));
  };
  put("input", specification.input);
  put("processed_input", specification.processed_input);
  put("output", specification.output);
  put("processed_output", specification.processed_output);
  if (specification.entry_func) json["entry_func"] = *specification.entry_func;
  // Names are foreign text and may not be UTF-8; dump would throw without the replacement.
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text;
}

Result<> WriteIoSpecification(const IoSpecification& specification,
                              const std::filesystem::path& path) {
  std::filesystem::path temporary = path;
  temporary += ".part";
  std::ofstream stream(temporary, std::ios::binary | std::ios::trunc);
  stream << FormatIoSpecification(specification);
  stream.close();
  std::error_code failure;
  if (stream) std::filesystem::rename(temporary, path, failure);
  if (!stream || failure) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return RunError("the I/O specification cannot be written", path.string());
  }
  return {};
}

}  // namespace host
