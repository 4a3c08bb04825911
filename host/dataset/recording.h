// SPDX-License-Identifier: Apache-2.0

// One recording file as text: a terminal session in which an accelerometer board prints lines of
// three numbers (milli-g), with a separator such as `-,-,-` or `,,` after each gesture
// (kenning-contract, section 3.2). Around them lies terminal noise: script headers, escape
// sequences, prompts, CRLF.
//
//   three fields, all finite numbers           a row of the current recording
//   three fields without any letter or digit   a separator: ends the recording
//   three fields with other text               inside a recording a damaged row, which is an error
//                                              with its line; outside of one noise
//   any other line                             noise
//
// A recording that is still open at the end of the file is dropped, as the reference does.
#ifndef HOST_DATASET_RECORDING_H_
#define HOST_DATASET_RECORDING_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace host {

using AccelerationRow = std::array<double, 3>;  // x, y, z in milli-g
using Recording = std::vector<AccelerationRow>;

struct RecordingFileContent {
  std::vector<Recording> recordings;  // none of them empty
  size_t dropped_rows = 0;            // rows of a recording without an end
};

// `name` is the place of errors. A file without any row of three numbers is an error (kInput).
[[nodiscard]] Result<RecordingFileContent> ParseRecordings(std::string_view text,
                                                           const std::string& name);

}  // namespace host

#endif  // HOST_DATASET_RECORDING_H_
