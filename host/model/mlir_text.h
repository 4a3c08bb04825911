// SPDX-License-Identifier: Apache-2.0

// Text of one MLIR function in the `arith`, `tensor` and `linalg` dialects, value by value. Knows
// how things are spelled, not what they mean; the writers of Keras and TFLite models decide that.
//
// Every spelling here compiles with each IREE release from 20230209.425 to 3.13.0, so that a model
// has one text: what was renamed in between is written with operations that were not (compare and
// select for arith.maxf / maximumf), and tensor.expand_shape, whose short form changed in 2024, in
// the generic form, where an older release ignores the attribute that a newer one needs.
//
// Extents are static. Cost: the text has two characters for each byte of a constant plus some KB.
#ifndef HOST_MODEL_MLIR_TEXT_H_
#define HOST_MODEL_MLIR_TEXT_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "host/model/graph.h"

namespace host {

// "i8", "i32", "i64", "f32"; text with static storage.
using MlirElement = std::string_view;

struct MlirValue {
  std::string name;
  Shape shape;
  MlirElement element;

  [[nodiscard]] std::string type() const;
};

// An operand of linalg.generic: a value and the loop dimensions it is indexed with.
struct MlirOperand {
  MlirValue value;
  std::vector<size_t> dimensions;
};

[[nodiscard]] std::vector<size_t> AllDimensions(size_t rank);

class MlirText;

// The scalar steps of a linalg.generic's region, which gets the elements of its operands as %a, %b,
// … and the output's as %o. Constants are written into the function before it.
class MlirBody {
 public:
  explicit MlirBody(MlirText& text) : text_(text) {}

  // `expression` is what stands right of "=". Returns the new value's name.
  template <typename... Args>
  std::string Step(fmt::format_string<Args...> expression, Args&&... args) {
    std::string name = fmt::format("%s{}", lines_.size());
    lines_.push_back(
        fmt::format("{} = {}", name, fmt::format(expression, std::forward<Args>(args)...)));
    return name;
  }
  // "arith.addi", a, b, "i32".
  std::string Binary(std::string_view op, std::string_view a, std::string_view b,
                     MlirElement element) {
    return Step("{} {}, {} : {}", op, a, b, element);
  }
  std::string Convert(std::string_view op, std::string_view a, MlirElement from, MlirElement to) {
    return Step("{} {} : {} to {}", op, a, from, to);
  }
  // i8 to i32 with its sign or without.
  std::string Widen(std::string_view a, bool is_unsigned = false) {
    return Convert(is_unsigned ? "arith.extui" : "arith.extsi", a, "i8", "i32");
  }
  // The larger or smaller of two numbers; of floats by compare and select.
  std::string Max(std::string_view a, std::string_view b, MlirElement element);
  std::string Min(std::string_view a, std::string_view b, MlirElement element);
  std::string Clamp(std::string_view a, int64_t low, int64_t high);  // i32
  std::string Integer(int64_t value, MlirElement element);
  std::string Float(float value);

  [[nodiscard]] MlirText& text() { return text_; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::string Extreme(std::string_view integer, std::string_view predicate, std::string_view a,
                      std::string_view b, MlirElement element);

  MlirText& text_;
  std::vector<std::string> lines_;
};

class MlirText {
 public:
  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_.push_back('\n');
  }
  // Foreign text; nothing of it can end the comment.
  void Comment(std::string_view text);
  // @main with these arguments, to be named by the caller.
  void Begin(std::span<const MlirValue> arguments, std::span<const MlirValue> results);
  void End(std::span<const MlirValue> results);

  // Scalars; an equal one is written once.
  [[nodiscard]] std::string Integer(int64_t value, MlirElement element);
  [[nodiscard]] std::string Float(float value);
  // Little-endian bytes, as many as shape and element need.
  [[nodiscard]] MlirValue Constant(std::span<const uint8_t> bytes, Shape shape,
                                   MlirElement element);
  [[nodiscard]] MlirValue Constant(std::span<const int8_t> values, Shape shape);
  [[nodiscard]] MlirValue Constant(std::span<const int32_t> values, Shape shape);
  [[nodiscard]] MlirValue Constant(std::span<const float> values, Shape shape);

  [[nodiscard]] MlirValue Empty(const Shape& shape, MlirElement element);
  // `scalar` is a name from Integer or Float.
  [[nodiscard]] MlirValue Filled(const Shape& shape, MlirElement element, std::string_view scalar);
  [[nodiscard]] MlirValue Generic(size_t loop_rank, const std::vector<size_t>& reduced,
                                  const std::vector<MlirOperand>& inputs, const MlirOperand& init,
                                  const MlirBody& body, std::string_view result);
  // A value for each element of `shape`.
  [[nodiscard]] MlirValue Map(const Shape& shape, const std::vector<MlirOperand>& inputs,
                              MlirElement element, const MlirBody& body, std::string_view result);
  // A named operation with two inputs; `attributes` is empty or "{…} ".
  [[nodiscard]] MlirValue Named(std::string_view op, std::string_view attributes,
                                const MlirValue& a, const MlirValue& b, const MlirValue& init);
  // A named operation that slides a window over batch x height x width x channels.
  [[nodiscard]] MlirValue Slide(std::string_view op, const Window& window, const MlirValue& input,
                                const MlirValue& kernel, const MlirValue& init);

  // How many elements are added before and after along each dimension, none negative.
  [[nodiscard]] MlirValue Pad(const MlirValue& value, const std::vector<int64_t>& low,
                              const std::vector<int64_t>& high, std::string_view scalar);
  // Height and width of batch x height x width x channels.
  [[nodiscard]] MlirValue PadWindow(const MlirValue& value, const Padding& padding,
                                    std::string_view scalar);
  // The same elements in the same order.
  [[nodiscard]] MlirValue Reshape(const MlirValue& value, const Shape& shape);
  // Dimension i of the result is dimension order[i] of the value.
  [[nodiscard]] MlirValue Transpose(const MlirValue& value, const std::vector<size_t>& order);
  [[nodiscard]] MlirValue Slice(const MlirValue& value, const std::vector<int64_t>& offsets,
                                const Shape& sizes, const std::vector<int64_t>& strides);
  // All with the first one's shape, except along `axis`.
  [[nodiscard]] MlirValue Join(std::span<const MlirValue> parts, size_t axis);
  // Element (i, j, …) of the result is element (picks[0][i], picks[1][j], …) of the value.
  [[nodiscard]] MlirValue Pick(const MlirValue& value,
                               const std::vector<std::vector<int32_t>>& picks);

  [[nodiscard]] std::string NewName() { return fmt::format("%v{}", next_value_++); }
  [[nodiscard]] size_t size() const { return text_.size(); }
  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  [[nodiscard]] std::string Scalar(std::string literal);

  std::string text_;
  std::map<std::string, std::string, std::less<>> scalars_;  // literal with type -> name
  int next_value_ = 0;
};

}  // namespace host

#endif  // HOST_MODEL_MLIR_TEXT_H_
