// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/call_plan.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/try.h"

namespace firmware {
namespace {

using std::string_view_literals::operator""sv;
using runtime::ValueInfo;
using runtime::ValueKind;

constexpr base::Status kBad = base::Status::kModelInvalidArgument;

// The type a tensor gets if the module itself does not name one.
runtime::ElementType TypeOf(wire::ElementType type) {
  using enum runtime::NumericalKind;
  // By wire::TypeCode. The compiler's integers carry no sign, so that is what modules expect.
  constexpr std::array kKinds = {kInteger,    kUnsigned, kFloatIeee, kOpaque,
                                 kFloatBrain, kComplex,  kBoolean};
  const auto index = static_cast<size_t>(type.code);
  return runtime::ElementType::Of(index < kKinds.size() ? kKinds[index] : kOpaque, type.bits);
}

uint32_t AlignUp(uint32_t value, uint32_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// The largest power of two up to 8 that divides a size: what vector loads of such elements need.
uint32_t AlignmentOf(uint32_t element_bytes) {
  return element_bytes == 0 ? 1 : std::min(element_bytes & (~element_bytes + 1), 8u);
}

// Dimensions that fit both the module, which knows all but dynamic ones, and the specification,
// which may have no shape. Nothing if they contradict each other in rank or a fixed dimension and
// the number of elements does not help either.
bool ResolveDims(const ValueInfo& info, const wire::TensorSpec& spec, runtime::Tensor& tensor) {
  if (!info.shape_known) {
    tensor.rank = spec.shape_known ? spec.rank : 1;
    tensor.dims = spec.dims;
    if (!spec.shape_known) tensor.dims[0] = spec.element_count;
    return true;
  }
  tensor.rank = info.rank;
  tensor.dims = info.dims;
  const bool same_rank = spec.shape_known && spec.rank == info.rank;
  uint64_t fixed = 1;
  uint32_t dynamic_count = 0;
  uint32_t dynamic_at = 0;
  for (uint32_t i = 0; i < info.rank; ++i) {
    if (info.dims[i] == ValueInfo::kDynamic) {
      ++dynamic_count;
      dynamic_at = i;
      if (same_rank) tensor.dims[i] = spec.dims[i];
    }
    if (tensor.dims[i] != ValueInfo::kDynamic) fixed *= tensor.dims[i];
    if (fixed > std::numeric_limits<uint32_t>::max()) return false;
  }
  if (same_rank || dynamic_count == 0) return fixed == spec.element_count;
  // A single unknown dimension follows from the number of elements.
  if (dynamic_count > 1 || fixed == 0) return false;
  const auto known = static_cast<uint32_t>(fixed);
  tensor.dims[dynamic_at] = spec.element_count / known;
  return spec.element_count % known == 0;
}

}  // namespace

base::Status CallPlan::PlanScalar(uint32_t index, const ValueInfo& info,
                                  const wire::TensorSpec& spec, LogLine& why) {
  const uint32_t wanted = info.kind == ValueKind::kI64 ? 8 : 4;
  const bool widens = info.kind != ValueKind::kF32 && spec.type.bytes() < wanted;
  // Only the size counts: the legacy specification has one element type for all inputs.
  if (spec.element_count != 1 || (spec.type.bytes() != wanted && !widens)) {
    why.Text("input ")
        .Number(index)
        .Text(" must be one ")
        .Text(info.kind == ValueKind::kI64 ? "i64"
                                           : (info.kind == ValueKind::kI32 ? "i32" : "f32"));
    return kBad;
  }
  arguments_[index] = {};
  arguments_[index].kind = info.kind;
  inputs_[index].is_signed = spec.type.code == wire::TypeCode::kInt;
  return base::Status::kOk;
}

base::Status CallPlan::PlanTensor(uint32_t index, const ValueInfo& info,
                                  const wire::TensorSpec& spec, LogLine& why) {
  runtime::Value& value = arguments_[index];
  value = {};
  value.kind = ValueKind::kTensor;
  value.tensor.type = info.type.known() ? info.type : TypeOf(spec.type);
  value.tensor.size_bytes = static_cast<size_t>(spec.size_bytes());
  if (value.tensor.type.bytes() != spec.type.bytes()) {
    why.Text("input ").Number(index).Text(" has elements of ").Number(spec.type.bytes());
    why.Text(" bytes, the model wants ").Number(value.tensor.type.bytes());
    return kBad;
  }
  if (!ResolveDims(info, spec, value.tensor)) {
    why.Text("input ").Number(index).Text(" has ").Number(spec.element_count);
    why.Text(" elements, the model wants ");
    for (uint32_t i = 0; i < info.rank; ++i) {
      if (i > 0) why.Text("x");
      if (info.dims[i] == ValueInfo::kDynamic) {
        why.Text("?");
      } else {
        why.Number(info.dims[i]);
      }
    }
    return kBad;
  }
  return base::Status::kOk;
}

base::Status CallPlan::Make(const runtime::Runtime& model, const wire::IoSpec& spec, LogLine& why) {
  std::string_view entry = spec.entry_function.view();
  if (entry.empty()) entry = "main"sv;
  const base::Result<runtime::Function> found = model.Find(entry);
  if (!found) {
    why.Text("the model has no function ").Text(entry);
    return found.error();
  }
  function_ = *found;
  runtime::FunctionInfo info;
  const base::Status described = model.DescribeArguments(function_, info);
  if (described != base::Status::kOk) return described;
  if (info.argument_count != spec.input_count) {
    why.Text(entry).Text(" takes ").Number(info.argument_count);
    why.Text(" inputs, the specification has ").Number(spec.input_count);
    return kBad;
  }
  count_ = info.argument_count;
  data_bytes_ = 0;
  uint32_t placed = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    const wire::TensorSpec& input = spec.inputs[i];
    const ValueInfo& argument = info.arguments[i];
    const base::Status planned = argument.kind == ValueKind::kTensor
                                     ? PlanTensor(i, argument, input, why)
                                     : PlanScalar(i, argument, input, why);
    if (planned != base::Status::kOk) return planned;
    placed = AlignUp(placed, AlignmentOf(input.type.bytes()));
    const auto size = static_cast<uint32_t>(input.size_bytes());  // the codec checked the sum
    inputs_[i].received_at = data_bytes_;
    inputs_[i].placed_at = placed;
    inputs_[i].size_bytes = size;
    data_bytes_ += size;
    if (size > std::numeric_limits<uint32_t>::max() - 8 - placed) {
      return base::Status::kOutOfMemory;
    }
    placed += size;
  }
  buffer_bytes_ = placed;
  return base::Status::kOk;
}

void CallPlan::Align(base::MutableBytes buffer) const {
  // From the last to the first: no place lies before where its bytes were received.
  for (uint32_t i = count_; i-- > 0;) {
    const Input& input = inputs_[i];
    if (input.placed_at == input.received_at) return;  // so are all before it
    std::memmove(buffer.data() + input.placed_at, buffer.data() + input.received_at,
                 input.size_bytes);
  }
}

std::span<const runtime::Value> CallPlan::Bind(base::MutableBytes buffer) {
  for (uint32_t i = 0; i < count_; ++i) {
    const Input& input = inputs_[i];
    runtime::Value& value = arguments_[i];
    uint8_t* bytes = buffer.data() + input.placed_at;
    if (value.kind == ValueKind::kTensor) {
      value.tensor.data = bytes;
      continue;
    }
    // Little-endian, and sign-extended where the specification says it is signed.
    const bool negative = input.is_signed && (bytes[input.size_bytes - 1] & 0x80) != 0;
    int64_t widened = negative ? -1 : 0;
    std::memcpy(&widened, bytes, input.size_bytes);
    switch (value.kind) {
      case ValueKind::kI32:
        value.i32 = static_cast<int32_t>(widened);
        break;
      case ValueKind::kI64:
        value.i64 = widened;
        break;
      case ValueKind::kF32:
        value.f32 = base::LoadLe<float>(bytes);
        break;
      case ValueKind::kTensor:
        break;
    }
  }
  return std::span(arguments_).first(count_);
}

base::Bytes BytesOf(const runtime::Value& value) {
  switch (value.kind) {
    case ValueKind::kTensor:
      return {value.tensor.data, value.tensor.size_bytes};
    case ValueKind::kI64:
      return {reinterpret_cast<const uint8_t*>(&value.i64), sizeof(value.i64)};
    case ValueKind::kI32:
      return {reinterpret_cast<const uint8_t*>(&value.i32), sizeof(value.i32)};
    case ValueKind::kF32:
      return {reinterpret_cast<const uint8_t*>(&value.f32), sizeof(value.f32)};
  }
  return {};
}

}  // namespace firmware
