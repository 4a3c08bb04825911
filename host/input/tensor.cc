// SPDX-License-Identifier: Apache-2.0

#include "host/input/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace host {
namespace {

using enum wire::TypeCode;

constexpr auto kTypes = std::to_array<ElementTypeRow>({
    {"f32", "float32", "<f4", {kFloat, 32}},
    {"i8", "int8", "|i1", {kInt, 8}},
    {"i32", "int32", "<i4", {kInt, 32}},
    {"i64", "int64", "<i8", {kInt, 64}},
    {"u8", "uint8", "|u1", {kUint, 8}},
    {"i16", "int16", "<i2", {kInt, 16}},
    {"u16", "uint16", "<u2", {kUint, 16}},
    {"u32", "uint32", "<u4", {kUint, 32}},
    {"u64", "uint64", "<u8", {kUint, 64}},
    {"f16", "float16", "<f2", {kFloat, 16}},
    {"f64", "float64", "<f8", {kFloat, 64}},
    {"i1", "bool", "|b1", {kBool, 8}},
});

double HalfToDouble(uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int fraction = half & 0x3ff;
  const double sign = (half & 0x8000) != 0 ? -1 : 1;
  constexpr int kBias = 15;
  constexpr int kFractionBits = 10;
  if (exponent == 0x1f) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - kBias - kFractionBits);
  return sign * std::ldexp(fraction | 0x400, exponent - kBias - kFractionBits);
}

template <typename T>
double Load(const uint8_t* at) {
  return static_cast<double>(base::LoadLe<T>(at));
}

std::string IndexText(size_t flat, const std::vector<uint32_t>& dims) {
  std::string text;
  for (size_t axis = dims.size(); axis-- > 0;) {
    text = fmt::format("{}{}{}", flat % dims[axis], text.empty() ? "" : ",", text);
    flat /= dims[axis];
  }
  return text;
}

template <typename T>
bool Store(double value, std::vector<uint8_t>* bytes) {
  bytes->resize(sizeof(T));
  base::StoreLe(bytes->data(), static_cast<T>(value));
  return true;
}

// An integer text as the bytes of its type; false if it does not fit.
template <typename T>
bool ParseInteger(std::string_view text, std::vector<uint8_t>* bytes) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  bytes->resize(sizeof(T));
  base::StoreLe(bytes->data(), value);
  return true;
}

bool ParseNumber(std::string_view text, wire::ElementType type, std::vector<uint8_t>* bytes) {
  if (type.code == kFloat && (type.bits == 32 || type.bits == 64)) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    return type.bits == 32 ? Store<float>(value, bytes) : Store<double>(value, bytes);
  }
  const bool is_signed = type.code == kInt;
  if (!is_signed && type.code != kUint) return false;
  switch (type.bits) {
    case 8:
      return is_signed ? ParseInteger<int8_t>(text, bytes) : ParseInteger<uint8_t>(text, bytes);
    case 16:
      return is_signed ? ParseInteger<int16_t>(text, bytes) : ParseInteger<uint16_t>(text, bytes);
    case 32:
      return is_signed ? ParseInteger<int32_t>(text, bytes) : ParseInteger<uint32_t>(text, bytes);
    case 64:
      return is_signed ? ParseInteger<int64_t>(text, bytes) : ParseInteger<uint64_t>(text, bytes);
    default:
      return false;
  }
}

}  // namespace

const ElementTypeRow* FindElementType(wire::ElementType type) {
  const auto* row = std::ranges::find(kTypes, type, &ElementTypeRow::type);
  return row == kTypes.end() ? nullptr : row;
}

const ElementTypeRow* FindElementType(std::string_view name) {
  const auto* row = std::ranges::find_if(kTypes, [name](const ElementTypeRow& candidate) {
    return candidate.name == name || candidate.numpy_name == name || candidate.descr == name;
  });
  return row == kTypes.end() ? nullptr : row;
}

std::string TypeText(const Tensor& tensor) {
  std::string text;
  for (const uint32_t dim : tensor.dims) text += fmt::format("{}x", dim);
  const ElementTypeRow* row = FindElementType(tensor.type);
  return text + std::string(row == nullptr ? "?" : row->name);
}

double ElementAt(wire::ElementType type, base::Bytes bytes, size_t index) {
  const uint8_t* at = bytes.data() + index * type.bytes();
  switch (type.bits) {
    case 8:
      return type.code == kInt ? Load<int8_t>(at) : Load<uint8_t>(at);
    case 16:
      if (type.code == kFloat) return HalfToDouble(base::LoadLe<uint16_t>(at));
      return type.code == kInt ? Load<int16_t>(at) : Load<uint16_t>(at);
    case 32:
      if (type.code == kFloat) return Load<float>(at);
      return type.code == kInt ? Load<int32_t>(at) : Load<uint32_t>(at);
    default:
      if (type.code == kFloat) return Load<double>(at);
      return type.code == kInt ? Load<int64_t>(at) : Load<uint64_t>(at);
  }
}

std::string ValuesText(const Tensor& tensor, size_t limit) {
  std::string text = "[";
  const size_t count = tensor.element_count();
  for (size_t i = 0; i < std::min(count, limit); ++i) {
    text += fmt::format("{}{:.9g}", i == 0 ? "" : " ", ElementAt(tensor.type, tensor.bytes, i));
  }
  return text + (count > limit ? " ...]" : "]");
}

Result<Tensor> ParseScalar(std::string_view text, std::optional<wire::ElementType> default_type) {
  std::string_view number = text;
  std::optional<wire::ElementType> type = default_type;
  if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    number = text.substr(0, colon);
    const ElementTypeRow* row = FindElementType(text.substr(colon + 1));
    if (row == nullptr) {
      return InputError(
          fmt::format("'{}' is not a type; write i32, i64 or f32", text.substr(colon + 1)),
          std::string(text));
    }
    type = row->type;
  }
  if (!type) {
    const bool whole = number.find_first_of(".eEnN") == std::string_view::npos;
    type = whole ? wire::ElementType{kInt, 32} : wire::ElementType{kFloat, 32};
  }
  Tensor scalar{*type, {}, {}};
  if (!ParseNumber(number, *type, &scalar.bytes)) {
    return InputError(
        fmt::format("is neither an .npy file nor a number that fits {}", TypeText(scalar)),
        std::string(text));
  }
  return scalar;
}

std::string CompareTensors(const Tensor& actual, const Tensor& expected, double tolerance) {
  if (actual.type != expected.type || actual.dims != expected.dims ||
      actual.bytes.size() != expected.bytes.size()) {
    return fmt::format("is {} but {} was expected", TypeText(actual), TypeText(expected));
  }
  size_t first = 0;
  size_t differing = 0;
  double largest = 0;
  for (size_t i = 0; i < actual.element_count(); ++i) {
    const double a = ElementAt(actual.type, actual.bytes, i);
    const double b = ElementAt(expected.type, expected.bytes, i);
    const double difference = std::abs(a - b);
    // Integers of 64 bits are compared as bytes: not all of them are doubles. Equal infinities and
    // two NaNs have no difference that could be compared.
    const uint32_t size = actual.type.bytes();
    const bool same = actual.type.code == kFloat
                          ? a == b || (std::isnan(a) && std::isnan(b))
                          : std::equal(&actual.bytes[i * size], &actual.bytes[i * size] + size,
                                       &expected.bytes[i * size]);
    if (same || (tolerance > 0 && difference <= tolerance)) continue;
    if (differing == 0) first = i;
    ++differing;
    if (std::isnan(difference)) largest = std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
  }
  if (differing == 0) return {};
  return fmt::format(
      "differs at [{}]: got {:.9g}, expected {:.9g} (tolerance {:g}); {} of {} elements differ, by "
      "up to {:.3g}",
      IndexText(first, actual.dims), ElementAt(actual.type, actual.bytes, first),
      ElementAt(expected.type, expected.bytes, first), tolerance, differing, actual.element_count(),
      largest);
}

}  // namespace host
