#include "host/model/tflite_linalg.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/fixed_point.h"
#include "host/model/mlir_text.h"

namespace host {
namespace {

constexpr int32_t kInt8Min = std::numeric_limits<int8_t>::min();
constexpr int32_t kInt8Max = std::numeric_limits<int8_t>::max();
constexpr int64_t kMaxStride = 1 << 16;
// Of one activation; the device has 16 MiB for all of them.
constexpr int64_t kMaxActivationElements = 1 << 24;
// An element of 2^12 softmax inputs of the same size adds up to more than the reference can hold.
constexpr int64_t kMaxSoftmaxRow = 4095;

// One operator with its tensors, as the functions below get it.
struct Site {
  const TfliteOperator& op;
  std::vector<const TfliteTensor*> inputs;  // null where left out
  const TfliteTensor& output;
};

// How accumulators become int8: one entry a channel, or one for all.
struct Requantization {
  std::vector<FixedMultiplier> multipliers;
  int32_t zero_point = 0;
  int32_t low = kInt8Min;
  int32_t high = kInt8Max;
};

struct Kernel {
  std::vector<int8_t> values;  // in the order of the named operation
  std::vector<int32_t> bias;   // with the input's zero point folded in
  std::vector<FixedMultiplier> multipliers;
};

struct Slide {
  Window window;
  Shape output;  // height, width
};

std::unexpected<Error> Fault(std::string sentence) { return InputError(std::move(sentence)); }

template <typename T>
std::vector<T> Values(const TfliteTensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

float Scale(const TfliteTensor& tensor) { return tensor.scales.front(); }

int32_t ZeroPoint(const TfliteTensor& tensor) {
  return tensor.zero_points.empty() ? 0 : static_cast<int32_t>(tensor.zero_points.front());
}

bool IsScale(float scale) { return std::isfinite(scale) && scale > 0; }

// int8 with one scale and one zero point in range.
Result<> CheckActivationTensor(const TfliteTensor& tensor) {
  if (!tensor.Is(TfliteType::kInt8)) {
    return Fault(fmt::format("tensor {} is not int8; only int8 networks are read", tensor.name));
  }
  if (tensor.shape.empty() || tensor.scales.size() != 1 || tensor.zero_points.size() > 1 ||
      !IsScale(tensor.scales[0])) {
    return Fault(fmt::format("tensor {} is not quantised with one scale", tensor.name));
  }
  if (ElementCount(tensor.shape) > kMaxActivationElements) {
    return Fault(
        fmt::format("tensor {} has more than {} elements", tensor.name, kMaxActivationElements));
  }
  if (!tensor.zero_points.empty() &&
      (tensor.zero_points[0] < kInt8Min || tensor.zero_points[0] > kInt8Max)) {
    return Fault(fmt::format("tensor {} has a zero point outside of int8", tensor.name));
  }
  return {};
}

Result<> ClampToActivation(const Site& site, Requantization* to) {
  const float scale = Scale(site.output);
  // Rounded in single precision and away from zero at ties, as the reference does it.
  const auto quantized = [&](float real) {
    const float steps = std::clamp(std::round(real / scale), -512.0f, 512.0f);
    return std::clamp(to->zero_point + static_cast<int32_t>(steps), kInt8Min, kInt8Max);
  };
  switch (static_cast<TfliteActivation>(site.op.options.activation)) {
    case TfliteActivation::kNone:
      return {};
    case TfliteActivation::kRelu:
      to->low = quantized(0);
      return {};
    case TfliteActivation::kReluN1To1:
      to->low = quantized(-1);
      to->high = quantized(1);
      return {};
    case TfliteActivation::kRelu6:
      to->low = quantized(0);
      to->high = quantized(6);
      return {};
  }
  return Fault(fmt::format("fused activation {} is not read", site.op.options.activation));
}

Result<Requantization> OutputRange(const Site& site) {
  Requantization to;
  to.zero_point = ZeroPoint(site.output);
  TRY(ClampToActivation(site, &to));
  return to;
}

// Where the window goes, and that the output has the shape that follows.
Result<Slide> MakeSlide(const Site& site, std::array<int64_t, 2> size) {
  const Shape& in = site.inputs[0]->shape;
  const Shape& out = site.output.shape;
  const TfliteOptions& options = site.op.options;
  if (in.size() != 4 || out.size() != 4 || in[0] != 1 || out[0] != 1) {
    return Fault(fmt::format("shapes {} and {} are not 1 x height x width x channels", in, out));
  }
  if (options.is_valid_padding != 0 && options.is_valid_padding != 1) {
    return Fault(fmt::format("padding kind {} is unknown", options.is_valid_padding));
  }
  Slide slide{{.size = size,
               .strides = {options.stride_height, options.stride_width},
               .dilations = {options.dilation_height, options.dilation_width},
               .padding = {}},
              {}};
  for (size_t axis = 0; axis < 2; ++axis) {
    Window& window = slide.window;
    const auto in_range = [](int64_t value) { return value >= 1 && value <= kMaxStride; };
    if (!in_range(window.strides[axis]) || !in_range(window.dilations[axis]) ||
        !in_range(size[axis])) {
      return Fault("a window, stride or dilation is out of range");
    }
    const int64_t reach = (size[axis] - 1) * window.dilations[axis] + 1;
    const int64_t extent = in[axis + 1];
    const int64_t stride = window.strides[axis];
    int64_t places = (extent + stride - 1) / stride;
    if (options.is_valid_padding == 1) {
      if (reach > extent) return Fault("the window is larger than its input");
      places = (extent - reach) / stride + 1;
    }
    const int64_t missing = std::max<int64_t>((places - 1) * stride + reach - extent, 0);
    window.padding.low[axis] = missing / 2;
    window.padding.high[axis] = missing - missing / 2;
    slide.output.push_back(places);
    if (out[axis + 1] != places) {
      return Fault(
          fmt::format("the output's shape is {}, but its input and window make it {} in "
                      "dimension {}",
                      out, places, axis + 1));
    }
  }
  return slide;
}

// The weights and bias of a layer with `channels` outputs. `channel_of` says to which output the
// weight at an index of the file belongs; a bias may carry any quantized_dimension, because files
// exist whose rank-1 bias says 3.
template <typename ChannelOf>
Result<Kernel> ReadKernel(const Site& site, int32_t channel_axis, int64_t channels,
                          ChannelOf channel_of) {
  const TfliteTensor& weights = *site.inputs[1];
  const TfliteTensor* bias = site.inputs.size() > 2 ? site.inputs[2] : nullptr;
  if (!weights.Is(TfliteType::kInt8) || weights.data.empty()) {
    return Fault(fmt::format("weights {} are not int8 constants", weights.name));
  }
  const bool is_per_channel = weights.scales.size() > 1;
  if (weights.scales.empty() || !std::ranges::all_of(weights.scales, IsScale) ||
      std::ranges::any_of(weights.zero_points, [](int64_t z) { return z != 0; })) {
    return Fault(fmt::format("weights {} are not quantised symmetrically", weights.name));
  }
  if (is_per_channel &&
      (std::ssize(weights.scales) != channels || weights.quantized_dimension != channel_axis)) {
    return Fault(fmt::format("weights {} have {} scales along dimension {} for {} channels",
                             weights.name, weights.scales.size(), weights.quantized_dimension,
                             channels));
  }
  Kernel kernel;
  kernel.values = Values<int8_t>(weights);
  kernel.bias.resize(static_cast<size_t>(channels));
  if (bias != nullptr) {
    if (!bias->Is(TfliteType::kInt32) || bias->shape != Shape{channels} || bias->data.empty()) {
      return Fault(fmt::format("bias {} is not {} int32 constants", bias->name, channels));
    }
    kernel.bias = Values<int32_t>(*bias);
  }
  // sum(w * (x - z)) = sum(w * x) - z * sum(w): the compiler sees a plain product of int8.
  const auto input_scale = static_cast<double>(Scale(*site.inputs[0]));
  const auto output_scale = static_cast<double>(Scale(site.output));
  for (float scale : weights.scales) {
    kernel.multipliers.push_back(
        QuantizeMultiplier(input_scale * static_cast<double>(scale) / output_scale));
  }
  std::vector<int64_t> sums(kernel.bias.size());
  std::vector<int64_t> sizes(kernel.bias.size());
  for (size_t i = 0; i < kernel.values.size(); ++i) {
    sums[channel_of(i)] += kernel.values[i];
    sizes[channel_of(i)] += std::abs(kernel.values[i]);
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    const int64_t folded = kernel.bias[i] - int64_t{ZeroPoint(*site.inputs[0])} * sums[i];
    // Every partial sum, shifted left and doubled, stays within int32: AppendFixedProduct's need.
    const FixedMultiplier& by = kernel.multipliers[is_per_channel ? i : 0];
    if (std::abs(folded) + 128 * sizes[i] >= (1 << 30) >> std::max(by.shift, 0)) {
      return Fault(fmt::format("channel {} can overflow its accumulator", i));
    }
    kernel.bias[i] = static_cast<int32_t>(folded);
  }
  return kernel;
}

// Names of two i64 values that add up to 32.
struct WideShifts {
  std::string all_but_one;
  std::string one;
};

// body: <result>_low and <result>_high, the two words of a * b. Shifted twice, because one shift by
// 32 becomes arith.mulsi_extended, whose two results the vectorisation of 3.0.0 does not take
// apart; LLVM joins the shifts and finds the instruction for the upper half.
void AppendWideProduct(std::string_view a, std::string_view b, std::string_view result,
                       const WideShifts& bits, std::vector<std::string>* body) {
  const auto step = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    body->push_back(fmt::format(format, std::forward<Args>(args)...));
  };
  step("{}_low = arith.muli {}, {} : i32", result, a, b);
  step("{}_wide_a = arith.extsi {} : i32 to i64", result, a);
  step("{}_wide_b = arith.extsi {} : i32 to i64", result, b);
  step("{0}_wide = arith.muli {0}_wide_a, {0}_wide_b : i64", result);
  step("{0}_most = arith.shrsi {0}_wide, {1} : i64", result, bits.all_but_one);
  step("{0}_upper = arith.shrsi {0}_most, {1} : i64", result, bits.one);
  step("{0}_high = arith.trunci {0}_upper : i64 to i32", result);
}

// Names of i32 values in the text, each a scalar or a block argument.
struct FixedNames {
  std::string multiplier;
  std::string left;   // the left shift plus 1
  std::string half;   // what rounds the right shift; 0 without one
  std::string right;  // the right shift
  std::string mask;   // -1 where there is a right shift, else 0; empty: there is everywhere
  std::string one_less_than_bits;  // 31
  WideShifts word;
};

// body: result = MultiplyByFixed(value, ...). The product has 64 bits, which the target's vectors
// have not: of 2 * value * multiplier the high word is taken, and the low word's top bit rounds it.
// The caller knows that value shifted left, doubled, fits.
void AppendFixedProduct(std::string_view value, std::string_view result, const FixedNames& names,
                        std::vector<std::string>* body) {
  const std::string_view r = result;
  const auto step = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    body->push_back(fmt::format(format, std::forward<Args>(args)...));
  };
  step("{}_y = arith.shli {}, {} : i32", r, value, names.left);
  AppendWideProduct(fmt::format("{}_y", r), names.multiplier, r, names.word, body);
  step("{0}_carry = arith.shrui {0}_low, {1} : i32", r, names.one_less_than_bits);
  step("{0}_p = arith.addi {0}_high, {0}_carry : i32", r);
  // Ties away from zero: one less is added to what is negative, if anything is shifted.
  step("{0}_sign = arith.shrsi {0}_p, {1} : i32", r, names.one_less_than_bits);
  if (!names.mask.empty()) step("{0}_masked = arith.andi {0}_sign, {1} : i32", r, names.mask);
  step("{0}_h = arith.addi {0}_p, {1} : i32", r, names.half);
  step("{0}_s = arith.addi {0}_h, {0}_{1} : i32", r, names.mask.empty() ? "sign" : "masked");
  step("{0} = arith.shrsi {0}_s, {1} : i32", r, names.right);
}

class Writer {
 public:
  explicit Writer(const TfliteModel& model) : model_(model) {}

  Result<std::string> Write() {
    const TfliteTensor& input = Tensor(model_.input);
    const TfliteTensor& output = Tensor(model_.output);
    TRY(CheckActivationTensor(input));
    TRY(CheckActivationTensor(output));
    if (!input.data.empty() || !output.data.empty()) {
      return Fault("the model's input or output is a constant");
    }
    const MlirValue in{"%input", input.shape, "i8"};
    const MlirValue out{"", output.shape, "i8"};
    text_.Line("func.func @main(%input: {}) -> {} {{", in.type(), out.type());
    values_[model_.input] = in;
    for (size_t i = 0; i < model_.operators.size(); ++i) {
      if (auto written = WriteOperator(model_.operators[i]); !written) {
        Error error = std::move(written).error();
        error.sentence = fmt::format(
            "operator {} ({}): {}", i,
            TfliteOperatorName(static_cast<int32_t>(model_.operators[i].code)), error.sentence);
        return std::unexpected(std::move(error));
      }
    }
    text_.Line("  return {} : {}", values_.at(model_.output).name, out.type());
    text_.Line("}}");
    return text_.Take();
  }

 private:
  using Function = Result<MlirValue> (Writer::*)(const Site&);
  struct Row {
    TfliteOperatorCode code;
    size_t least_inputs;
    size_t most_inputs;
    Function write;
  };

  [[nodiscard]] const TfliteTensor& Tensor(int32_t index) const {
    return model_.tensors[static_cast<size_t>(index)];
  }

  Result<> WriteOperator(const TfliteOperator& op) {
    static constexpr Row kRows[] = {
        {TfliteOperatorCode::kAdd, 2, 2, &Writer::Add},
        {TfliteOperatorCode::kAveragePool2d, 1, 1, &Writer::AveragePool},
        {TfliteOperatorCode::kConv2d, 2, 3, &Writer::Convolution},
        {TfliteOperatorCode::kDepthwiseConv2d, 2, 3, &Writer::DepthwiseConvolution},
        {TfliteOperatorCode::kFullyConnected, 2, 3, &Writer::FullyConnected},
        {TfliteOperatorCode::kMaxPool2d, 1, 1, &Writer::MaxPool},
        {TfliteOperatorCode::kReshape, 1, 2, &Writer::Reshape},
        {TfliteOperatorCode::kSoftmax, 1, 1, &Writer::Softmax},
        {TfliteOperatorCode::kPad, 2, 2, &Writer::Pad},
    };
    const Row& row = *std::ranges::find(kRows, op.code, &Row::code);
    if (op.inputs.size() < row.least_inputs || op.inputs.size() > row.most_inputs ||
        op.outputs.size() != 1) {
      return Fault(fmt::format("{} inputs and {} outputs", op.inputs.size(), op.outputs.size()));
    }
    Site site{op, {}, Tensor(op.outputs[0])};
    for (int32_t index : op.inputs) {
      site.inputs.push_back(index == -1 ? nullptr : &Tensor(index));
    }
    for (size_t i = 0; i < row.least_inputs; ++i) {
      if (site.inputs[i] == nullptr) return Fault(fmt::format("input {} is left out", i));
    }
    TRY(CheckActivationTensor(*site.inputs[0]));
    TRY(CheckActivationTensor(site.output));
    if (!values_.contains(op.inputs[0])) return Fault("the first input is a constant");
    text_.Comment(site.output.name);
    MlirValue result = TRY((this->*row.write)(site));
    values_[op.outputs[0]] = std::move(result);
    return {};
  }

  [[nodiscard]] const MlirValue& Input(const Site& site) const {
    return values_.at(site.op.inputs[0]);
  }

  // accumulator (+ bias) -> int8.
  MlirValue Requantize(const MlirValue& accumulator, std::span<const int32_t> bias,
                       const Requantization& to) {
    std::vector<std::string> body;
    const auto step = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
      body.push_back(fmt::format(format, std::forward<Args>(args)...));
    };
    const size_t rank = accumulator.shape.size();
    std::vector<MlirOperand> inputs = {{accumulator, AllDimensions(rank)}};
    // A scalar if all channels agree, otherwise an operand with one element a channel.
    const auto per_channel = [&](const std::vector<int32_t>& values) -> std::string {
      if (std::ranges::count(values, values[0]) == std::ssize(values)) {
        return text_.Scalar(values[0], "i32");
      }
      inputs.push_back({text_.Constant(values, {std::ssize(values)}), {rank - 1}});
      return fmt::format("%{}", static_cast<char>('a' + inputs.size() - 1));
    };
    const auto column = [&](auto value_of) {
      std::vector<int32_t> values;
      for (const FixedMultiplier& m : to.multipliers) values.push_back(value_of(m));
      return values;
    };
    std::string value = "%a";
    if (std::ranges::any_of(bias, [](int32_t b) { return b != 0; })) {
      step("%x = arith.addi %a, {} : i32", per_channel({bias.begin(), bias.end()}));
      value = "%x";
    }
    FixedNames names;
    names.multiplier = per_channel(column([](auto m) { return m.multiplier; }));
    names.left = per_channel(column([](auto m) { return std::max(m.shift, 0) + 1; }));
    const auto right = column([](auto m) { return std::max(-m.shift, 0); });
    if (std::ranges::count(right, 0) != 0) {
      names.mask = per_channel(column([](auto m) { return m.shift < 0 ? -1 : 0; }));
    }
    names.half = per_channel(column(
        [](auto m) { return m.shift < 0 ? static_cast<int32_t>(1u << (-m.shift - 1)) : 0; }));
    names.right = per_channel(right);
    names.one_less_than_bits = text_.Scalar(31, "i32");
    names.word = Word();
    AppendFixedProduct(value, "%q", names, &body);
    step("%z = arith.addi %q, {} : i32", text_.Scalar(to.zero_point, "i32"));
    Clamp(to, &body);
    return text_.Map(inputs, "i8", body, "%t");
  }

  WideShifts Word() { return {text_.Scalar(31, "i64"), text_.Scalar(1, "i64")}; }

  FixedNames Names(const FixedMultiplier& m) {
    FixedNames names;
    names.multiplier = text_.Scalar(m.multiplier, "i32");
    names.left = text_.Scalar(std::max(m.shift, 0) + 1, "i32");
    names.half = text_.Scalar(m.shift < 0 ? int64_t{1} << (-m.shift - 1) : 0, "i32");
    names.right = text_.Scalar(std::max(-m.shift, 0), "i32");
    if (m.shift >= 0) names.mask = text_.Scalar(0, "i32");
    names.one_less_than_bits = text_.Scalar(31, "i32");
    names.word = Word();
    return names;
  }

  // %z (i32) -> %t (i8). Compare and select would do as well, but these are single instructions.
  void Clamp(const Requantization& to, std::vector<std::string>* body) {
    body->push_back(fmt::format("%above = arith.maxsi %z, {} : i32", text_.Scalar(to.low, "i32")));
    body->push_back(
        fmt::format("%within = arith.minsi %above, {} : i32", text_.Scalar(to.high, "i32")));
    body->push_back("%t = arith.trunci %within : i32 to i8");
  }

  MlirValue PadWindow(const Site& site, const Slide& slide, int64_t with) {
    const Padding& p = slide.window.padding;
    return text_.Pad(Input(site), {0, p.low[0], p.low[1], 0}, {0, p.high[0], p.high[1], 0}, with);
  }

  static std::string SlideAttributes(const Window& window) {
    return fmt::format(
        "{{dilations = dense<[{}]> : tensor<2xi64>, strides = dense<[{}]> : tensor<2xi64>}} ",
        fmt::join(window.dilations, ", "), fmt::join(window.strides, ", "));
  }

  // File order out x height x width x in -> height x width x in x out.
  static std::vector<int8_t> OutputsLast(const std::vector<int8_t>& values, size_t outputs) {
    const size_t each = values.size() / outputs;
    std::vector<int8_t> turned(values.size());
    for (size_t i = 0; i < values.size(); ++i) turned[i % each * outputs + i / each] = values[i];
    return turned;
  }

  Result<MlirValue> Convolution(const Site& site) {
    const Shape& weights = site.inputs[1]->shape;
    const Shape& in = site.inputs[0]->shape;
    if (weights.size() != 4) return Fault("the weights have not four dimensions");
    const Slide slide = TRY(MakeSlide(site, {weights[1], weights[2]}));
    if (weights[3] != in[3] || weights[0] != site.output.shape[3]) {
      return Fault(
          fmt::format("weights of shape {} between {} and {}", weights, in, site.output.shape));
    }
    const auto each = static_cast<size_t>(weights[1] * weights[2] * weights[3]);
    const Kernel kernel = TRY(ReadKernel(site, 0, weights[0], [&](size_t i) { return i / each; }));
    const std::vector<int8_t> turned = OutputsLast(kernel.values, static_cast<size_t>(weights[0]));
    if (weights[1] == 1 && weights[2] == 1 &&
        slide.window.strides == std::array<int64_t, 2>{1, 1}) {
      return Pointwise(site, turned, kernel);
    }
    const MlirValue constant =
        text_.Constant(turned, {weights[1], weights[2], weights[3], weights[0]});
    return Slid("conv_2d_nhwc_hwcf", site, slide, constant, kernel);
  }

  Result<MlirValue> DepthwiseConvolution(const Site& site) {
    const Shape& weights = site.inputs[1]->shape;
    const Shape& in = site.inputs[0]->shape;
    if (weights.size() != 4 || weights[0] != 1)
      return Fault("the weights have not four dimensions");
    const Slide slide = TRY(MakeSlide(site, {weights[1], weights[2]}));
    const int64_t channels = weights[3];
    const int64_t multiplier = channels / in[3];
    if (channels != site.output.shape[3] || channels % in[3] != 0 ||
        site.op.options.depth_multiplier != multiplier) {
      return Fault(fmt::format("weights of shape {} between {} and {}, multiplier {}", weights, in,
                               site.output.shape, site.op.options.depth_multiplier));
    }
    const Kernel kernel = TRY(
        ReadKernel(site, 3, channels, [&](size_t i) { return i % static_cast<size_t>(channels); }));
    if (in[3] == 1) {  // every output has the only input: an ordinary convolution
      const MlirValue constant =
          text_.Constant(kernel.values, {weights[1], weights[2], 1, channels});
      return Slid("conv_2d_nhwc_hwcf", site, slide, constant, kernel);
    }
    if (multiplier != 1) {
      return Fault("a multiplier is read for inputs of one channel only");
    }
    const MlirValue constant = text_.Constant(kernel.values, {weights[1], weights[2], channels});
    return Slid("depthwise_conv_2d_nhwc_hwc", site, slide, constant, kernel);
  }

  // Padding stands for the real value 0, which is the zero point.
  Result<MlirValue> Slid(std::string_view op, const Site& site, const Slide& slide,
                         const MlirValue& constant, const Kernel& kernel) {
    Requantization to = TRY(OutputRange(site));
    to.multipliers = kernel.multipliers;
    const MlirValue padded = PadWindow(site, slide, ZeroPoint(*site.inputs[0]));
    const MlirValue sums = text_.Named(op, SlideAttributes(slide.window), padded, constant,
                                       text_.Filled(site.output.shape, "i32", 0));
    return Requantize(sums, kernel.bias, to);
  }

  // A window of one element that visits all of them: a product of matrices, which the compiler
  // tiles much better than the convolution (3.6 instead of 10.8 million kernel instructions for the
  // person detector, release 3.0.0).
  Result<MlirValue> Pointwise(const Site& site, const std::vector<int8_t>& weights,
                              const Kernel& kernel) {
    Requantization to = TRY(OutputRange(site));
    to.multipliers = kernel.multipliers;
    const Shape& in = site.inputs[0]->shape;
    const Shape& out = site.output.shape;
    const int64_t rows = in[1] * in[2];
    const MlirValue sums = text_.Named("matmul", "", text_.JoinRows(Input(site)),
                                       text_.Constant(weights, {in[3], out[3]}),
                                       text_.Filled({rows, out[3]}, "i32", 0));
    return Requantize(text_.SplitRows(sums, out), kernel.bias, to);
  }

  Result<MlirValue> FullyConnected(const Site& site) {
    const Shape& weights = site.inputs[1]->shape;
    if (weights.size() != 2) return Fault("the weights have not two dimensions");
    const int64_t inputs = weights[1];
    const int64_t outputs = weights[0];
    const int64_t rows = ElementCount(site.inputs[0]->shape) / inputs;
    if (rows * inputs != ElementCount(site.inputs[0]->shape) ||
        ElementCount(site.output.shape) != rows * outputs) {
      return Fault(fmt::format("weights of shape {} between {} and {}", weights,
                               site.inputs[0]->shape, site.output.shape));
    }
    Kernel kernel = TRY(
        ReadKernel(site, 0, outputs, [&](size_t i) { return i / static_cast<size_t>(inputs); }));
    if (kernel.multipliers.size() == 1) {
      // Here, unlike in convolutions, the reference multiplies the scales in single precision.
      const float product = Scale(*site.inputs[0]) * Scale(*site.inputs[1]);
      if (!std::isfinite(product)) return Fault("the scales are too large");
      kernel.multipliers[0] = QuantizeMultiplier(static_cast<double>(product) /
                                                 static_cast<double>(Scale(site.output)));
    }
    Requantization to = TRY(OutputRange(site));
    to.multipliers = kernel.multipliers;
    const MlirValue flat = text_.Reshape(Input(site), {rows, inputs});
    const MlirValue constant =
        text_.Constant(OutputsLast(kernel.values, static_cast<size_t>(outputs)), {inputs, outputs});
    const MlirValue sums =
        text_.Named("matmul", "", flat, constant, text_.Filled({rows, outputs}, "i32", 0));
    return text_.Reshape(Requantize(sums, kernel.bias, to), site.output.shape);
  }

  static Result<Slide> PoolSlide(const Site& site) {
    const TfliteTensor& in = *site.inputs[0];
    const Slide slide =
        TRY(MakeSlide(site, {site.op.options.filter_height, site.op.options.filter_width}));
    if (in.shape[3] != site.output.shape[3] || Scale(in) != Scale(site.output) ||
        ZeroPoint(in) != ZeroPoint(site.output)) {
      return Fault("channels or quantisation change, which a pooling cannot do");
    }
    return slide;
  }

  // The sum of what really lies under the window, divided by how much that is, rounded away from
  // zero at ties. Padding adds 0 to the sum and nothing to the count.
  Result<MlirValue> AveragePool(const Site& site) {
    const Slide slide = TRY(PoolSlide(site));
    const Requantization to = TRY(OutputRange(site));
    const Window& window = slide.window;
    std::vector<int32_t> counts;
    for (int64_t y = 0; y < slide.output[0]; ++y) {
      for (int64_t x = 0; x < slide.output[1]; ++x) {
        const auto covered = [&](size_t axis, int64_t at) {
          const int64_t start = at * window.strides[axis] - window.padding.low[axis];
          const int64_t end = std::min(start + window.size[axis], site.inputs[0]->shape[axis + 1]);
          return end - std::max<int64_t>(start, 0);
        };
        const int64_t count = covered(0, y) * covered(1, x);
        if (count > 1 << 22) return Fault("a window has too many elements to be summed");
        counts.push_back(static_cast<int32_t>(count));
      }
    }
    const MlirValue padded = PadWindow(site, slide, 0);
    const MlirValue sums = text_.Named("pooling_nhwc_sum", SlideAttributes(window), padded,
                                       text_.Empty({window.size[0], window.size[1]}, "i8"),
                                       text_.Filled(site.output.shape, "i32", 0));
    std::vector<MlirOperand> inputs = {{sums, AllDimensions(4)}};
    std::string count = "%b";
    if (std::ranges::count(counts, counts[0]) == std::ssize(counts)) {
      count = text_.Scalar(counts[0], "i32");
    } else {
      inputs.push_back({text_.Constant(counts, slide.output), {1, 2}});
    }
    std::vector<std::string> body = {
        fmt::format("%half = arith.shrui {}, {} : i32", count, text_.Scalar(1, "i32")),
        fmt::format("%positive = arith.cmpi sgt, %a, {} : i32", text_.Scalar(0, "i32")),
        "%up = arith.addi %a, %half : i32",
        "%down = arith.subi %a, %half : i32",
        "%away = arith.select %positive, %up, %down : i32",
        fmt::format("%z = arith.divsi %away, {} : i32", count),
    };
    Clamp(to, &body);
    return text_.Map(inputs, "i8", body, "%t");
  }

  Result<MlirValue> MaxPool(const Site& site) {
    const Slide slide = TRY(PoolSlide(site));
    const Requantization to = TRY(OutputRange(site));
    const MlirValue padded = PadWindow(site, slide, kInt8Min);
    const MlirValue largest =
        text_.Named("pooling_nhwc_max", SlideAttributes(slide.window), padded,
                    text_.Empty({slide.window.size[0], slide.window.size[1]}, "i8"),
                    text_.Filled(site.output.shape, "i8", kInt8Min));
    if (to.low == kInt8Min && to.high == kInt8Max) return largest;
    std::vector<std::string> body = {"%z = arith.extsi %a : i8 to i32"};
    Clamp(to, &body);
    return text_.Map({{largest, AllDimensions(4)}}, "i8", body, "%t");
  }

  Result<MlirValue> Reshape(const Site& site) {
    if (ElementCount(site.inputs[0]->shape) != ElementCount(site.output.shape)) {
      return Fault(fmt::format("from {} to {}", site.inputs[0]->shape, site.output.shape));
    }
    return text_.Reshape(Input(site), site.output.shape);
  }

  Result<MlirValue> Pad(const Site& site) {
    const TfliteTensor& paddings = *site.inputs[1];
    const Shape& in = site.inputs[0]->shape;
    const auto rank = std::ssize(in);
    if (!paddings.Is(TfliteType::kInt32) || paddings.shape != Shape{rank, 2} ||
        paddings.data.empty()) {
      return Fault("the paddings are not int32 constants, two for each dimension");
    }
    std::vector<int64_t> low;
    std::vector<int64_t> high;
    const std::vector<int32_t> values = Values<int32_t>(paddings);
    for (size_t i = 0; i < in.size(); ++i) {
      low.push_back(values[2 * i]);
      high.push_back(values[2 * i + 1]);
      if (low[i] < 0 || high[i] < 0 ||
          (site.output.shape.size() > i && in[i] + low[i] + high[i] != site.output.shape[i])) {
        return Fault(fmt::format("from {} to {}", in, site.output.shape));
      }
    }
    if (site.output.shape.size() != in.size()) return Fault("the rank changes");
    return text_.Pad(Input(site), low, high, ZeroPoint(site.output));
  }

  Result<MlirValue> Add(const Site& site);
  Result<MlirValue> Softmax(const Site& site);
  MlirValue Reciprocals(const MlirValue& sums);
  // body: result = RoundingDoublingHighProduct(a, b).
  void AppendProduct(const std::string& a, const std::string& b, const std::string& result,
                     std::vector<std::string>* body);

  const TfliteModel& model_;
  MlirText text_;
  std::map<int32_t, MlirValue> values_;
};

// (a * b + 2^30) / 2^31 from the two words of the product.
void Writer::AppendProduct(const std::string& a, const std::string& b, const std::string& result,
                           std::vector<std::string>* body) {
  const std::string one = text_.Scalar(1, "i32");
  const auto step = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    body->push_back(fmt::format(format, std::forward<Args>(args)...));
  };
  AppendWideProduct(a, b, result, Word(), body);
  step("{0}_twice = arith.shli {0}_high, {1} : i32", result, one);
  step("{0}_top = arith.shrui {0}_low, {1} : i32", result, text_.Scalar(30, "i32"));
  step("{0}_odd = arith.andi {0}_top, {1} : i32", result, one);
  step("{0}_next = arith.shrui {0}_top, {1} : i32", result, one);
  step("{0}_floor = arith.addi {0}_twice, {0}_next : i32", result);
  step("{0} = arith.addi {0}_floor, {0}_odd : i32", result);
}

// Both inputs in units of half the larger scale's, 20 bits finer, so that they can be added.
Result<MlirValue> Writer::Add(const Site& site) {
  constexpr int kFinerBits = 20;
  const TfliteTensor& a = *site.inputs[0];
  const TfliteTensor& b = *site.inputs[1];
  TRY(CheckActivationTensor(b));
  if (!values_.contains(site.op.inputs[1])) return Fault("the second input is a constant");
  if (a.shape != site.output.shape || b.shape != a.shape) {
    return Fault(fmt::format("shapes {}, {} and {} differ", a.shape, b.shape, site.output.shape));
  }
  const double twice_largest = 2.0 * static_cast<double>(std::max(Scale(a), Scale(b)));
  const FixedMultiplier to_output =
      QuantizeMultiplier(twice_largest / static_cast<double>(static_cast<float>(1 << kFinerBits) *
                                                             Scale(site.output)));
  if (to_output.shift > 0) return Fault("the output's scale is too small for its inputs");
  const Requantization to = TRY(OutputRange(site));
  std::vector<std::string> body;
  const std::string finer = text_.Scalar(kFinerBits, "i32");
  for (size_t i = 0; i < 2; ++i) {
    const TfliteTensor& input = *site.inputs[i];
    const char x = static_cast<char>('a' + i);
    body.push_back(fmt::format("%wide_{0} = arith.extsi %{0} : i8 to i32", x));
    body.push_back(fmt::format("%real_{0} = arith.subi %wide_{0}, {1} : i32", x,
                               text_.Scalar(ZeroPoint(input), "i32")));
    body.push_back(fmt::format("%fine_{0} = arith.shli %real_{0}, {1} : i32", x, finer));
    const FixedMultiplier scale =
        QuantizeMultiplier(static_cast<double>(Scale(input)) / twice_largest);
    AppendFixedProduct(fmt::format("%fine_{}", x), fmt::format("%scaled_{}", x), Names(scale),
                       &body);
  }
  body.push_back("%sum = arith.addi %scaled_a, %scaled_b : i32");
  AppendFixedProduct("%sum", "%q", Names(to_output), &body);
  body.push_back(fmt::format("%z = arith.addi %q, {} : i32", text_.Scalar(to.zero_point, "i32")));
  Clamp(to, &body);
  const std::vector<size_t> all = AllDimensions(a.shape.size());
  return text_.Map({{Input(site), all}, {values_.at(site.op.inputs[1]), all}}, "i8", body, "%t");
}

// Differences of int8 have 256 values, so the exponentials are a table made here; what remains is
// one reciprocal a row, by Newton's method in Q2.29, and one product an element.
Result<MlirValue> Writer::Softmax(const Site& site) {
  const TfliteTensor& input = *site.inputs[0];
  const int64_t columns = input.shape.back();
  const float beta = site.op.options.beta;
  if (input.shape != site.output.shape || columns > kMaxSoftmaxRow) {
    return Fault(fmt::format("from {} to {}", input.shape, site.output.shape));
  }
  if (Scale(site.output) != 1.0f / 256 || ZeroPoint(site.output) != kInt8Min) {
    return Fault("the output's scale is not 1/256 with the zero point -128");
  }
  // The reference refuses smaller products of the two.
  if (!IsScale(beta) || beta * Scale(input) * static_cast<float>(1 << 26) <= 1) {
    return Fault(fmt::format("beta {} with input scale {}", beta, Scale(input)));
  }
  const int64_t rows = ElementCount(input.shape) / columns;
  const MlirValue in = text_.Reshape(Input(site), {rows, columns});
  const MlirValue largest =
      text_.Generic(2, {1}, {{in, {0, 1}}}, {text_.Filled({rows}, "i8", kInt8Min), {0}},
                    {"%r = arith.maxsi %a, %o : i8"}, "%r");
  const MlirValue table = text_.Constant(SoftmaxExponentials(beta, Scale(input)), {256});
  const MlirValue exponentials =
      text_.Map({{in, {0, 1}}, {largest, {0}}}, "i32",
                {"%x = arith.extsi %a : i8 to i32", "%m = arith.extsi %b : i8 to i32",
                 "%d = arith.subi %m, %x : i32", "%i = arith.index_cast %d : i32 to index",
                 fmt::format("%r = tensor.extract {}[%i] : {}", table.name, table.type())},
                "%r");
  const MlirValue sums =
      text_.Generic(2, {1}, {{exponentials, {0, 1}}}, {text_.Filled({rows}, "i32", 0), {0}},
                    {fmt::format("%n = arith.addi %a, {} : i32", text_.Scalar(1 << 11, "i32")),
                     fmt::format("%e = arith.shrui %n, {} : i32", text_.Scalar(12, "i32")),
                     "%r = arith.addi %e, %o : i32"},
                    "%r");
  const MlirValue reciprocals = Reciprocals(sums);
  std::vector<std::string> body = {
      "%zeros = math.ctlz %c : i32",
      fmt::format("%bits = arith.subi {}, %zeros : i32", text_.Scalar(35, "i32")),
      fmt::format("%shift = arith.minsi %bits, {} : i32", text_.Scalar(31, "i32"))};
  AppendProduct("%a", "%b", "%p", &body);
  const std::string one = text_.Scalar(1, "i32");
  body.push_back(fmt::format("%less = arith.subi %shift, {} : i32", one));
  body.push_back(fmt::format("%half = arith.shli {}, %less : i32", one));
  body.push_back("%n = arith.addi %p, %half : i32");
  body.push_back("%q = arith.shrui %n, %shift : i32");
  body.push_back(fmt::format("%z = arith.addi %q, {} : i32", text_.Scalar(kInt8Min, "i32")));
  Clamp({}, &body);
  const MlirValue result =
      text_.Map({{exponentials, {0, 1}}, {reciprocals, {0}}, {sums, {0}}}, "i8", body, "%t");
  return text_.Reshape(result, input.shape);
}

// 1 / sum for sums in Q12.19, as Q0.31 of the sum shifted to [1, 2).
MlirValue Writer::Reciprocals(const MlirValue& sums) {
  constexpr int32_t k48Over17 = 1515870810;        // Q2.29
  constexpr int32_t kMinus32Over17 = -1010580540;  // Q2.29
  constexpr int32_t kOne = 1 << 29;                // Q2.29
  std::vector<std::string> body;
  const std::string one = text_.Scalar(1, "i32");
  const std::string two = text_.Scalar(2, "i32");
  const std::string unit = text_.Scalar(kOne, "i32");
  body.push_back("%zeros = math.ctlz %a : i32");
  body.push_back("%full = arith.shli %a, %zeros : i32");
  body.push_back(fmt::format("%half = arith.shrui %full, {} : i32", one));
  AppendProduct("%half", text_.Scalar(kMinus32Over17, "i32"), "%line", &body);
  body.push_back(fmt::format("%x0 = arith.addi %line, {} : i32", text_.Scalar(k48Over17, "i32")));
  for (int i = 0; i < 3; ++i) {
    const std::string x = fmt::format("%x{}", i);
    AppendProduct("%half", x, fmt::format("%near{}", i), &body);
    body.push_back(fmt::format("%error{0} = arith.subi {1}, %near{0} : i32", i, unit));
    AppendProduct(x, fmt::format("%error{}", i), fmt::format("%step{}", i), &body);
    body.push_back(fmt::format("%scaled{0} = arith.shli %step{0}, {1} : i32", i, two));
    body.push_back(fmt::format("%x{} = arith.addi {}, %scaled{} : i32", i + 1, x, i));
  }
  // Half of it in Q0.31, which cannot hold 1.
  const std::string largest = text_.Scalar(std::numeric_limits<int32_t>::max(), "i32");
  body.push_back(
      fmt::format("%is_one = arith.cmpi sge, %x3, {} : i32", text_.Scalar(1 << 30, "i32")));
  body.push_back(fmt::format("%doubled = arith.shli %x3, {} : i32", one));
  body.push_back(fmt::format("%r = arith.select %is_one, {}, %doubled : i32", largest));
  return text_.Map({{sums, {0}}}, "i32", body, "%r");
}

}  // namespace

Result<std::string> WriteTfliteLinalg(const TfliteModel& model) { return Writer(model).Write(); }

}  // namespace host
