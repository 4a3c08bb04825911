// SPDX-License-Identifier: Apache-2.0

// One frame: the header of each generation to and from a generation-neutral form. A message is one
// frame on the legacy wire, and one or more frames from FIRST to LAST on the others.
// Facts: shared spec kenning-contract.md, sections 5.1.1 and 5.2.1 - 5.2.2.
#ifndef WIRE_FRAME_H_
#define WIRE_FRAME_H_

#include <array>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "wire/message.h"

namespace wire {

enum class Flow : uint8_t { kRequest, kRetransmit, kAcknowledge, kTransmission };

// Bits of the flags field; the legacy wire has none, its frames get FIRST, LAST, HAS_PAYLOAD and
// SUCCESS or FAIL from their type.
namespace flag {
inline constexpr uint16_t kSuccess = 1 << 0;
inline constexpr uint16_t kFail = 1 << 1;
inline constexpr uint16_t kIsHostMessage = 1 << 2;
inline constexpr uint16_t kHasPayload = 1 << 3;
inline constexpr uint16_t kFirst = 1 << 4;
inline constexpr uint16_t kLast = 1 << 5;
inline constexpr uint16_t kIsKenning = 1 << 6;
inline constexpr uint16_t kIsZephyr = 1 << 7;
inline constexpr uint16_t kReserved = 0x0F00;
inline constexpr uint16_t kSerialized = 1 << 12;
}  // namespace flag

struct Frame {
  MessageType type = MessageType::kUnknown;
  Flow flow = Flow::kRequest;
  uint16_t flags = 0;
  uint32_t payload_bytes = 0;
  uint64_t number = 0;  // as on the wire; what an unknown type is answered by

  [[nodiscard]] bool first() const { return (flags & flag::kFirst) != 0; }
  [[nodiscard]] bool last() const { return (flags & flag::kLast) != 0; }
};

inline constexpr size_t kMaxHeaderBytes = 12;
// The legacy header: a size, which includes the type, then the type.
inline constexpr uint32_t kLegacyTypeBytes = 2;
inline constexpr size_t kLegacyTypeAt = 4;
// XOR over all bytes of a frame with a header, checksum byte included.
inline constexpr uint8_t kChecksumSeed = 0x4B;
// Longest frame Kenning sends and takes on a UART, header included.
inline constexpr size_t kKenningFrameBytes = 136;

[[nodiscard]] constexpr size_t HeaderBytes(Generation generation) {
  constexpr std::array<uint8_t, kGenerationCount> kBytes = {6, 8, 12};
  return kBytes[static_cast<size_t>(generation)];
}

// XOR of bytes, a word at a time.
[[nodiscard]] uint8_t XorOf(base::Bytes bytes);

// `header` holds exactly HeaderBytes(generation) bytes. kProtocolDataInvalid for a header that no
// sender of that generation writes (legacy size below 2, reserved flags, payload without its flag);
// `frame` then says as much as can be read. An unknown type is not an error here.
[[nodiscard]] base::Status DecodeHeader(Generation generation, base::Bytes header, Frame& frame);

struct EncodedHeader {
  alignas(uint32_t) std::array<uint8_t, kMaxHeaderBytes> bytes;
  size_t size;

  [[nodiscard]] base::Bytes span() const { return base::Bytes(bytes).first(size); }
};

// `payload_xor` is XorOf(payload), used if `checksum` is set; the legacy wire ignores both. The
// number is taken from the type, or from frame.number if the type is kUnknown.
[[nodiscard]] EncodedHeader EncodeHeader(Generation generation, const Frame& frame, bool checksum,
                                         uint8_t payload_xor);

// What a device answers to `request`: a transmission of the same type (OK or ERROR on the legacy
// wire) in a single frame. FAIL of a PING is echoed by its success, as Kenning's peers do.
[[nodiscard]] Frame AnswerTo(Generation generation, const Frame& request, bool success,
                             uint32_t payload_bytes);

// A denial may name a type that the line made up.
[[nodiscard]] constexpr bool IsDenial(const Frame& frame) {
  return frame.flow == Flow::kAcknowledge && (frame.flags & flag::kFail) != 0 &&
         frame.payload_bytes == 0;
}

// What a device answers to a request that did not arrive whole: a negative acknowledgement, after
// which Kenning sends the request once more (ERROR on the legacy wire, which is not repeated).
[[nodiscard]] Frame DenialOf(Generation generation, const Frame& request);

}  // namespace wire

#endif  // WIRE_FRAME_H_
