#include "host/model/mlir_text.h"

#include <algorithm>

#include "fmt/ranges.h"

namespace host {
namespace {

// affine_map<(d0, d1, d2) -> (d0, d2)> for rank 3 and dimensions {0, 2}.
std::string AffineMap(size_t rank, const std::vector<size_t>& dimensions) {
  const auto names = [](const std::vector<size_t>& list) {
    std::vector<std::string> texts;
    for (size_t d : list) texts.push_back(fmt::format("d{}", d));
    return fmt::format("{}", fmt::join(texts, ", "));
  };
  return fmt::format("affine_map<({}) -> ({})>", names(AllDimensions(rank)), names(dimensions));
}

}  // namespace

std::string MlirValue::type() const {
  return shape.empty() ? fmt::format("tensor<{}>", element)
                       : fmt::format("tensor<{}x{}>", fmt::join(shape, "x"), element);
}

std::vector<size_t> AllDimensions(size_t rank) {
  std::vector<size_t> all(rank);
  for (size_t i = 0; i < rank; ++i) all[i] = i;
  return all;
}

void MlirText::Comment(std::string_view text) {
  std::string safe(text.substr(0, 100));
  std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  Line("  // {}", safe);
}

std::string MlirText::Scalar(int64_t value, std::string_view type) {
  std::string name = NewName();
  Line("  {} = arith.constant {} : {}", name, value, type);
  return name;
}

MlirValue MlirText::HexConstant(std::span<const uint8_t> bytes, size_t element_bytes,
                                MlirValue value) {
  // One element is written as a number: hexadecimal text would mean a splat of raw bytes.
  if (bytes.size() == element_bytes) {
    int32_t number = 0;
    for (size_t i = bytes.size(); i-- > 0;) number = (number << 8) | bytes[i];
    if (element_bytes == 1) number = static_cast<int8_t>(number);
    Line("  {} = arith.constant dense<{}> : {}", value.name, number, value.type());
    return value;
  }
  fmt::format_to(std::back_inserter(text_), "  {} = arith.constant dense<\"0x", value.name);
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (uint8_t byte : bytes) {
    text_.push_back(kDigits[byte >> 4]);
    text_.push_back(kDigits[byte & 0xf]);
  }
  Line("\"> : {}", value.type());
  return value;
}

MlirValue MlirText::Constant(std::span<const int8_t> values, Shape shape) {
  return HexConstant({reinterpret_cast<const uint8_t*>(values.data()), values.size()}, 1,
                     {NewName(), std::move(shape), "i8"});
}

MlirValue MlirText::Constant(std::span<const int32_t> values, Shape shape) {
  return HexConstant({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()}, 4,
                     {NewName(), std::move(shape), "i32"});
}

MlirValue MlirText::Empty(const Shape& shape, std::string_view element) {
  MlirValue value{NewName(), shape, element};
  Line("  {} = tensor.empty() : {}", value.name, value.type());
  return value;
}

MlirValue MlirText::Filled(const Shape& shape, std::string_view element, int64_t with) {
  const std::string scalar = Scalar(with, element);
  const MlirValue empty = Empty(shape, element);
  MlirValue filled{NewName(), shape, element};
  Line("  {} = linalg.fill ins({} : {}) outs({} : {}) -> {}", filled.name, scalar, element,
       empty.name, empty.type(), filled.type());
  return filled;
}

MlirValue MlirText::Generic(size_t loop_rank, const std::vector<size_t>& reduced,
                            const std::vector<MlirOperand>& inputs, const MlirOperand& init,
                            const std::vector<std::string>& body, std::string_view result) {
  std::vector<std::string> maps;
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<std::string> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) {
    maps.push_back(AffineMap(loop_rank, inputs[i].dimensions));
    names.push_back(inputs[i].value.name);
    types.push_back(inputs[i].value.type());
    arguments.push_back(
        fmt::format("%{}: {}", static_cast<char>('a' + i), inputs[i].value.element));
  }
  maps.push_back(AffineMap(loop_rank, init.dimensions));
  arguments.push_back(fmt::format("%o: {}", init.value.element));
  std::vector<std::string_view> iterators(loop_rank, "\"parallel\"");
  for (size_t d : reduced) iterators[d] = "\"reduction\"";
  MlirValue value{NewName(), init.value.shape, init.value.element};
  const std::string ins =
      inputs.empty() ? ""
                     : fmt::format("ins({} : {}) ", fmt::join(names, ", "), fmt::join(types, ", "));
  Line("  {} = linalg.generic {{indexing_maps = [{}], iterator_types = [{}]}} {}outs({} : {}) {{",
       value.name, fmt::join(maps, ", "), fmt::join(iterators, ", "), ins, init.value.name,
       init.value.type());
  Line("  ^bb0({}):", fmt::join(arguments, ", "));
  for (const std::string& line : body) Line("    {}", line);
  Line("    linalg.yield {} : {}", result, value.element);
  Line("  }} -> {}", value.type());
  return value;
}

MlirValue MlirText::Map(const std::vector<MlirOperand>& inputs, std::string_view element,
                        const std::vector<std::string>& body, std::string_view result) {
  const Shape& shape = inputs.front().value.shape;
  const MlirValue empty = Empty(shape, element);
  return Generic(shape.size(), {}, inputs, {empty, AllDimensions(shape.size())}, body, result);
}

MlirValue MlirText::Named(std::string_view op, std::string_view attributes, const MlirValue& a,
                          const MlirValue& b, const MlirValue& init) {
  MlirValue result{NewName(), init.shape, init.element};
  Line("  {} = linalg.{} {}ins({}, {} : {}, {}) outs({} : {}) -> {}", result.name, op, attributes,
       a.name, b.name, a.type(), b.type(), init.name, init.type(), result.type());
  return result;
}

MlirValue MlirText::Pad(const MlirValue& value, const std::vector<int64_t>& low,
                        const std::vector<int64_t>& high, int64_t with) {
  MlirValue padded{"", value.shape, value.element};
  for (size_t i = 0; i < low.size(); ++i) padded.shape[i] += low[i] + high[i];
  if (padded.shape == value.shape) return value;
  const std::string scalar = Scalar(with, value.element);
  padded.name = NewName();
  std::vector<std::string> indices;
  for (size_t i = 0; i < low.size(); ++i) indices.push_back(fmt::format("%i{}: index", i));
  Line("  {} = tensor.pad {} low[{}] high[{}] {{", padded.name, value.name, fmt::join(low, ", "),
       fmt::join(high, ", "));
  Line("  ^bb0({}):", fmt::join(indices, ", "));
  Line("    tensor.yield {} : {}", scalar, value.element);
  Line("  }} : {} to {}", value.type(), padded.type());
  return padded;
}

MlirValue MlirText::Flat(const MlirValue& value) {
  if (value.shape.size() <= 1) return value;
  MlirValue flat{NewName(), {ElementCount(value.shape)}, value.element};
  Line("  {} = tensor.collapse_shape {} [[{}]] : {} into {}", flat.name, value.name,
       fmt::join(AllDimensions(value.shape.size()), ", "), value.type(), flat.type());
  return flat;
}

MlirValue MlirText::JoinRows(const MlirValue& value) {
  const Shape& shape = value.shape;
  MlirValue joined{NewName(), {shape[1] * shape[2], shape[3]}, value.element};
  Line("  {} = tensor.collapse_shape {} [[0, 1, 2], [3]] : {} into {}", joined.name, value.name,
       value.type(), joined.type());
  return joined;
}

MlirValue MlirText::SplitRows(const MlirValue& value, const Shape& shape) {
  MlirValue split{NewName(), shape, value.element};
  Line("  {} = tensor.expand_shape {} [[0, 1, 2], [3]] output_shape [{}] : {} into {}", split.name,
       value.name, fmt::join(shape, ", "), value.type(), split.type());
  return split;
}

// By way of one dimension and element by element from there: expand_shape is spelled differently
// before and after 2024, and tensor.reshape is not lowered by the releases of 2023.
MlirValue MlirText::Reshape(const MlirValue& value, const Shape& shape) {
  if (value.shape == shape) return value;
  const MlirValue flat = Flat(value);
  if (shape.size() == 1) return flat;
  std::vector<std::string> body;
  std::string position = Scalar(0, "index");
  int64_t stride = ElementCount(shape);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    stride /= shape[axis];
    if (shape[axis] == 1) continue;
    const std::string factor = Scalar(stride, "index");
    body.push_back(fmt::format("%i{} = linalg.index {} : index", axis, axis));
    body.push_back(fmt::format("%m{} = arith.muli %i{}, {} : index", axis, axis, factor));
    body.push_back(fmt::format("%p{} = arith.addi {}, %m{} : index", axis, position, axis));
    position = fmt::format("%p{}", axis);
  }
  body.push_back(fmt::format("%r = tensor.extract {}[{}] : {}", flat.name, position, flat.type()));
  const MlirValue empty = Empty(shape, value.element);
  return Generic(shape.size(), {}, {}, {empty, AllDimensions(shape.size())}, body, "%r");
}

}  // namespace host
