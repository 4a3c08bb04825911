// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/call_plan.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace firmware {
namespace {

using std::string_view_literals::operator""sv;
using runtime::ValueInfo;
using runtime::ValueKind;

constexpr base::Status kBad = base::Status::kModelInvalidArgument;
constexpr char kScalars[][4] = {"i32", "i64", "f32"};  // by ValueKind

// The type a tensor gets if the module itself does not name one.
runtime::ElementType TypeOf(wire::ElementType type) {
  using enum runtime::NumericalKind;
  // By wire::TypeCode. The compiler's integers carry no sign, so that is what modules expect.
  constexpr std::array kKinds = {kInteger,    kUnsigned, kFloatIeee, kOpaque,
                                 kFloatBrain, kComplex,  kBoolean};
  return runtime::ElementType::Of(kKinds[static_cast<size_t>(type.code)], type.bits);
}

uint32_t AlignUp(uint32_t value, uint32_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// The largest power of two up to 8 that divides a size: what vector loads of such elements need.
uint32_t AlignmentOf(uint32_t element_bytes) {
  return std::min(element_bytes & (~element_bytes + 1), 8u);
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
  uint32_t fixed = 1;
  uint32_t* unknown = nullptr;
  uint32_t unknown_count = 0;
  for (uint32_t i = 0; i < info.rank; ++i) {
    uint32_t& dim = tensor.dims[i];
    if (dim == ValueInfo::kDynamic) {
      if (same_rank) {
        dim = spec.dims[i];
      } else {
        unknown = &dim;
        ++unknown_count;
      }
    }
    if (dim == ValueInfo::kDynamic) continue;
    const uint64_t product = uint64_t{fixed} * dim;
    fixed = static_cast<uint32_t>(product);
    if (fixed != product) return false;
  }
  if (unknown_count == 0) return fixed == spec.element_count;
  // A single unknown dimension follows from the number of elements.
  if (unknown_count > 1 || fixed == 0) return false;
  *unknown = spec.element_count / fixed;
  return spec.element_count % fixed == 0;
}

}  // namespace

base::Status CallPlan::PlanScalar(uint32_t index, ValueKind kind, const wire::TensorSpec& spec,
                                  LogLine& why) {
  const uint32_t bytes = spec.type.bytes();
  // Only the size counts: the legacy specification has one element type for all inputs.
  if (spec.element_count != 1 || bytes > (kind == ValueKind::kI64 ? 8 : 4) ||
      (kind == ValueKind::kF32 && bytes != 4)) {
    why.Text("input ").Number(index).Text(" must be one ");
    why.Text(kScalars[static_cast<size_t>(kind)]);
    return kBad;
  }
  return base::Status::kOk;
}

base::Status CallPlan::PlanTensor(uint32_t index, const ValueInfo& info,
                                  const wire::TensorSpec& spec, LogLine& why) {
  runtime::Value& value = arguments_[index];
  value.tensor.type = info.type.known() ? info.type : TypeOf(spec.type);
  value.tensor.size_bytes = inputs_[index].size_bytes;
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
  uint32_t received = 0;
  uint32_t placed = 0;
  for (uint32_t i = 0; i < info.argument_count; ++i) {
    const wire::TensorSpec& input = spec.inputs[i];
    const ValueInfo& argument = info.arguments[i];
    const uint32_t size = input.element_count * input.type.bytes();  // the codec checked the sum
    placed = AlignUp(placed, AlignmentOf(input.type.bytes()));
    inputs_[i] = {received, placed, size, input.type.code == wire::TypeCode::kInt};
    arguments_[i].kind = argument.kind;
    const base::Status planned = argument.kind == ValueKind::kTensor
                                     ? PlanTensor(i, argument, input, why)
                                     : PlanScalar(i, argument.kind, input, why);
    if (planned != base::Status::kOk) return planned;
    if (size > std::numeric_limits<uint32_t>::max() - 8 - placed) {
      return base::Status::kOutOfMemory;
    }
    received += size;
    placed += size;
  }
  data_bytes_ = received;
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
    // Little-endian, whatever its kind, and sign-extended where the specification says it is
    // signed.
    const bool negative = input.is_signed && (bytes[input.size_bytes - 1] & 0x80) != 0;
    value.i64 = negative ? -1 : 0;
    std::memcpy(&value.i64, bytes, input.size_bytes);
  }
  return std::span(arguments_).first(count_);
}

base::Bytes BytesOf(const runtime::Value& value) {
  if (value.kind == ValueKind::kTensor) return {value.tensor.data, value.tensor.size_bytes};
  return {reinterpret_cast<const uint8_t*>(&value.i64), value.kind == ValueKind::kI64 ? 8u : 4u};
}

}  // namespace firmware
