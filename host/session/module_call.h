// SPDX-License-Identifier: Apache-2.0

// The measured part of `kenning run`: calls of functions of one module on a device.
#ifndef HOST_SESSION_MODULE_CALL_H_
#define HOST_SESSION_MODULE_CALL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/input/tensor.h"
#include "host/session/connection.h"

namespace host {

// What is known of a result before the call. An extent of kUnknownExtent is dynamic.
struct ResultType {
  static constexpr uint32_t kUnknownExtent = UINT32_MAX;

  std::optional<wire::ElementType> type;
  std::optional<std::vector<uint32_t>> dims;

  // Absent if type or an extent is unknown.
  [[nodiscard]] std::optional<uint64_t> size_bytes() const;
};

struct ModuleCall {
  std::string function;  // "main" or "module.main"
  std::vector<Tensor> inputs;
  std::vector<ResultType> results;  // empty: nothing is known, not even how many
};

// An empty `module` calls a function of the module that the device holds, globals kept.
[[nodiscard]] Result<std::vector<Tensor>> CallModule(Connection& connection, const ModuleCall& call,
                                                     base::Bytes module);

// Cuts the concatenated results that a device returns. At most one result may have an unknown
// size; it gets what the others leave. Bytes of unknown type become u8. kRun if the sizes do not
// add up.
[[nodiscard]] Result<std::vector<Tensor>> SplitResults(base::Bytes output,
                                                       std::span<const ResultType> results);

}  // namespace host

#endif  // HOST_SESSION_MODULE_CALL_H_
