// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as a model: whatever the verifier accepts must not fault when each export is
// called, with kernels skipped, and must give everything back. The arena is small, so running out
// of memory is met often.
#include <array>
#include <cstdlib>
#include <cstring>

#include "runtime/runtime.h"

namespace {

using runtime::Value;
using runtime::ValueInfo;
using runtime::ValueKind;

constexpr size_t kMaxFile = 64 * 1024;
alignas(64) uint8_t file[kMaxFile];
alignas(4096) uint8_t arena[256 * 1024];
alignas(64) uint8_t tensor_bytes[64 * 1024];

Value ArgumentFor(const ValueInfo& info) {
  Value value = {};
  value.kind = info.kind;
  if (info.kind != ValueKind::kTensor) {
    value.i64 = 3;
    return value;
  }
  value.tensor.type = info.type.known() ? info.type : runtime::kFloat32;
  value.tensor.data = tensor_bytes;
  value.tensor.size_bytes = sizeof tensor_bytes;
  value.tensor.rank = info.shape_known ? info.rank : 1;
  for (uint32_t i = 0; i < value.tensor.rank; ++i) {
    value.tensor.dims[i] =
        info.shape_known && info.dims[i] != ValueInfo::kDynamic ? info.dims[i] : 2;
  }
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMaxFile) return 0;
  std::memcpy(file, data, size);
  runtime::Runtime model;
  if (model.Load({file, size}, arena,
                 {.kernel_mode = runtime::KernelMode::kSkip, .branch_budget = 2'000}) !=
      base::Status::kOk) {
    if (model.failure().text().empty()) std::abort();  // a refusal says why
    return 0;
  }
  static runtime::FunctionInfo info;
  for (uint32_t ordinal = 0; ordinal < 8; ++ordinal) {
    info = {};
    if (model.Describe({ordinal}, info) != base::Status::kOk) continue;
    std::array<Value, runtime::kMaxValues> arguments;
    for (uint32_t i = 0; i < info.argument_count; ++i) {
      arguments[i] = ArgumentFor(info.arguments[i]);
    }
    // The second call may be done again from the first.
    base::Status status = base::Status::kOk;
    for (int call = 0; call < 2 && status == base::Status::kOk; ++call) {
      status = model.Invoke({ordinal}, {arguments.data(), info.argument_count});
    }
    if (status != base::Status::kOk) continue;
    uint32_t sum = 0;
    for (const Value& value : model.results()) {
      if (value.kind != ValueKind::kTensor) continue;
      for (size_t i = 0; i < value.tensor.size_bytes; ++i) sum += value.tensor.data[i];
    }
    if (sum == UINT32_MAX) std::abort();  // cannot be: keeps the reads
  }
  (void)model.ResizeArena(model.arena_bytes_used());
  return 0;
}
