// SPDX-License-Identifier: Apache-2.0

#include "host/model/mlir_text.h"

#include <algorithm>
#include <bit>
#include <numeric>

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

std::string OperandName(size_t index) { return fmt::format("%{}", static_cast<char>('a' + index)); }

template <typename T>
std::span<const uint8_t> Bytes(std::span<const T> values) {
  static_assert(std::endian::native == std::endian::little);
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

std::string Types(std::span<const MlirValue> values) {
  std::vector<std::string> types;
  for (const MlirValue& value : values) types.push_back(value.type());
  return fmt::format("{}", fmt::join(types, ", "));
}

// Consecutive dimensions of two shapes that hold the same number of elements.
struct Regrouping {
  std::vector<std::vector<size_t>> from;
  std::vector<std::vector<size_t>> to;
  Shape joined;  // one extent a group
};

// Both have at least one dimension and the same number of elements.
Regrouping Regroup(const Shape& from, const Shape& to) {
  Regrouping groups;
  size_t i = 0;
  size_t j = 0;
  while (i < from.size() && j < to.size()) {
    std::vector<size_t> sources = {i};
    std::vector<size_t> targets = {j};
    int64_t left = from[i++];
    int64_t right = to[j++];
    while (left != right) {
      if (left < right) {
        sources.push_back(i);
        left *= from[i++];
      } else {
        targets.push_back(j);
        right *= to[j++];
      }
    }
    groups.from.push_back(std::move(sources));
    groups.to.push_back(std::move(targets));
    groups.joined.push_back(left);
  }
  // What is left has one element.
  for (; i < from.size(); ++i) groups.from.back().push_back(i);
  for (; j < to.size(); ++j) groups.to.back().push_back(j);
  return groups;
}

std::string Reassociation(const std::vector<std::vector<size_t>>& groups) {
  std::vector<std::string> texts;
  for (const auto& group : groups) texts.push_back(fmt::format("[{}]", fmt::join(group, ", ")));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace

std::string MlirValue::type() const {
  return shape.empty() ? fmt::format("tensor<{}>", element)
                       : fmt::format("tensor<{}x{}>", fmt::join(shape, "x"), element);
}

std::vector<size_t> AllDimensions(size_t rank) {
  std::vector<size_t> all(rank);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

std::string MlirBody::Extreme(std::string_view integer, std::string_view predicate,
                              std::string_view a, std::string_view b, MlirElement element) {
  if (element != "f32") return Binary(integer, a, b, element);
  const std::string is_a = Step("arith.cmpf {}, {}, {} : f32", predicate, a, b);
  return Step("arith.select {}, {}, {} : f32", is_a, a, b);
}

std::string MlirBody::Max(std::string_view a, std::string_view b, MlirElement element) {
  return Extreme("arith.maxsi", "ogt", a, b, element);
}

std::string MlirBody::Min(std::string_view a, std::string_view b, MlirElement element) {
  return Extreme("arith.minsi", "olt", a, b, element);
}

std::string MlirBody::Clamp(std::string_view a, int64_t low, int64_t high) {
  return Min(Max(a, Integer(low, "i32"), "i32"), Integer(high, "i32"), "i32");
}

std::string MlirBody::Integer(int64_t value, MlirElement element) {
  return text_.Integer(value, element);
}

std::string MlirBody::Float(float value) { return text_.Float(value); }

void MlirText::Comment(std::string_view text) {
  std::string safe(text.substr(0, 100));
  std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
  Line("  // {}", safe);
}

void MlirText::Begin(std::span<const MlirValue> arguments, std::span<const MlirValue> results) {
  std::vector<std::string> texts;
  for (const MlirValue& a : arguments) texts.push_back(fmt::format("{}: {}", a.name, a.type()));
  const std::string types = Types(results);
  Line("func.func @main({}) -> {} {{", fmt::join(texts, ", "),
       results.size() == 1 ? types : fmt::format("({})", types));
}

void MlirText::End(std::span<const MlirValue> results) {
  std::vector<std::string> names;
  for (const MlirValue& result : results) names.push_back(result.name);
  Line("  return {} : {}", fmt::join(names, ", "), Types(results));
  Line("}}");
}

std::string MlirText::Scalar(std::string literal) {
  if (const auto known = scalars_.find(literal); known != scalars_.end()) return known->second;
  std::string name = NewName();
  Line("  {} = arith.constant {}", name, literal);
  scalars_.emplace(std::move(literal), name);
  return name;
}

std::string MlirText::Integer(int64_t value, MlirElement element) {
  return Scalar(fmt::format("{} : {}", value, element));
}

// The bits, so that infinities can be written and no digit is lost.
std::string MlirText::Float(float value) {
  return Scalar(fmt::format("0x{:08X} : f32", std::bit_cast<uint32_t>(value)));
}

MlirValue MlirText::Constant(std::span<const uint8_t> bytes, Shape shape, MlirElement element) {
  MlirValue value{NewName(), std::move(shape), element};
  // One element is written as a number: hexadecimal text would mean a splat of raw bytes.
  if (ElementCount(value.shape) == 1) {
    uint64_t bits = 0;
    for (size_t i = bytes.size(); i-- > 0;) bits = (bits << 8) | bytes[i];
    const auto unused = static_cast<unsigned>(64 - 8 * bytes.size());
    const int64_t number = static_cast<int64_t>(bits << unused) >> unused;
    const std::string literal =
        element == "f32" ? fmt::format("0x{:08X}", bits) : fmt::format("{}", number);
    Line("  {} = arith.constant dense<{}> : {}", value.name, literal, value.type());
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
  return Constant(Bytes(values), std::move(shape), "i8");
}

MlirValue MlirText::Constant(std::span<const int32_t> values, Shape shape) {
  return Constant(Bytes(values), std::move(shape), "i32");
}

MlirValue MlirText::Constant(std::span<const float> values, Shape shape) {
  return Constant(Bytes(values), std::move(shape), "f32");
}

MlirValue MlirText::Empty(const Shape& shape, MlirElement element) {
  MlirValue value{NewName(), shape, element};
  Line("  {} = tensor.empty() : {}", value.name, value.type());
  return value;
}

MlirValue MlirText::Filled(const Shape& shape, MlirElement element, std::string_view scalar) {
  const MlirValue empty = Empty(shape, element);
  MlirValue filled{NewName(), shape, element};
  Line("  {} = linalg.fill ins({} : {}) outs({} : {}) -> {}", filled.name, scalar, element,
       empty.name, empty.type(), filled.type());
  return filled;
}

MlirValue MlirText::Generic(size_t loop_rank, const std::vector<size_t>& reduced,
                            const std::vector<MlirOperand>& inputs, const MlirOperand& init,
                            const MlirBody& body, std::string_view result) {
  std::vector<std::string> maps;
  std::vector<std::string> names;
  std::vector<std::string> types;
  std::vector<std::string> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) {
    maps.push_back(AffineMap(loop_rank, inputs[i].dimensions));
    names.push_back(inputs[i].value.name);
    types.push_back(inputs[i].value.type());
    arguments.push_back(fmt::format("{}: {}", OperandName(i), inputs[i].value.element));
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
  for (const std::string& line : body.lines()) Line("    {}", line);
  Line("    linalg.yield {} : {}", result, value.element);
  Line("  }} -> {}", value.type());
  return value;
}

MlirValue MlirText::Map(const Shape& shape, const std::vector<MlirOperand>& inputs,
                        MlirElement element, const MlirBody& body, std::string_view result) {
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

MlirValue MlirText::Slide(std::string_view op, const Window& window, const MlirValue& input,
                          const MlirValue& kernel, const MlirValue& init) {
  const std::string attributes = fmt::format(
      "{{dilations = dense<[{}]> : tensor<2xi64>, strides = dense<[{}]> : tensor<2xi64>}} ",
      fmt::join(window.dilations, ", "), fmt::join(window.strides, ", "));
  return Named(op, attributes, input, kernel, init);
}

MlirValue MlirText::Pad(const MlirValue& value, const std::vector<int64_t>& low,
                        const std::vector<int64_t>& high, std::string_view scalar) {
  MlirValue padded{"", value.shape, value.element};
  for (size_t i = 0; i < low.size(); ++i) padded.shape[i] += low[i] + high[i];
  if (padded.shape == value.shape) return value;
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

MlirValue MlirText::PadWindow(const MlirValue& value, const Padding& padding,
                              std::string_view scalar) {
  return Pad(value, {0, padding.low[0], padding.low[1], 0},
             {0, padding.high[0], padding.high[1], 0}, scalar);
}

MlirValue MlirText::Reshape(const MlirValue& value, const Shape& shape) {
  if (value.shape == shape) return value;
  Regrouping groups;
  if (!value.shape.empty() && !shape.empty()) groups = Regroup(value.shape, shape);
  MlirValue joined = value;
  if (value.shape != groups.joined) {
    joined = {NewName(), groups.joined, value.element};
    const std::string list = groups.joined.empty() ? "[]" : Reassociation(groups.from);
    Line("  {} = tensor.collapse_shape {} {} : {} into {}", joined.name, value.name, list,
         value.type(), joined.type());
  }
  if (joined.shape == shape) return joined;
  MlirValue split{NewName(), shape, value.element};
  const std::string list = groups.joined.empty() ? "[]" : Reassociation(groups.to);
  Line(
      "  {} = \"tensor.expand_shape\"({}) {{reassociation = {}, static_output_shape = "
      "array<i64: {}>}} : ({}) -> {}",
      split.name, joined.name, list, fmt::join(shape, ", "), joined.type(), split.type());
  return split;
}

MlirValue MlirText::Transpose(const MlirValue& value, const std::vector<size_t>& order) {
  if (std::ranges::is_sorted(order)) return value;
  Shape shape;
  std::vector<size_t> dimensions(order.size());  // of the result, by dimension of the value
  for (size_t i = 0; i < order.size(); ++i) {
    shape.push_back(value.shape[order[i]]);
    dimensions[order[i]] = i;
  }
  return Map(shape, {{value, dimensions}}, value.element, MlirBody(*this), "%a");
}

MlirValue MlirText::Slice(const MlirValue& value, const std::vector<int64_t>& offsets,
                          const Shape& sizes, const std::vector<int64_t>& strides) {
  if (sizes == value.shape) return value;
  MlirValue slice{NewName(), sizes, value.element};
  Line("  {} = tensor.extract_slice {}[{}] [{}] [{}] : {} to {}", slice.name, value.name,
       fmt::join(offsets, ", "), fmt::join(sizes, ", "), fmt::join(strides, ", "), value.type(),
       slice.type());
  return slice;
}

MlirValue MlirText::Join(std::span<const MlirValue> parts, size_t axis) {
  if (parts.size() == 1) return parts[0];
  Shape shape = parts[0].shape;
  for (const MlirValue& part : parts.subspan(1)) shape[axis] += part.shape[axis];
  MlirValue joined = Empty(shape, parts[0].element);
  std::vector<int64_t> offsets(shape.size());
  for (const MlirValue& part : parts) {
    MlirValue next{NewName(), shape, joined.element};
    Line("  {} = tensor.insert_slice {} into {}[{}] [{}] [{}] : {} into {}", next.name, part.name,
         joined.name, fmt::join(offsets, ", "), fmt::join(part.shape, ", "),
         fmt::join(std::vector<int>(shape.size(), 1), ", "), part.type(), joined.type());
    joined = std::move(next);
    offsets[axis] += part.shape[axis];
  }
  return joined;
}

MlirValue MlirText::Pick(const MlirValue& value, const std::vector<std::vector<int32_t>>& picks) {
  MlirBody body(*this);
  Shape shape;
  std::vector<MlirOperand> tables;
  std::vector<std::string> position;
  for (size_t axis = 0; axis < picks.size(); ++axis) {
    shape.push_back(std::ssize(picks[axis]));
    if (std::ranges::equal(picks[axis], AllDimensions(picks[axis].size()), std::equal_to<>(), {},
                           [](size_t d) { return static_cast<int32_t>(d); })) {
      position.push_back(body.Step("linalg.index {} : index", axis));
      continue;
    }
    tables.push_back({Constant(picks[axis], {shape.back()}), {axis}});
    position.push_back(
        body.Convert("arith.index_cast", OperandName(tables.size() - 1), "i32", "index"));
  }
  const std::string element =
      body.Step("tensor.extract {}[{}] : {}", value.name, fmt::join(position, ", "), value.type());
  return Map(shape, tables, value.element, body, element);
}

}  // namespace host
