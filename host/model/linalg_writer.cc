#include "host/model/linalg_writer.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace host {
namespace {

std::string TensorType(const Shape& shape) {
  return fmt::format("tensor<{}xf32>", fmt::join(shape, "x"));
}

// The bits, so that infinities can be written and no digit is lost.
std::string FloatLiteral(float value) {
  return fmt::format("0x{:08X} : f32", std::bit_cast<uint32_t>(value));
}

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// affine_map<(d0, d1, d2) -> (d0, d2)> for rank 3 and dimensions {0, 2}.
std::string AffineMap(size_t rank, const std::vector<size_t>& dimensions) {
  const auto names = [](const std::vector<size_t>& list) {
    std::vector<std::string> texts;
    for (size_t d : list) texts.push_back(fmt::format("d{}", d));
    return fmt::format("{}", fmt::join(texts, ", "));
  };
  std::vector<size_t> all(rank);
  for (size_t i = 0; i < rank; ++i) all[i] = i;
  return fmt::format("affine_map<({}) -> ({})>", names(all), names(dimensions));
}

struct Value {
  std::string name;
  Shape shape;
};

// An input of an element-wise operation: a value and the loop dimensions it is indexed with.
struct Operand {
  Value value;
  std::vector<size_t> dimensions;
};

class Writer {
 public:
  explicit Writer(const Graph& graph) : current_{"%input", graph.input_shape} {
    Line("func.func @main(%input: {}) -> {} {{", TensorType(graph.input_shape),
         TensorType(graph.output_shape()));
    for (const Op& op : graph.ops) {
      Line("  // {}", CommentText(op.layer));
      std::visit([&](const auto& data) { Write(data, op.output_shape); }, op.data);
    }
    Line("  return {} : {}", current_.name, TensorType(current_.shape));
    Line("}}");
  }

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_.push_back('\n');
  }

  // Layer names are foreign text; nothing of them may end the comment.
  static std::string CommentText(std::string_view text) {
    std::string safe(text.substr(0, 100));
    std::ranges::replace_if(safe, [](char c) { return c < ' ' || c > '~'; }, '?');
    return safe;
  }

  std::string NewName() { return fmt::format("%v{}", next_value_++); }

  std::string Scalar(float value) {
    const std::string name = NewName();
    Line("  {} = arith.constant {}", name, FloatLiteral(value));
    return name;
  }

  Value Constant(std::span<const float> values, Shape shape) {
    const Value value{NewName(), std::move(shape)};
    // One value is written alone: hexadecimal text of one element would mean a splat of raw bytes.
    if (values.size() == 1) {
      Line("  {} = arith.constant dense<0x{:08X}> : {}", value.name,
           std::bit_cast<uint32_t>(values[0]), TensorType(value.shape));
      return value;
    }
    fmt::format_to(std::back_inserter(text_), "  {} = arith.constant dense<\"0x", value.name);
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (float element : values) {
      const auto bits = std::bit_cast<uint32_t>(element);
      for (unsigned shift = 0; shift < 32; shift += 8) {  // little-endian bytes
        text_.push_back(kDigits[(bits >> (shift + 4)) & 0xf]);
        text_.push_back(kDigits[(bits >> shift) & 0xf]);
      }
    }
    Line("\"> : {}", TensorType(value.shape));
    return value;
  }

  Value Empty(const Shape& shape) {
    const Value value{NewName(), shape};
    Line("  {} = tensor.empty() : {}", value.name, TensorType(shape));
    return value;
  }

  Value Filled(const Shape& shape, float with) {
    const std::string scalar = Scalar(with);
    const Value empty = Empty(shape);
    const Value filled{NewName(), shape};
    Line("  {} = linalg.fill ins({} : f32) outs({} : {}) -> {}", filled.name, scalar, empty.name,
         TensorType(shape), TensorType(shape));
    return filled;
  }

  // linalg.generic over `loop_rank` dimensions, those in `reduced` being reductions. The body gets
  // the elements as %a, %b, … and the output's as %o; its lines are indented here.
  Value Generic(size_t loop_rank, const std::vector<size_t>& reduced,
                const std::vector<Operand>& inputs, const Operand& init,
                const std::vector<std::string>& body, std::string_view result) {
    std::vector<std::string> maps;
    std::vector<std::string> names;
    std::vector<std::string> types;
    std::vector<std::string> arguments;
    for (size_t i = 0; i < inputs.size(); ++i) {
      maps.push_back(AffineMap(loop_rank, inputs[i].dimensions));
      names.push_back(inputs[i].value.name);
      types.push_back(TensorType(inputs[i].value.shape));
      arguments.push_back(fmt::format("%{}: f32", static_cast<char>('a' + i)));
    }
    maps.push_back(AffineMap(loop_rank, init.dimensions));
    arguments.push_back("%o: f32");
    std::vector<std::string_view> iterators(loop_rank, "\"parallel\"");
    for (size_t d : reduced) iterators[d] = "\"reduction\"";
    const Value value{NewName(), init.value.shape};
    const std::string ins = inputs.empty() ? ""
                                           : fmt::format("ins({} : {}) ", fmt::join(names, ", "),
                                                         fmt::join(types, ", "));
    Line("  {} = linalg.generic {{indexing_maps = [{}], iterator_types = [{}]}} {}outs({} : {}) {{",
         value.name, fmt::join(maps, ", "), fmt::join(iterators, ", "), ins, init.value.name,
         TensorType(init.value.shape));
    Line("  ^bb0({}):", fmt::join(arguments, ", "));
    for (const std::string& line : body) Line("    {}", line);
    Line("    linalg.yield {} : f32", result);
    Line("  }} -> {}", TensorType(init.value.shape));
    return value;
  }

  static std::vector<size_t> AllDimensions(size_t rank) {
    std::vector<size_t> all(rank);
    for (size_t i = 0; i < rank; ++i) all[i] = i;
    return all;
  }

  // Element-wise over the shape of the current value.
  void Map(const std::vector<Operand>& more_inputs, const std::vector<std::string>& body,
           std::string_view result) {
    const size_t rank = current_.shape.size();
    std::vector<Operand> inputs = {{current_, AllDimensions(rank)}};
    inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
    const Value empty = Empty(current_.shape);
    current_ = Generic(rank, {}, inputs, {empty, AllDimensions(rank)}, body, result);
  }

  // A tensor that holds the bias at each place: what products are accumulated onto.
  Value BiasEverywhere(const std::vector<float>& bias, const Shape& shape) {
    const Value constant = Constant(bias, {static_cast<int64_t>(bias.size())});
    const Value empty = Empty(shape);
    const size_t rank = shape.size();
    return Generic(rank, {}, {{constant, {rank - 1}}}, {empty, AllDimensions(rank)}, {}, "%a");
  }

  void Pad(const Padding& padding, float with) {
    if (padding.is_none()) return;
    Shape shape = current_.shape;
    for (size_t axis = 0; axis < 2; ++axis) {
      shape[axis + 1] += padding.low[axis] + padding.high[axis];
    }
    const std::string scalar = Scalar(with);
    const std::string name = NewName();
    Line("  {} = tensor.pad {} low[0, {}, {}, 0] high[0, {}, {}, 0] {{", name, current_.name,
         padding.low[0], padding.low[1], padding.high[0], padding.high[1]);
    Line("  ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):");
    Line("    tensor.yield {} : f32", scalar);
    Line("  }} : {} to {}", TensorType(current_.shape), TensorType(shape));
    current_ = {name, shape};
  }

  // A named operation that slides a window: kernel (or the window's shape) and accumulator.
  void Slide(std::string_view op, const Window& window, const Value& kernel, const Value& init) {
    const auto dense = [](const std::array<int64_t, 2>& pair) {
      return pair[0] == pair[1] ? fmt::format("dense<{}>", pair[0])
                                : fmt::format("dense<[{}, {}]>", pair[0], pair[1]);
    };
    const Value result{NewName(), init.shape};
    Line(
        "  {} = linalg.{} {{dilations = {} : tensor<2xi64>, strides = {} : tensor<2xi64>}} "
        "ins({}, {} : {}, {}) outs({} : {}) -> {}",
        result.name, op, dense(window.dilations), dense(window.strides), current_.name, kernel.name,
        TensorType(current_.shape), TensorType(kernel.shape), init.name, TensorType(init.shape),
        TensorType(result.shape));
    current_ = result;
  }

  void Collapse(const Shape& shape, std::string_view groups) {
    const std::string name = NewName();
    Line("  {} = tensor.collapse_shape {} [{}] : {} into {}", name, current_.name, groups,
         TensorType(current_.shape), TensorType(shape));
    current_ = {name, shape};
  }

  void Write(const ConvolutionOp& op, const Shape& output) {
    Pad(op.window.padding, 0.0f);
    const Value kernel =
        Constant(op.kernel, {op.window.size[0], op.window.size[1], current_.shape[3], output[3]});
    Slide("conv_2d_nhwc_hwcf", op.window, kernel, BiasEverywhere(op.bias, output));
  }

  void Write(const DepthwiseConvolutionOp& op, const Shape& output) {
    Pad(op.window.padding, 0.0f);
    const int64_t channels = current_.shape[3];
    if (op.multiplier == 1) {
      const Value kernel = Constant(op.kernel, {op.window.size[0], op.window.size[1], channels});
      Slide("depthwise_conv_2d_nhwc_hwc", op.window, kernel, BiasEverywhere(op.bias, output));
      return;
    }
    // The multiplier is an axis of its own here, so the bias cannot be the accumulator.
    const Value kernel =
        Constant(op.kernel, {op.window.size[0], op.window.size[1], channels, op.multiplier});
    const Value init = Filled({1, output[1], output[2], channels, op.multiplier}, 0.0f);
    Slide("depthwise_conv_2d_nhwc_hwcm", op.window, kernel, init);
    Collapse(output, "[0], [1], [2], [3, 4]");
    const Value bias = Constant(op.bias, {output[3]});
    Map({{bias, {3}}}, {"%r = arith.addf %a, %b : f32"}, "%r");
  }

  void Write(const MatrixProductOp& op, const Shape& output) {
    const Value weights = Constant(op.weights, {current_.shape[1], output[1]});
    const Value init = BiasEverywhere(op.bias, output);
    const Value result{NewName(), output};
    Line("  {} = linalg.matmul ins({}, {} : {}, {}) outs({} : {}) -> {}", result.name,
         current_.name, weights.name, TensorType(current_.shape), TensorType(weights.shape),
         init.name, TensorType(output), TensorType(output));
    current_ = result;
  }

  void Write(const PoolingOp& op, const Shape& output) {
    const bool is_max = op.kind == PoolingKind::kMax;
    const Shape input = current_.shape;
    Pad(op.window.padding, is_max ? kMinusInfinity : 0.0f);
    const Value window = Empty({op.window.size[0], op.window.size[1]});
    const Value init = Filled(output, is_max ? kMinusInfinity : 0.0f);
    Slide(is_max ? "pooling_nhwc_max" : "pooling_nhwc_sum", op.window, window, init);
    if (is_max) return;
    // One factor for each place: at the edges fewer elements lie under the window.
    std::vector<float> factors;
    for (int64_t y = 0; y < output[1]; ++y) {
      for (int64_t x = 0; x < output[2]; ++x) {
        const auto covered = [&](size_t axis, int64_t at) {
          const int64_t start = at * op.window.strides[axis] - op.window.padding.low[axis];
          const int64_t end = std::min(start + op.window.size[axis], input[axis + 1]);
          return end - std::max<int64_t>(start, 0);
        };
        factors.push_back(1.0f / static_cast<float>(covered(0, y) * covered(1, x)));
      }
    }
    const bool is_uniform = std::ranges::count(factors, factors[0]) == std::ssize(factors);
    if (is_uniform) {
      const std::string factor = Scalar(factors[0]);
      Map({}, {fmt::format("%r = arith.mulf %a, {} : f32", factor)}, "%r");
      return;
    }
    const Value constant = Constant(factors, {output[1], output[2]});
    Map({{constant, {1, 2}}}, {"%r = arith.mulf %a, %b : f32"}, "%r");
  }

  void Write(const GlobalAverageOp&, const Shape&) {
    const int64_t height = current_.shape[1];
    const int64_t width = current_.shape[2];
    const Value init = Filled({1, current_.shape[3]}, 0.0f);
    current_ = Generic(4, {1, 2}, {{current_, {0, 1, 2, 3}}}, {init, {0, 3}},
                       {"%r = arith.addf %a, %o : f32"}, "%r");
    const std::string factor = Scalar(1.0f / static_cast<float>(height * width));
    Map({}, {fmt::format("%r = arith.mulf %a, {} : f32", factor)}, "%r");
  }

  void Write(const PadOp& op, const Shape&) { Pad(op.padding, 0.0f); }

  void Write(const ReshapeOp&, const Shape& output) {
    if (current_.shape == output) return;
    if (output.size() == 2 && current_.shape.size() > 2) {
      std::vector<std::string> rest;
      for (size_t i = 1; i < current_.shape.size(); ++i) rest.push_back(fmt::format("{}", i));
      Collapse(output, fmt::format("[0], [{}]", fmt::join(rest, ", ")));
      return;
    }
    Gather(output);
  }

  // A reshape that is not a flattening, element by element: expand_shape is spelled differently
  // before and after 2024, and tensor.reshape is not lowered by the releases of 2023.
  void Gather(const Shape& output) {
    const int64_t count = ElementCount(output);
    if (current_.shape.size() > 1) {
      const std::vector<size_t> all = AllDimensions(current_.shape.size());
      Collapse({count}, fmt::format("[{}]", fmt::join(all, ", ")));
    }
    std::vector<std::string> body;
    std::string position = NewName();
    Line("  {} = arith.constant 0 : index", position);
    int64_t stride = count;
    for (size_t axis = 0; axis < output.size(); ++axis) {
      stride /= output[axis];
      if (output[axis] == 1) continue;
      const std::string factor = NewName();
      Line("  {} = arith.constant {} : index", factor, stride);
      body.push_back(fmt::format("%i{} = linalg.index {} : index", axis, axis));
      body.push_back(fmt::format("%m{} = arith.muli %i{}, {} : index", axis, axis, factor));
      body.push_back(fmt::format("%p{} = arith.addi {}, %m{} : index", axis, position, axis));
      position = fmt::format("%p{}", axis);
    }
    body.push_back(fmt::format("%r = tensor.extract {}[{}] : {}", current_.name, position,
                               TensorType(current_.shape)));
    const Value empty = Empty(output);
    current_ = Generic(output.size(), {}, {}, {empty, AllDimensions(output.size())}, body, "%r");
  }

  // Compare and select instead of arith.maximumf, which had another name before 2023-09.
  void Write(const ActivationOp& op, const Shape&) {
    std::vector<std::string> body;
    const auto step = [&](std::string line) { body.push_back(std::move(line)); };
    switch (op.kind) {
      case ActivationKind::kRectifier: {
        const std::string zero = Scalar(0.0f);
        step(fmt::format("%positive = arith.cmpf ogt, %a, {} : f32", zero));
        if (op.slope != 0) {
          step(fmt::format("%below = arith.mulf %a, {} : f32", Scalar(op.slope)));
          step("%r = arith.select %positive, %a, %below : f32");
        } else {
          step(fmt::format("%r = arith.select %positive, %a, {} : f32", zero));
        }
        if (op.maximum == 0) return Map({}, body, "%r");
        const std::string maximum = Scalar(op.maximum);
        step(fmt::format("%less = arith.cmpf olt, %r, {} : f32", maximum));
        step(fmt::format("%limited = arith.select %less, %r, {} : f32", maximum));
        return Map({}, body, "%limited");
      }
      case ActivationKind::kElu: {
        const std::string zero = Scalar(0.0f);
        step(fmt::format("%positive = arith.cmpf ogt, %a, {} : f32", zero));
        // exp only of what is not positive, so that it cannot overflow.
        step(fmt::format("%low = arith.select %positive, {}, %a : f32", zero));
        step("%e = math.exp %low : f32");
        step(fmt::format("%e1 = arith.subf %e, {} : f32", Scalar(1.0f)));
        step(fmt::format("%below = arith.mulf %e1, {} : f32", Scalar(op.slope)));
        step("%r = arith.select %positive, %a, %below : f32");
        return Map({}, body, "%r");
      }
      case ActivationKind::kSigmoid: {
        const std::string one = Scalar(1.0f);
        step("%n = arith.negf %a : f32");
        step("%e = math.exp %n : f32");
        step(fmt::format("%d = arith.addf %e, {} : f32", one));
        step(fmt::format("%r = arith.divf {}, %d : f32", one));
        return Map({}, body, "%r");
      }
      case ActivationKind::kTanh:
        step("%r = math.tanh %a : f32");
        return Map({}, body, "%r");
    }
  }

  // exp(x - max) / sum, so that large inputs do not overflow.
  void Write(const SoftmaxOp&, const Shape& output) {
    const size_t rank = output.size();
    const std::vector<size_t> all = AllDimensions(rank);
    const std::vector<size_t> outer = AllDimensions(rank - 1);
    const Shape outer_shape(output.begin(), output.end() - 1);
    const Value largest =
        Generic(rank, {rank - 1}, {{current_, all}}, {Filled(outer_shape, kMinusInfinity), outer},
                {"%c = arith.cmpf ogt, %a, %o : f32", "%r = arith.select %c, %a, %o : f32"}, "%r");
    Map({{largest, outer}}, {"%d = arith.subf %a, %b : f32", "%r = math.exp %d : f32"}, "%r");
    const Value sum =
        Generic(rank, {rank - 1}, {{current_, all}}, {Filled(outer_shape, 0.0f), outer},
                {"%r = arith.addf %a, %o : f32"}, "%r");
    Map({{sum, outer}}, {"%r = arith.divf %a, %b : f32"}, "%r");
  }

  void Write(const ScaleOp& op, const Shape& output) {
    const std::vector<size_t> last = {output.size() - 1};
    const Value scale = Constant(op.scale, {output.back()});
    const Value offset = Constant(op.offset, {output.back()});
    Map({{scale, last}, {offset, last}},
        {"%s = arith.mulf %a, %b : f32", "%r = arith.addf %s, %c : f32"}, "%r");
  }

  std::string text_;
  int next_value_ = 0;
  Value current_;
};

}  // namespace

std::string WriteLinalg(const Graph& graph) { return Writer(graph).Take(); }

}  // namespace host
