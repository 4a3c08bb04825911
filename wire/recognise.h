// SPDX-License-Identifier: Apache-2.0

// Which wire format a client speaks, from the first six bytes of a frame (the length of the
// shortest header). Facts: shared spec kenning-contract.md, section 5.2.9.
#ifndef WIRE_RECOGNISE_H_
#define WIRE_RECOGNISE_H_

#include <optional>
#include <span>

#include "wire/message.h"

namespace wire {

inline constexpr size_t kRecogniseBytes = 6;

// `current` is the format of the session so far. It changes only for a frame that can open a
// session of another format: PING on the newer two, a request with a possible size on the legacy
// wire. Without a session, bytes that fit no format are taken for legacy, whose answer is the
// shortest.
[[nodiscard]] Generation Recognise(std::span<const uint8_t, kRecogniseBytes> bytes,
                                   std::optional<Generation> current, uint32_t max_payload_bytes);

}  // namespace wire

#endif  // WIRE_RECOGNISE_H_
