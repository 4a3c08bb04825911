// SPDX-License-Identifier: Apache-2.0

// A serial port or pseudo-terminal: raw, 8 data bits, no parity, one stop bit, no flow control.
// Behind it may be a board, springbok-sim --uart-pty, Renode or QEMU.
#ifndef HOST_DEVICE_SERIAL_DEVICE_H_
#define HOST_DEVICE_SERIAL_DEVICE_H_

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "host/device/device.h"

namespace host {

// kRun error if the port cannot be opened, is no terminal, is in use by another program (it is
// locked for this one), or if the baud rate is not one the system knows. Bytes that arrived before
// are dropped. A port that takes no byte for `write_limit_s` is stuck: nobody reads the other end.
[[nodiscard]] Result<std::unique_ptr<Device>> OpenSerialDevice(const std::string& port,
                                                               int64_t baudrate,
                                                               double write_limit_s,
                                                               std::stop_token stop);

}  // namespace host

#endif  // HOST_DEVICE_SERIAL_DEVICE_H_
