// SPDX-License-Identifier: Apache-2.0

// Looking at a compiled model before it is sent anywhere.
#ifndef HOST_CLI_MODULE_CHECK_H_
#define HOST_CLI_MODULE_CHECK_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "host/error/error.h"
#include "host/session/module_call.h"
#include "runtime/inspect/inspect.h"

namespace host::cli {

// A device with 16 MiB of data memory takes no more.
inline constexpr size_t kMaxModuleBytes = size_t{16} << 20;

struct CheckedModule {
  std::vector<uint8_t> bytes;
  runtime::inspect::Report report;
};

// `firmware`: as runtime::inspect::Inspect takes it.
[[nodiscard]] Result<CheckedModule> ReadModule(
    const std::filesystem::path& path, std::optional<runtime::Machine> firmware = std::nullopt);

// kInput, with the reasons as causes, if the firmware would refuse the module. One that is compiled
// for another machine is told where it runs.
[[nodiscard]] Result<> CheckAccepted(const CheckedModule& module,
                                     const std::filesystem::path& path);

// Where kernels of that machine run, for a user to choose; empty if nowhere.
[[nodiscard]] std::string_view PlacesOf(runtime::Machine machine);

// An export by name, with or without the module's name in front; null if there is none.
[[nodiscard]] const runtime::inspect::Export* FindExport(const runtime::inspect::Report& report,
                                                         std::string_view function);

// The function that is called when none is named: "main", or the only one that is neither the
// initialiser nor a variant of another (`name$async`). Empty if there is no such choice.
[[nodiscard]] std::string DefaultFunction(const runtime::inspect::Report& report);

// What the module says of a function's results.
[[nodiscard]] std::vector<ResultType> ResultTypesOf(const runtime::inspect::Export& function);
// The type of an argument; absent if the module does not say.
[[nodiscard]] std::optional<wire::ElementType> ElementTypeOf(const runtime::ValueInfo& info);

}  // namespace host::cli

#endif  // HOST_CLI_MODULE_CHECK_H_
