// SPDX-License-Identifier: Apache-2.0

// Operators that only move elements: every type, nothing computed.
#include <algorithm>
#include <limits>
#include <numeric>

#include "base/try.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "host/model/tflite_operators.h"

namespace host {
namespace {

std::unexpected<Error> FromTo(const TfliteSite& site) {
  return OperatorFault(fmt::format("from {} to {}", site.in().shape, site.out().shape));
}

// RESHAPE, SQUEEZE, EXPAND_DIMS: the output's shape says it all.
TfliteValues Reshape(const TfliteSite& site) {
  TRY(CheckSameType(site.out(), site.in()));
  if (ElementCount(site.in().shape) != ElementCount(site.out().shape)) {
    if (!site.out().has_open_batch) return FromTo(site);
    return OpenShape(site);
  }
  return {{site.Value(0, site.out().shape)}};
}

// Extents are static, so it is a constant.
TfliteValues ShapeOf(const TfliteSite& site) {
  const Shape& shape = site.in().shape;
  if (site.out().Is(TfliteType::kInt32)) {
    const std::vector<int32_t> extents(shape.begin(), shape.end());
    return {{site.text.Constant(extents, {std::ssize(extents)})}};
  }
  if (!site.out().Is(TfliteType::kInt64)) return OperatorFault("the output is no integer");
  return {{site.text.Constant(
      {reinterpret_cast<const uint8_t*>(shape.data()), shape.size() * sizeof(int64_t)},
      {std::ssize(shape)}, "i64")}};
}

TfliteValues Transpose(const TfliteSite& site) {
  const size_t rank = site.in().shape.size();
  TRY(CheckSameType(site.out(), site.in()));
  std::vector<size_t> order;
  for (int64_t axis : TRY(ConstantIntegers(site, 1, std::ssize(site.in().shape)))) {
    order.push_back(TRY(Axis(axis, rank)));
  }
  std::vector<size_t> sorted = order;
  std::ranges::sort(sorted);
  if (sorted != AllDimensions(rank)) return OperatorFault("an axis is there twice");
  return {{site.text.Transpose(site.Value(), order)}};
}

struct Margins {
  std::vector<int64_t> low;
  std::vector<int64_t> high;
};

// Two numbers a dimension in input 1; the output's shape must follow from them.
Result<Margins> ReadMargins(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  const auto values = TRY(ConstantIntegers(site, 1, 2 * std::ssize(in)));
  Margins margins;
  for (size_t i = 0; i < in.size(); ++i) {
    margins.low.push_back(values[2 * i]);
    margins.high.push_back(values[2 * i + 1]);
    if (std::min(margins.low[i], margins.high[i]) < 0 ||
        std::max(margins.low[i], margins.high[i]) > kMaxActivationElements) {
      return OperatorFault("a padding is out of range");
    }
    if (site.out().shape.size() != in.size() ||
        in[i] + margins.low[i] + margins.high[i] != site.out().shape[i]) {
      return FromTo(site);
    }
  }
  return margins;
}

// The real number 0.
Result<std::string> Zero(const TfliteSite& site) {
  const MlirElement element = ElementOf(site.in());
  if (element == "f32") return site.text.Float(0);
  if (!site.in().Is(TfliteType::kInt8)) return site.text.Integer(0, element);
  TRY(CheckEndsQuantized(site));
  return site.text.Integer(ZeroPoint(site.out()), element);
}

TfliteValues Pad(const TfliteSite& site) {
  const Margins margins = TRY(ReadMargins(site));
  std::string with = TRY(Zero(site));
  if (site.inputs.size() > 2) {
    const TfliteTensor& value = site.in(2);
    TRY(CheckSameType(value, site.in()));
    if (!value.is_constant() || ElementCount(value.shape) != 1) {
      return OperatorFault("what is padded with is not one constant");
    }
    if (site.is_float()) {
      with = site.text.Float(ConstantValues<float>(value)[0]);
    } else if (value.data.size() == 1) {
      with = site.text.Integer(static_cast<int8_t>(value.data[0]), "i8");
    } else {
      with = site.text.Integer(TRY(ConstantIntegers(site, 2, 1))[0], ElementOf(value));
    }
  }
  return {{site.text.Pad(site.Value(), margins.low, margins.high, with)}};
}

TfliteValues MirrorPad(const TfliteSite& site) {
  const Margins margins = TRY(ReadMargins(site));
  const int64_t edge = site.op.options.mirror_mode == 0 ? 1 : 0;  // REFLECT: not repeated
  const Shape& in = site.in().shape;
  std::vector<std::vector<int32_t>> picks(in.size());
  for (size_t axis = 0; axis < in.size(); ++axis) {
    if (std::max(margins.low[axis], margins.high[axis]) > in[axis] - edge) {
      return OperatorFault("a padding is larger than its input");
    }
    for (int64_t i = -margins.low[axis]; i < in[axis] + margins.high[axis]; ++i) {
      int64_t at = i;
      if (at < 0) at = -at - 1 + edge;
      if (at >= in[axis]) at = 2 * in[axis] - at - 1 - edge;
      picks[axis].push_back(static_cast<int32_t>(at));
    }
  }
  return {{site.text.Pick(site.Value(), picks)}};
}

TfliteValues Concatenation(const TfliteSite& site) {
  const Shape& out = site.out().shape;
  const size_t axis = TRY(Axis(site.op.options.axis, out.size()));
  std::vector<MlirValue> parts;
  Shape total = out;
  total[axis] = 0;
  for (size_t i = 0; i < site.inputs.size(); ++i) {
    if (!site.has_input(i)) return OperatorFault(fmt::format("input {} is left out", i));
    const TfliteTensor& part = site.in(i);
    TRY(CheckSameType(part, site.out()));
    if (part.Is(TfliteType::kInt8) && !part.scales.empty()) {
      TRY(CheckQuantized(part));
      TRY(CheckQuantized(site.out()));
      if (!HaveSameScale(part, site.out())) {
        return OperatorFault("the quantisation of inputs and output differs");
      }
    }
    Shape rest = part.shape;
    if (rest.size() != out.size()) return FromTo(site);
    total[axis] += rest[axis];
    rest[axis] = out[axis];
    if (rest != out) return FromTo(site);
    parts.push_back(site.Value(i));
  }
  if (total != out) return FromTo(site);
  const MlirValue joined = site.text.Join(parts, axis);
  if (site.op.options.activation == 0) return {{joined}};
  if (site.is_float()) return {{TRY(FusedFloatActivation(site, joined))}};
  return OperatorFault("an activation of what is joined is read for float32 only");
}

TfliteValues Pack(const TfliteSite& site) {
  const Shape& out = site.out().shape;
  const size_t axis = TRY(Axis(site.op.options.axis, out.size()));
  Shape part = out;
  part[axis] = 1;
  if (out[axis] != std::ssize(site.inputs)) return FromTo(site);
  std::vector<MlirValue> parts;
  for (size_t i = 0; i < site.inputs.size(); ++i) {
    if (!site.has_input(i)) return OperatorFault(fmt::format("input {} is left out", i));
    TRY(CheckSameType(site.in(i), site.out()));
    if (ElementCount(site.in(i).shape) != ElementCount(part)) return FromTo(site);
    parts.push_back(site.Value(i, part));
  }
  return {{site.text.Join(parts, axis)}};
}

// Pieces along one axis, one an output, each as long as its output there.
TfliteValues Pieces(const TfliteSite& site, size_t input, int64_t axis_number, bool is_axis_kept) {
  const TfliteTensor& in = site.in(input);
  const size_t axis = TRY(Axis(axis_number, in.shape.size()));
  const MlirValue whole = site.Value(input);
  std::vector<int64_t> offsets(in.shape.size());
  const std::vector<int64_t> strides(in.shape.size(), 1);
  std::vector<MlirValue> pieces;
  for (const TfliteTensor* out : site.outputs) {
    TRY(CheckSameType(*out, in));
    Shape piece = in.shape;
    piece[axis] = is_axis_kept && out->shape.size() == piece.size() ? out->shape[axis] : 1;
    if (offsets[axis] + piece[axis] > in.shape[axis] ||
        ElementCount(piece) != ElementCount(out->shape)) {
      return FromTo(site);
    }
    pieces.push_back(
        site.text.Reshape(site.text.Slice(whole, offsets, piece, strides), out->shape));
    offsets[axis] += piece[axis];
  }
  if (offsets[axis] != in.shape[axis]) return FromTo(site);
  return pieces;
}

TfliteValues Split(const TfliteSite& site) {
  if (!site.has_input(1)) return OperatorFault("input 1 is left out");
  if (ElementOf(site.in(1)).empty()) return OperatorFault("the element type is not read");
  return Pieces(site, 1, TRY(ConstantIntegers(site, 0, 1))[0], true);
}

TfliteValues SplitV(const TfliteSite& site) {
  return Pieces(site, 0, TRY(ConstantIntegers(site, 2, 1))[0], true);
}

TfliteValues Unpack(const TfliteSite& site) { return Pieces(site, 0, site.op.options.axis, false); }

TfliteValues Slice(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  const auto begin = TRY(ConstantIntegers(site, 1, std::ssize(in)));
  const auto size = TRY(ConstantIntegers(site, 2, std::ssize(in)));
  Shape sizes;
  for (size_t i = 0; i < in.size(); ++i) {
    if (begin[i] < 0 || begin[i] >= in[i]) return OperatorFault("it begins outside of its input");
    sizes.push_back(size[i] == -1 ? in[i] - begin[i] : size[i]);
    if (sizes[i] < 1 || sizes[i] > in[i] - begin[i]) {
      return OperatorFault("it ends outside of its input");
    }
  }
  if (sizes != site.out().shape) return FromTo(site);
  return {{site.text.Slice(site.Value(), begin, sizes, std::vector<int64_t>(in.size(), 1))}};
}

// One axis of a strided slice, as Python has it.
struct Range {
  int64_t begin = 0;
  int64_t count = 0;
  int64_t stride = 1;
};

Result<Range> MakeRange(int64_t extent, int64_t begin, int64_t end, int64_t stride,
                        bool is_begin_open, bool is_end_open) {
  if (stride == 0 || std::abs(stride) > kMaxActivationElements) {
    return OperatorFault("a stride is out of range");
  }
  const int64_t least = stride > 0 ? 0 : -1;
  const int64_t most = stride > 0 ? extent : extent - 1;
  const auto inside = [&](int64_t at) {
    return std::clamp(at < 0 ? at + extent : at, least, most);
  };
  const int64_t first = is_begin_open ? (stride > 0 ? 0 : extent - 1) : inside(begin);
  const int64_t last = is_end_open ? (stride > 0 ? extent : -1) : inside(end);
  const int64_t distance = stride > 0 ? last - first : first - last;
  const int64_t step = std::abs(stride);
  return Range{first, distance <= 0 ? 0 : (distance + step - 1) / step, stride};
}

TfliteValues StridedSlice(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  const TfliteOptions& options = site.op.options;
  TRY(CheckSameType(site.out(), site.in()));
  if (options.ellipsis_mask != 0 || options.new_axis_mask != 0) {
    return OperatorFault("an ellipsis or a new axis is not read");
  }
  const auto begin = TRY(ConstantIntegers(site, 1, -1));
  const auto end = TRY(ConstantIntegers(site, 2, std::ssize(begin)));
  const auto stride = TRY(ConstantIntegers(site, 3, std::ssize(begin)));
  if (begin.size() > in.size()) return OperatorFault("it has more axes than its input");
  std::vector<int64_t> offsets;
  std::vector<int64_t> strides;
  Shape sizes;
  for (size_t i = 0; i < in.size(); ++i) {
    const auto is_set = [&](int32_t mask) { return ((mask >> i) & 1) != 0; };
    Range range{0, in[i], 1};
    if (i < begin.size() && is_set(options.shrink_axis_mask)) {
      range = {begin[i] < 0 ? begin[i] + in[i] : begin[i], 1, 1};
      if (range.begin < 0 || range.begin >= in[i]) return OperatorFault("an index is outside");
    } else if (i < begin.size()) {
      const int64_t stop = options.is_end_an_offset != 0 ? begin[i] + end[i] : end[i];
      range = TRY(MakeRange(in[i], begin[i], stop, stride[i], is_set(options.begin_mask),
                            is_set(options.end_mask)));
    }
    if (range.count < 1) return OperatorFault("nothing is left of its input");
    offsets.push_back(range.begin);
    sizes.push_back(range.count);
    strides.push_back(range.stride);
  }
  if (ElementCount(sizes) != ElementCount(site.out().shape)) return FromTo(site);
  if (std::ranges::all_of(strides, [](int64_t s) { return s > 0; })) {
    const MlirValue slice = site.text.Slice(site.Value(), offsets, sizes, strides);
    return {{site.text.Reshape(slice, site.out().shape)}};
  }
  std::vector<std::vector<int32_t>> picks(in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    for (int64_t k = 0; k < sizes[i]; ++k) {
      picks[i].push_back(static_cast<int32_t>(offsets[i] + k * strides[i]));
    }
  }
  return {{site.text.Reshape(site.text.Pick(site.Value(), picks), site.out().shape)}};
}

// Indices 0, 1, … of one axis.
std::vector<int32_t> Every(int64_t extent) {
  std::vector<int32_t> all(static_cast<size_t>(extent));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TfliteValues Reverse(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  std::vector<std::vector<int32_t>> picks;
  for (int64_t extent : in) picks.push_back(Every(extent));
  for (int64_t axis : TRY(ConstantIntegers(site, 1, -1))) {
    std::ranges::reverse(picks[TRY(Axis(axis, in.size()))]);
  }
  return {{site.text.Pick(site.Value(), picks)}};
}

// TILE and BROADCAST_TO: every axis of the input again and again.
TfliteValues Repeat(const TfliteSite& site) {
  const Shape& out = site.out().shape;
  TRY(CheckSameType(site.out(), site.in()));
  Shape in = site.in().shape;
  if (in.size() > out.size()) return FromTo(site);
  in.insert(in.begin(), out.size() - in.size(), 1);
  std::vector<std::vector<int32_t>> picks(out.size());
  for (size_t axis = 0; axis < out.size(); ++axis) {
    if (out[axis] % in[axis] != 0) return FromTo(site);
    for (int64_t i = 0; i < out[axis]; ++i) {
      picks[axis].push_back(static_cast<int32_t>(i % in[axis]));
    }
  }
  return {{site.text.Pick(site.Value(0, in), picks)}};
}

// By constant indices.
TfliteValues Gather(const TfliteSite& site) {
  const Shape& in = site.in().shape;
  TRY(CheckSameType(site.out(), site.in()));
  if (site.op.options.batch_dims != 0) return OperatorFault("batch dimensions are not read");
  const size_t axis = TRY(Axis(site.op.options.axis, in.size()));
  std::vector<std::vector<int32_t>> picks;
  for (int64_t extent : in) picks.push_back(Every(extent));
  picks[axis].clear();
  for (int64_t index : TRY(ConstantIntegers(site, 1, -1))) {
    if (index < 0 || index >= in[axis]) return OperatorFault("an index is outside");
    picks[axis].push_back(static_cast<int32_t>(index));
  }
  Shape shape = in;
  shape.erase(shape.begin() + static_cast<ptrdiff_t>(axis));
  shape.insert(shape.begin() + static_cast<ptrdiff_t>(axis), site.in(1).shape.begin(),
               site.in(1).shape.end());
  if (shape != site.out().shape || picks[axis].empty()) return FromTo(site);
  return {{site.text.Reshape(site.text.Pick(site.Value(), picks), shape)}};
}

Result<int64_t> BlockSize(const TfliteSite& site, const TfliteTensor& fine,
                          const TfliteTensor& coarse) {
  const int64_t block = site.op.options.block_size;
  TRY(CheckSameType(site.out(), site.in()));
  if (fine.shape.size() != 4 || block < 1 || block > 1 << 12 ||
      fine.shape != Shape{coarse.shape[0], coarse.shape[1] * block, coarse.shape[2] * block,
                          coarse.shape.size() == 4 ? coarse.shape[3] / (block * block) : 0} ||
      fine.shape[3] * block * block != coarse.shape[3]) {
    return FromTo(site);
  }
  return block;
}

TfliteValues SpaceToDepth(const TfliteSite& site) {
  if (site.out().shape.size() != 4) return FromTo(site);
  const int64_t block = TRY(BlockSize(site, site.in(), site.out()));
  const Shape& out = site.out().shape;
  const MlirValue split = site.Value(0, {out[0], out[1], block, out[2], block, site.in().shape[3]});
  return {{site.text.Reshape(site.text.Transpose(split, {0, 1, 3, 2, 4, 5}), out)}};
}

TfliteValues DepthToSpace(const TfliteSite& site) {
  if (site.in().shape.size() != 4) return FromTo(site);
  const int64_t block = TRY(BlockSize(site, site.out(), site.in()));
  const Shape& in = site.in().shape;
  const MlirValue split = site.Value(0, {in[0], in[1], in[2], block, block, site.out().shape[3]});
  return {{site.text.Reshape(site.text.Transpose(split, {0, 1, 3, 2, 4, 5}), site.out().shape)}};
}

// Batch x extents x … with blocks of the extents among the batches, as dilated convolutions are
// written. Input 1 holds a block size for each extent that is cut, input 2 two margins for each.
struct Blocks {
  std::vector<int64_t> sizes;
  std::vector<int64_t> low;
  std::vector<int64_t> high;
  int64_t count = 1;  // product of the sizes
};

Result<Blocks> ReadBlocks(const TfliteSite& site) {
  constexpr size_t kMaxCut = 3;  // dimensions; the text has twice as many for them
  TRY(CheckSameType(site.out(), site.in()));
  const Shape& in = site.in().shape;
  Blocks blocks;
  blocks.sizes = TRY(ConstantIntegers(site, 1, -1));
  const size_t cut = blocks.sizes.size();
  if (cut == 0 || cut > kMaxCut || in.size() <= cut || site.out().shape.size() != in.size()) {
    return FromTo(site);
  }
  const auto margins = TRY(ConstantIntegers(site, 2, 2 * static_cast<int64_t>(cut)));
  for (size_t i = 0; i < cut; ++i) {
    blocks.low.push_back(margins[2 * i]);
    blocks.high.push_back(margins[2 * i + 1]);
    if (blocks.sizes[i] < 1 || blocks.sizes[i] > 1 << 12 ||
        std::min(blocks.low[i], blocks.high[i]) < 0 ||
        std::max(blocks.low[i], blocks.high[i]) > 1 << 20) {
      return OperatorFault("a block or padding is out of range");
    }
    blocks.count *= blocks.sizes[i];
  }
  return blocks;
}

TfliteValues SpaceToBatch(const TfliteSite& site) {
  const Blocks blocks = TRY(ReadBlocks(site));
  const size_t cut = blocks.sizes.size();
  const Shape& in = site.in().shape;
  std::vector<int64_t> low(in.size());
  std::vector<int64_t> high(in.size());
  Shape wanted = in;
  Shape split = {in[0]};
  std::vector<size_t> order;
  for (size_t i = 0; i < cut; ++i) {
    low[i + 1] = blocks.low[i];
    high[i + 1] = blocks.high[i];
    const int64_t padded = in[i + 1] + low[i + 1] + high[i + 1];
    if (padded % blocks.sizes[i] != 0) return FromTo(site);
    wanted[i + 1] = padded / blocks.sizes[i];
    split.insert(split.end(), {wanted[i + 1], blocks.sizes[i]});
    order.push_back(2 * i + 2);
  }
  wanted[0] *= blocks.count;
  if (wanted != site.out().shape) return FromTo(site);
  order.push_back(0);
  for (size_t i = 0; i < cut; ++i) order.push_back(2 * i + 1);
  for (size_t i = cut + 1; i < in.size(); ++i) {
    order.push_back(split.size());
    split.push_back(in[i]);
  }
  const MlirValue padded = site.text.Pad(site.Value(), low, high, TRY(Zero(site)));
  const MlirValue turned = site.text.Transpose(site.text.Reshape(padded, split), order);
  return {{site.text.Reshape(turned, wanted)}};
}

TfliteValues BatchToSpace(const TfliteSite& site) {
  const Blocks blocks = TRY(ReadBlocks(site));
  const size_t cut = blocks.sizes.size();
  const Shape& in = site.in().shape;
  if (in[0] % blocks.count != 0) return FromTo(site);
  Shape split = blocks.sizes;
  split.push_back(in[0] / blocks.count);
  split.insert(split.end(), in.begin() + 1, in.end());
  Shape whole = in;
  Shape wanted = in;
  std::vector<int64_t> offsets(in.size());
  whole[0] = wanted[0] = split[cut];
  std::vector<size_t> order = {cut};
  for (size_t i = 0; i < cut; ++i) {
    order.insert(order.end(), {cut + 1 + i, i});
    whole[i + 1] *= blocks.sizes[i];
    wanted[i + 1] = whole[i + 1] - blocks.low[i] - blocks.high[i];
    offsets[i + 1] = blocks.low[i];
  }
  if (wanted != site.out().shape) return FromTo(site);
  for (size_t i = 2 * cut + 1; i < split.size(); ++i) order.push_back(i);
  const MlirValue turned = site.text.Transpose(site.Value(0, split), order);
  return {{site.text.Slice(site.text.Reshape(turned, whole), offsets, wanted,
                           std::vector<int64_t>(in.size(), 1))}};
}

constexpr TfliteOperatorRow kRows[] = {
    {TfliteOperatorCode::kReshape, 0, 1, 2, kAnyType, Reshape, 0b10},
    {TfliteOperatorCode::kSqueeze, 0, 1, 1, kAnyType, Reshape},
    {TfliteOperatorCode::kExpandDims, 0, 2, 2, kAnyType, Reshape, 0b10},
    {TfliteOperatorCode::kShape, 0, 1, 1, kAnyType, ShapeOf},
    {TfliteOperatorCode::kTranspose, 0, 2, 2, kAnyType, Transpose},
    {TfliteOperatorCode::kPad, 0, 2, 2, kAnyType, Pad},
    {TfliteOperatorCode::kPadV2, 0, 3, 3, kAnyType, Pad},
    {TfliteOperatorCode::kMirrorPad, 77, 2, 2, kAnyType, MirrorPad},
    {TfliteOperatorCode::kConcatenation, 10, 1, 64, kAnyType, Concatenation},
    {TfliteOperatorCode::kPack, 59, 1, 64, kAnyType, Pack},
    {TfliteOperatorCode::kUnpack, 64, 1, 1, kAnyType, Unpack},
    // Its first input is the axis.
    {TfliteOperatorCode::kSplit, 0, 2, 2, kIntegerTypes, Split},
    {TfliteOperatorCode::kSplitV, 0, 3, 3, kAnyType, SplitV},
    {TfliteOperatorCode::kSlice, 0, 3, 3, kAnyType, Slice},
    {TfliteOperatorCode::kStridedSlice, 32, 4, 4, kAnyType, StridedSlice},
    {TfliteOperatorCode::kReverseV2, 0, 2, 2, kAnyType, Reverse},
    {TfliteOperatorCode::kTile, 0, 2, 2, kAnyType, Repeat, 0b10},
    {TfliteOperatorCode::kBroadcastTo, 0, 2, 2, kAnyType, Repeat, 0b10},
    {TfliteOperatorCode::kGather, 23, 2, 2, kAnyType, Gather},
    {TfliteOperatorCode::kSpaceToDepth, 19, 1, 1, kAnyType, SpaceToDepth},
    {TfliteOperatorCode::kDepthToSpace, 94, 1, 1, kAnyType, DepthToSpace},
    {TfliteOperatorCode::kSpaceToBatchNd, 0, 3, 3, kAnyType, SpaceToBatch},
    {TfliteOperatorCode::kBatchToSpaceNd, 0, 3, 3, kAnyType, BatchToSpace},
};

}  // namespace

std::span<const TfliteOperatorRow> TfliteMovementOperators() { return kRows; }

}  // namespace host
