// SPDX-License-Identifier: Apache-2.0

// Tensors on the host: dense, C order, little endian, in a type the wire can name. Comparison and
// text for people.
#ifndef HOST_INPUT_TENSOR_H_
#define HOST_INPUT_TENSOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "host/error/error.h"
#include "wire/io_spec.h"

namespace host {

struct Tensor {
  wire::ElementType type;
  std::vector<uint32_t> dims;  // empty: a scalar
  std::vector<uint8_t> bytes;

  [[nodiscard]] size_t element_count() const { return bytes.size() / type.bytes(); }
};

// One row a type that tensors can have here.
struct ElementTypeRow {
  std::string_view name;        // "f32": in types shown to people and on the command line
  std::string_view numpy_name;  // "float32": in I/O specifications
  std::string_view descr;       // "<f4": in NPY headers
  wire::ElementType type;
};
[[nodiscard]] const ElementTypeRow* FindElementType(wire::ElementType type);
// By any of the three names; null if there is none.
[[nodiscard]] const ElementTypeRow* FindElementType(std::string_view name);

// "1x128x3x1xf32"; a scalar is "f32".
[[nodiscard]] std::string TypeText(const Tensor& tensor);
// An element's value; the type is one of the table's and `index` is in range.
[[nodiscard]] double ElementAt(wire::ElementType type, base::Bytes bytes, size_t index);
// "[0.1 0.2 …]", at most `limit` elements.
[[nodiscard]] std::string ValuesText(const Tensor& tensor, size_t limit);

// A scalar from the command line: "7", "-1.5", "7:i32", "0.5:f32". Without a type it is
// `default_type` if given, else i32 for whole numbers and f32 for others. kInput if the text is no
// number or does not fit the type.
[[nodiscard]] Result<Tensor> ParseScalar(std::string_view text,
                                         std::optional<wire::ElementType> default_type);

// Empty if `actual` equals `expected` within `tolerance` (absolute; NaN equals NaN, an infinity
// itself); else a sentence that names the first index that differs, both values, how many differ
// and the largest difference. Types and shapes must agree; a difference there is the sentence.
[[nodiscard]] std::string CompareTensors(const Tensor& actual, const Tensor& expected,
                                         double tolerance);

}  // namespace host

#endif  // HOST_INPUT_TENSOR_H_
