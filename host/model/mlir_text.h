// Text of one MLIR function on integer tensors in the `linalg` dialect, value by value. Knows how
// things are spelled, not what they mean; tflite_linalg decides that. Spelled for the pinned
// compiler, IREE 3.0.0.
// Cost: the text has two characters for each byte of a constant plus some KB.
#ifndef HOST_MODEL_MLIR_TEXT_H_
#define HOST_MODEL_MLIR_TEXT_H_

#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "host/model/graph.h"

namespace host {

struct MlirValue {
  std::string name;
  Shape shape;
  std::string_view element;  // "i8", "i32"

  [[nodiscard]] std::string type() const;
};

// An input of linalg.generic: a value and the loop dimensions it is indexed with.
struct MlirOperand {
  MlirValue value;
  std::vector<size_t> dimensions;
};

[[nodiscard]] std::vector<size_t> AllDimensions(size_t rank);

class MlirText {
 public:
  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_.push_back('\n');
  }
  // Foreign text; nothing of it can end the comment.
  void Comment(std::string_view text);
  [[nodiscard]] std::string NewName() { return fmt::format("%v{}", next_value_++); }

  [[nodiscard]] std::string Scalar(int64_t value, std::string_view type);
  [[nodiscard]] MlirValue Constant(std::span<const int8_t> values, Shape shape);
  [[nodiscard]] MlirValue Constant(std::span<const int32_t> values, Shape shape);
  [[nodiscard]] MlirValue Empty(const Shape& shape, std::string_view element);
  [[nodiscard]] MlirValue Filled(const Shape& shape, std::string_view element, int64_t with);
  // The body gets the elements as %a, %b, … and the output's as %o.
  [[nodiscard]] MlirValue Generic(size_t loop_rank, const std::vector<size_t>& reduced,
                                  const std::vector<MlirOperand>& inputs, const MlirOperand& init,
                                  const std::vector<std::string>& body, std::string_view result);
  // Element-wise over the first input's shape.
  [[nodiscard]] MlirValue Map(const std::vector<MlirOperand>& inputs, std::string_view element,
                              const std::vector<std::string>& body, std::string_view result);
  // A named operation with two inputs; `attributes` is empty or "{…} ".
  [[nodiscard]] MlirValue Named(std::string_view op, std::string_view attributes,
                                const MlirValue& a, const MlirValue& b, const MlirValue& init);
  [[nodiscard]] MlirValue Pad(const MlirValue& value, const std::vector<int64_t>& low,
                              const std::vector<int64_t>& high, int64_t with);
  // 1 x height x width x channels to (height * width) x channels, and back to `shape`. The way back
  // is spelled as the releases from mid-2024 on have it.
  [[nodiscard]] MlirValue JoinRows(const MlirValue& value);
  [[nodiscard]] MlirValue SplitRows(const MlirValue& value, const Shape& shape);
  [[nodiscard]] MlirValue Reshape(const MlirValue& value, const Shape& shape);

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  MlirValue HexConstant(std::span<const uint8_t> bytes, size_t element_bytes, MlirValue value);
  MlirValue Flat(const MlirValue& value);

  std::string text_;
  int next_value_ = 0;
};

}  // namespace host

#endif  // HOST_MODEL_MLIR_TEXT_H_
