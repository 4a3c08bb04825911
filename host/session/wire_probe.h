// SPDX-License-Identifier: Apache-2.0

// Which of the three wire formats a device speaks, found out by asking it (contract, section 5).
//
// Legacy first, with a request for statistics: it changes nothing, and a device that speaks the
// legacy wire answers it in any state. The newer wires are tried with a PING, shorter header first.
// Between the tries zeros are sent until both header sizes divide what was sent, since those
// devices cannot get back into step by themselves. A device in the middle of something may still be
// out of step afterwards; naming the wire avoids all this.
#ifndef HOST_SESSION_WIRE_PROBE_H_
#define HOST_SESSION_WIRE_PROBE_H_

#include "host/device/device.h"
#include "host/error/error.h"
#include "wire/message.h"

namespace host {

inline constexpr double kProbeLimitSeconds = 1;

// kRun if none of the three is answered within `limit_s` each.
[[nodiscard]] Result<wire::Generation> ProbeWire(Device& device,
                                                 double limit_s = kProbeLimitSeconds);

}  // namespace host

#endif  // HOST_SESSION_WIRE_PROBE_H_
