// SPDX-License-Identifier: Apache-2.0

// Reading a Keras file with the HDF5 library in this process. Only for the child process that
// keras_file.cc starts, which says why.
#ifndef HOST_MODEL_KERAS_HDF5_H_
#define HOST_MODEL_KERAS_HDF5_H_

#include <string>

#include "host/error/error.h"
#include "host/model/keras_file.h"

namespace host {

[[nodiscard]] Result<KerasFile> ReadKerasHdf5(const std::string& path);

}  // namespace host

#endif  // HOST_MODEL_KERAS_HDF5_H_
