// SPDX-License-Identifier: Apache-2.0

// What went wrong in the host tool, for whom, and where. Functions of host/ return Result<T>;
// nothing of ours throws. Third-party exceptions are caught where they enter and turned into an
// Error.
#ifndef HOST_ERROR_ERROR_H_
#define HOST_ERROR_ERROR_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace host {

// Decides the exit code: 2 the input is wrong (usage, scenario, model, file), 1 the run failed
// (device, compiler, comparison).
enum class ErrorKind { kInput, kRun };

struct Error {
  ErrorKind kind = ErrorKind::kRun;
  std::string sentence;  // one sentence: what is wrong and what to do about it
  std::string place;  // "file.json#/dataset/type", "model.vmfb@0x1c", "device, MODEL in state …";
                      // may be empty
  std::vector<Error> causes;  // further faults found at once, or what lies underneath

  [[nodiscard]] int exit_code() const { return kind == ErrorKind::kInput ? 2 : 1; }
  // "place: sentence", one line per cause, indented.
  [[nodiscard]] std::string Format() const;
};

template <typename T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] std::unexpected<Error> InputError(std::string sentence, std::string place = {});
[[nodiscard]] std::unexpected<Error> RunError(std::string sentence, std::string place = {});
// A device's or runtime's status number with its text.
[[nodiscard]] std::unexpected<Error> StatusError(ErrorKind kind, base::Status status,
                                                 std::string_view doing, std::string place = {});

}  // namespace host

#endif  // HOST_ERROR_ERROR_H_
