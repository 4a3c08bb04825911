// SPDX-License-Identifier: Apache-2.0

// The I/O specification file `<model path>.json` that lies beside a source model and beside a
// compiled one (kenning-contract, section 4.3): which tensors go in and come out.
// Reading treats the file as hostile: kind kInput, place is file and JSON pointer.
#ifndef HOST_MODEL_IO_SPECIFICATION_H_
#define HOST_MODEL_IO_SPECIFICATION_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

struct TensorSpecification {
  std::string name;
  // Alternative shapes; most tensors have exactly one. -1 stands for any extent.
  std::vector<std::vector<int64_t>> shapes;
  std::string dtype;  // "float32", "int8", … (NumPy's names)
  std::vector<std::string> class_names;
  std::optional<std::string> prequantized_dtype;
  std::optional<double> scale;
  std::optional<int64_t> zero_point;

  bool operator==(const TensorSpecification&) const = default;
};

struct IoSpecification {
  std::vector<TensorSpecification> input;
  std::vector<TensorSpecification> processed_input;  // empty: `input` is what the device gets
  std::vector<TensorSpecification> output;           // what the device answers
  std::vector<TensorSpecification> processed_output;
  std::optional<std::string> entry_func;  // "module.main"; absent means that

  [[nodiscard]] const std::vector<TensorSpecification>& device_input() const {
    return processed_input.empty() ? input : processed_input;
  }
  bool operator==(const IoSpecification&) const = default;
};

// Size of an element in bytes for a dtype name; 0 if the name is unknown.
[[nodiscard]] uint32_t DtypeSizeBytes(std::string_view dtype);

// `name` is used as the place of errors.
[[nodiscard]] Result<IoSpecification> ParseIoSpecification(std::string_view json,
                                                           const std::string& name);
[[nodiscard]] Result<IoSpecification> ReadIoSpecification(const std::filesystem::path& path);
// One line of JSON in the contract's key order, no newline at the end.
[[nodiscard]] std::string FormatIoSpecification(const IoSpecification& specification);
// Written to a temporary name and renamed.
[[nodiscard]] Result<> WriteIoSpecification(const IoSpecification& specification,
                                            const std::filesystem::path& path);

}  // namespace host

#endif  // HOST_MODEL_IO_SPECIFICATION_H_
