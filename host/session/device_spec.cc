// SPDX-License-Identifier: Apache-2.0

#include "host/session/device_spec.h"

#include <fmt/format.h>

#include <limits>
#include <span>

#include "base/try.h"
#include "host/input/tensor.h"

namespace host {
namespace {

constexpr std::string_view kDefaultEntry = "module.main";
constexpr std::string_view kModelName = "module";

Result<wire::TensorSpec> Convert(const TensorSpecification& tensor) {
  const ElementTypeRow* row = FindElementType(tensor.dtype);
  if (row == nullptr) {
    return InputError(fmt::format("the type '{}' cannot be sent to the device", tensor.dtype),
                      tensor.name);
  }
  if (tensor.shapes.empty() || tensor.shapes.front().size() > wire::kMaxRank) {
    return InputError(fmt::format("needs a shape of at most {} dimensions", wire::kMaxRank),
                      tensor.name);
  }
  wire::TensorSpec spec{.type = row->type, .shape_known = true};
  uint64_t elements = 1;
  for (const int64_t extent : tensor.shapes.front()) {
    const uint64_t dim = extent == -1 ? 1 : static_cast<uint64_t>(extent);
    constexpr uint64_t kMaxElements = std::numeric_limits<int32_t>::max();
    if (extent < -1 || dim == 0 || dim > kMaxElements || elements > kMaxElements / dim) {
      return InputError("its shape is not one a device can hold", tensor.name);
    }
    elements *= dim;
    spec.dims[spec.rank++] = static_cast<uint32_t>(dim);
  }
  spec.element_count = static_cast<uint32_t>(elements);
  return spec;
}

Result<uint32_t> ConvertAll(const std::vector<TensorSpecification>& tensors,
                            std::span<wire::TensorSpec, wire::kMaxTensors> specs,
                            std::string_view what) {
  if (tensors.empty() || tensors.size() > specs.size()) {
    return InputError(fmt::format("the I/O specification has {} {} tensors; 1 to {} are possible",
                                  tensors.size(), what, specs.size()));
  }
  for (size_t i = 0; i < tensors.size(); ++i) specs[i] = TRY(Convert(tensors[i]));
  return static_cast<uint32_t>(tensors.size());
}

}  // namespace

Result<wire::IoSpec> DeviceSpecification(const IoSpecification& specification) {
  wire::IoSpec spec;
  spec.input_count = TRY(ConvertAll(specification.device_input(), spec.inputs, "input"));
  spec.output_count = TRY(ConvertAll(specification.output, spec.outputs, "output"));
  const std::string entry = specification.entry_func.value_or(std::string(kDefaultEntry));
  if (!spec.entry_function.Assign(entry) || !spec.model_name.Assign(kModelName)) {
    return InputError(fmt::format("the entry function's name '{:.80}' is too long", entry));
  }
  return spec;
}

}  // namespace host
