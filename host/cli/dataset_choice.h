// The data set that a scenario names, loaded: one function a dataset class, in a table.
#ifndef HOST_CLI_DATASET_CHOICE_H_
#define HOST_CLI_DATASET_CHOICE_H_

#include "host/dataset/dataset.h"
#include "host/error/error.h"
#include "host/scenario/scenario.h"

namespace host::cli {

// `scenario` has a dataset and a model wrapper. kInput if the wrapper is for another dataset.
[[nodiscard]] Result<Dataset> LoadDatasetOf(const Scenario& scenario,
                                            const DatasetProgress& progress);

}  // namespace host::cli

#endif  // HOST_CLI_DATASET_CHOICE_H_
