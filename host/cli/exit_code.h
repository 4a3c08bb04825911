// SPDX-License-Identifier: Apache-2.0

// Ending a subcommand (contract, section 1.6).
#ifndef HOST_CLI_EXIT_CODE_H_
#define HOST_CLI_EXIT_CODE_H_

namespace host::cli {

inline constexpr int kExitGood = 0;
inline constexpr int kExitRunFailed = 1;   // device, compiler, comparison
inline constexpr int kExitInputWrong = 2;  // usage, scenario, model, file

}  // namespace host::cli

#endif  // HOST_CLI_EXIT_CODE_H_
