// SPDX-License-Identifier: Apache-2.0

// NumPy's .npy files, versions 1 to 3: read with every byte of the file checked, written as
// version 1. Only dense C-ordered little-endian arrays of the types in tensor.h, rank at most 8.
#ifndef HOST_INPUT_NPY_H_
#define HOST_INPUT_NPY_H_

#include <filesystem>
#include <string>

#include "base/byte_reader.h"
#include "host/error/error.h"
#include "host/input/tensor.h"

namespace host {

// More than a device with 16 MiB of data memory can take.
inline constexpr size_t kMaxNpyBytes = size_t{64} << 20;

// `name` is the place of errors (kInput): no NPY file, damaged header, a type or order that cannot
// be used (the sentence says what to do in NumPy), or bytes that are not exactly the array.
[[nodiscard]] Result<Tensor> ParseNpy(base::Bytes file, const std::string& name);
[[nodiscard]] Result<Tensor> ReadNpy(const std::filesystem::path& path);

[[nodiscard]] std::string FormatNpy(const Tensor& tensor);

}  // namespace host

#endif  // HOST_INPUT_NPY_H_
