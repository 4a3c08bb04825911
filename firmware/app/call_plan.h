// SPDX-License-Identifier: Apache-2.0

// How the bytes of a DATA message become the arguments of a function, and its results the bytes of
// an OUTPUT answer. Built once per model and I/O specification; what the module says about itself
// goes before what the specification says.
#ifndef FIRMWARE_APP_CALL_PLAN_H_
#define FIRMWARE_APP_CALL_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/app/log.h"
#include "runtime/runtime.h"
#include "wire/io_spec.h"

namespace firmware {

class CallPlan {
 public:
  // Finds spec.entry_function (if empty: main) in a loaded model and fits the inputs to it.
  // kModelInvalidArgument and the reason in `why` if they do not fit: number of inputs, element
  // size, dimensions that the module fixes, number of bytes. Of a new plan, which is of no use
  // then.
  [[nodiscard]] base::Status Make(const runtime::Runtime& model, const wire::IoSpec& spec,
                                  LogLine& why);

  [[nodiscard]] runtime::Function function() const { return function_; }
  // Length of a DATA message.
  [[nodiscard]] uint32_t data_bytes() const { return data_bytes_; }
  // Memory for one set of inputs: a little more where tensors must be moved to keep aligned.
  [[nodiscard]] uint32_t buffer_bytes() const { return buffer_bytes_; }

  // Moves the tensors of a received message to their aligned places. `buffer` holds buffer_bytes().
  void Align(base::MutableBytes buffer) const;

  // Arguments that point into an aligned buffer; valid until the next call.
  [[nodiscard]] std::span<const runtime::Value> Bind(base::MutableBytes buffer);

 private:
  struct Input {
    uint32_t received_at;  // in the message
    uint32_t placed_at;    // in the buffer; never before received_at
    uint32_t size_bytes;
    bool is_signed;  // how a narrow scalar is widened
  };

  [[nodiscard]] base::Status PlanScalar(uint32_t index, runtime::ValueKind kind,
                                        const wire::TensorSpec& spec, LogLine& why);
  [[nodiscard]] base::Status PlanTensor(uint32_t index, const runtime::ValueInfo& info,
                                        const wire::TensorSpec& spec, LogLine& why);

  runtime::Function function_ = {};
  uint32_t count_ = 0;
  uint32_t data_bytes_ = 0;
  uint32_t buffer_bytes_ = 0;
  std::array<Input, wire::kMaxTensors> inputs_;
  std::array<runtime::Value, wire::kMaxTensors> arguments_;
};

// The bytes of one result as they travel: tensors as they lie, scalars little-endian.
[[nodiscard]] base::Bytes BytesOf(const runtime::Value& value);

}  // namespace firmware

#endif  // FIRMWARE_APP_CALL_PLAN_H_
