// SPDX-License-Identifier: Apache-2.0

// From a model's I/O specification file to what the device is told.
#ifndef HOST_SESSION_DEVICE_SPEC_H_
#define HOST_SESSION_DEVICE_SPEC_H_

#include "host/error/error.h"
#include "host/model/io_specification.h"
#include "wire/io_spec.h"

namespace host {

// Extents of -1 become 1: the device takes one sample at a time. Of alternative shapes the first
// is taken. kInput if there are more than 16 tensors or 8 dimensions, a type the wire cannot name,
// or no input or output at all.
[[nodiscard]] Result<wire::IoSpec> DeviceSpecification(const IoSpecification& specification);

}  // namespace host

#endif  // HOST_SESSION_DEVICE_SPEC_H_
