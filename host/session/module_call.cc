// SPDX-License-Identifier: Apache-2.0

#include "host/session/module_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/try.h"

namespace host {
namespace {

constexpr wire::ElementType kRawBytes = {wire::TypeCode::kUint, 8};
constexpr std::string_view kModelName = "module";

wire::TensorSpec Describe(wire::ElementType type, std::span<const uint32_t> dims,
                          uint64_t size_bytes) {
  wire::TensorSpec spec{.type = type,
                        .shape_known = true,
                        .rank = static_cast<uint8_t>(dims.size()),
                        .dims = {},
                        .element_count = static_cast<uint32_t>(size_bytes / type.bytes())};
  std::ranges::copy(dims, spec.dims.begin());
  return spec;
}

Result<wire::IoSpec> Specification(const ModuleCall& call) {
  wire::IoSpec spec;
  if (call.inputs.size() > wire::kMaxTensors || call.results.size() > wire::kMaxTensors) {
    return InputError(fmt::format("a call has at most {} inputs and {} results", wire::kMaxTensors,
                                  wire::kMaxTensors),
                      call.function);
  }
  if (!spec.entry_function.Assign(call.function) || !spec.model_name.Assign(kModelName)) {
    return InputError("the function's name is too long", call.function);
  }
  for (const Tensor& input : call.inputs) {
    spec.inputs[spec.input_count++] = Describe(input.type, input.dims, input.bytes.size());
  }
  // Told only if everything is known: the device answers with what the module returns anyway.
  for (const ResultType& result : call.results) {
    const auto size_bytes = result.size_bytes();
    if (!result.type || !result.dims || !size_bytes) {
      spec.output_count = 0;
      break;
    }
    spec.outputs[spec.output_count++] = Describe(*result.type, *result.dims, *size_bytes);
  }
  return spec;
}

// Extents for a result whose size is only known from the answer: a single dynamic extent is
// computed, anything else becomes a flat tensor.
std::vector<uint32_t> FitDims(const ResultType& result, wire::ElementType type, size_t size_bytes) {
  const size_t elements = size_bytes / type.bytes();
  if (result.dims && std::ranges::count(*result.dims, ResultType::kUnknownExtent) <= 1) {
    std::vector<uint32_t> dims = *result.dims;
    size_t known = 1;
    for (const uint32_t dim : dims) known *= dim == ResultType::kUnknownExtent ? 1 : dim;
    if (known != 0 && elements % known == 0) {
      std::ranges::replace(dims, ResultType::kUnknownExtent,
                           static_cast<uint32_t>(elements / known));
      return dims;
    }
  }
  return {static_cast<uint32_t>(elements)};
}

}  // namespace

std::optional<uint64_t> ResultType::size_bytes() const {
  if (!type || !dims) return std::nullopt;
  uint64_t size = type->bytes();
  for (const uint32_t dim : *dims) {
    if (dim == kUnknownExtent || (dim != 0 && size > UINT32_MAX / dim)) return std::nullopt;
    size *= dim;
  }
  return size;
}

Result<std::vector<Tensor>> SplitResults(base::Bytes output, std::span<const ResultType> results) {
  uint64_t known_bytes = 0;
  size_t unknown = 0;
  for (const ResultType& result : results) {
    if (const auto size = result.size_bytes())
      known_bytes += *size;
    else
      ++unknown;
  }
  if (unknown > 1) {
    return RunError(
        fmt::format("the module returned {} bytes, but the sizes of {} of its {} "
                    "results are not known; name --expected-output files",
                    output.size(), unknown, results.size()));
  }
  if (known_bytes > output.size() || (unknown == 0 && known_bytes != output.size())) {
    return RunError(fmt::format("the module returned {} bytes where {} were expected",
                                output.size(), known_bytes));
  }
  std::vector<Tensor> tensors;
  for (const ResultType& result : results) {
    const wire::ElementType type = result.type.value_or(kRawBytes);
    const auto exact_size = result.size_bytes();
    const size_t size = exact_size.value_or(output.size() - known_bytes);
    known_bytes -= exact_size.value_or(0);
    if (size % type.bytes() != 0) {
      return RunError(fmt::format("{} bytes of a result are not whole elements of {} bytes", size,
                                  type.bytes()));
    }
    const base::Bytes bytes = output.first(size);
    output = output.subspan(size);
    tensors.push_back({type,
                       exact_size && result.dims ? *result.dims : FitDims(result, type, size),
                       {bytes.begin(), bytes.end()}});
  }
  return tensors;
}

Result<std::vector<Tensor>> CallModule(Connection& connection, const ModuleCall& call,
                                       base::Bytes module) {
  std::vector<uint8_t> data;
  for (const Tensor& input : call.inputs) {
    data.insert(data.end(), input.bytes.begin(), input.bytes.end());
  }
  const wire::IoSpec spec = TRY(Specification(call));
  TRY(connection.SendIoSpec(spec));
  TRY(connection.SendModel(module));
  TRY(connection.SendData(data));
  TRY(connection.Process());
  const base::Bytes output = TRY(connection.ReceiveOutput());
  if (call.results.empty()) {
    if (output.empty()) return {};
    const ResultType unknown;
    return SplitResults(output, {&unknown, 1});
  }
  return SplitResults(output, call.results);
}

}  // namespace host
