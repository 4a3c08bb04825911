// SPDX-License-Identifier: Apache-2.0

#include "host/model/requantization.h"

#include <algorithm>

namespace host {
namespace {

// Names of i32 values, each a scalar or a block argument.
struct FixedNames {
  std::string multiplier;
  std::string left;      // the left shift, plus 1 if the product is doubled
  std::string right;     // the right shift
  std::string half;      // what rounds the right shift; 0 without one
  std::string mask;      // -1 where there is a right shift, else 0; empty: there is everywhere
  std::string low_bits;  // those that the right shift drops; only if the product is not doubled
  bool is_doubled = true;
};

bool FitsDoubled(FixedMultiplier by, int64_t largest) {
  return by.shift < 30 && largest < (int64_t{1} << 30) >> std::max(by.shift, 0);
}

// The two words of a * b.
struct Words {
  std::string low;
  std::string high;
};

// Shifted twice, because one shift by 32 becomes arith.mulsi_extended, whose two results the
// vectorisation of 3.0.0 does not take apart; LLVM joins the shifts and finds the instruction for
// the upper half.
Words WideProduct(MlirBody& body, std::string_view a, std::string_view b) {
  const std::string low = body.Binary("arith.muli", a, b, "i32");
  const std::string wide_a = body.Convert("arith.extsi", a, "i32", "i64");
  const std::string wide_b = body.Convert("arith.extsi", b, "i32", "i64");
  const std::string wide = body.Binary("arith.muli", wide_a, wide_b, "i64");
  const std::string most = body.Binary("arith.shrsi", wide, body.Integer(31, "i64"), "i64");
  const std::string upper = body.Binary("arith.shrsi", most, body.Integer(1, "i64"), "i64");
  return {low, body.Convert("arith.trunci", upper, "i64", "i32")};
}

// p / 2^right, rounded, ties away from zero, for any p.
std::string RoundingShift(MlirBody& body, const std::string& p, const FixedNames& names) {
  const std::string floor = body.Binary("arith.shrsi", p, names.right, "i32");
  const std::string rest = body.Binary("arith.andi", p, names.low_bits, "i32");
  const std::string half =
      body.Binary("arith.shrui", names.low_bits, body.Integer(1, "i32"), "i32");
  const std::string sign = body.Binary("arith.shrui", p, body.Integer(31, "i32"), "i32");
  const std::string threshold = body.Binary("arith.addi", half, sign, "i32");
  const std::string is_up = body.Step("arith.cmpi sgt, {}, {} : i32", rest, threshold);
  return body.Binary("arith.addi", floor, body.Convert("arith.extui", is_up, "i1", "i32"), "i32");
}

std::string Product(MlirBody& body, std::string_view value, const FixedNames& names) {
  const std::string shifted = body.Binary("arith.shli", value, names.left, "i32");
  if (!names.is_doubled) {
    return RoundingShift(body, RoundingHighProduct(body, shifted, names.multiplier), names);
  }
  // Of 2 * value * multiplier the high word is taken, and the low word's top bit rounds it.
  const std::string top = body.Integer(31, "i32");
  const Words words = WideProduct(body, shifted, names.multiplier);
  const std::string carry = body.Binary("arith.shrui", words.low, top, "i32");
  const std::string p = body.Binary("arith.addi", words.high, carry, "i32");
  // Ties away from zero: one less is added to what is negative, if anything is shifted.
  std::string sign = body.Binary("arith.shrsi", p, top, "i32");
  if (!names.mask.empty()) sign = body.Binary("arith.andi", sign, names.mask, "i32");
  const std::string nearer = body.Binary("arith.addi", p, names.half, "i32");
  const std::string rounded = body.Binary("arith.addi", nearer, sign, "i32");
  return body.Binary("arith.shrsi", rounded, names.right, "i32");
}

// `name_of` makes a name of one number a multiplier.
template <typename NameOf>
FixedNames NamesOf(std::span<const FixedMultiplier> multipliers, bool is_doubled, NameOf name_of) {
  const auto column = [&](auto value_of) {
    std::vector<int32_t> values;
    for (const FixedMultiplier& m : multipliers) values.push_back(value_of(m));
    return values;
  };
  FixedNames names;
  names.is_doubled = is_doubled;
  names.multiplier = name_of(column([](auto m) { return m.multiplier; }));
  names.left = name_of(column([&](auto m) { return std::max(m.shift, 0) + (is_doubled ? 1 : 0); }));
  const auto right = column([](auto m) { return std::max(-m.shift, 0); });
  if (is_doubled) {
    if (std::ranges::count(right, 0) != 0) {
      names.mask = name_of(column([](auto m) { return m.shift < 0 ? -1 : 0; }));
    }
    names.half = name_of(column([](auto m) {
      return m.shift < 0 ? static_cast<int32_t>(1u << static_cast<unsigned>(-m.shift - 1)) : 0;
    }));
  } else {
    names.low_bits = name_of(column([](auto m) {
      return static_cast<int32_t>((1u << static_cast<unsigned>(std::max(-m.shift, 0))) - 1);
    }));
  }
  names.right = name_of(right);
  return names;
}

}  // namespace

// (a * b + 2^30) / 2^31 from the two words of the product.
std::string RoundingHighProduct(MlirBody& body, std::string_view a, std::string_view b) {
  const std::string one = body.Integer(1, "i32");
  const Words words = WideProduct(body, a, b);
  const std::string twice = body.Binary("arith.shli", words.high, one, "i32");
  const std::string top = body.Binary("arith.shrui", words.low, body.Integer(30, "i32"), "i32");
  const std::string odd = body.Binary("arith.andi", top, one, "i32");
  const std::string next = body.Binary("arith.shrui", top, one, "i32");
  const std::string floor = body.Binary("arith.addi", twice, next, "i32");
  return body.Binary("arith.addi", floor, odd, "i32");
}

std::string FixedProduct(MlirBody& body, std::string_view value, FixedMultiplier by,
                         int64_t largest) {
  const FixedNames names =
      NamesOf({&by, 1}, FitsDoubled(by, largest),
              [&](const std::vector<int32_t>& one) { return body.Integer(one[0], "i32"); });
  return Product(body, value, names);
}

std::string ToInt8(MlirBody& body, std::string_view value, const Requantization& to) {
  const std::string moved =
      body.Binary("arith.addi", value, body.Integer(to.zero_point, "i32"), "i32");
  return body.Convert("arith.trunci", body.Clamp(moved, to.low, to.high), "i32", "i8");
}

MlirValue Requantize(MlirText& text, const MlirValue& accumulators, std::span<const int32_t> bias,
                     std::span<const int64_t> largest, const Requantization& to) {
  MlirBody body(text);
  const size_t rank = accumulators.shape.size();
  std::vector<MlirOperand> inputs = {{accumulators, AllDimensions(rank)}};
  // A scalar if all channels agree, otherwise an operand with one element a channel.
  const auto name_of = [&](const std::vector<int32_t>& values) -> std::string {
    if (std::ranges::count(values, values[0]) == std::ssize(values)) {
      return text.Integer(values[0], "i32");
    }
    inputs.push_back({text.Constant(values, {std::ssize(values)}), {rank - 1}});
    return fmt::format("%{}", static_cast<char>('a' + inputs.size() - 1));
  };
  std::string value = "%a";
  if (std::ranges::any_of(bias, [](int32_t b) { return b != 0; })) {
    value = body.Binary("arith.addi", value, name_of({bias.begin(), bias.end()}), "i32");
  }
  bool is_doubled = true;
  for (size_t i = 0; i < largest.size(); ++i) {
    const FixedMultiplier& by = to.multipliers[to.multipliers.size() == 1 ? 0 : i];
    is_doubled = is_doubled && FitsDoubled(by, largest[i]);
  }
  const FixedNames names = NamesOf(std::span(to.multipliers), is_doubled, name_of);
  const std::string result = ToInt8(body, Product(body, value, names), to);
  return text.Map(accumulators.shape, inputs, "i8", body, result);
}

}  // namespace host
