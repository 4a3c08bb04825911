// SPDX-License-Identifier: Apache-2.0

// The data set that a scenario names, loaded: one function a dataset class, in a table.
#ifndef HOST_CLI_DATASET_CHOICE_H_
#define HOST_CLI_DATASET_CHOICE_H_

#include <stop_token>

#include "host/dataset/dataset.h"
#include "host/error/error.h"
#include "host/scenario/scenario.h"
#include "host/terminal/log.h"

namespace host::cli {

// `scenario` has a dataset and a model wrapper. kInput if the wrapper is for another dataset. How
// far it is goes to the log.
[[nodiscard]] Result<Dataset> LoadDatasetOf(const Scenario& scenario, Log& log,
                                            const std::stop_token& stop);

}  // namespace host::cli

#endif  // HOST_CLI_DATASET_CHOICE_H_
