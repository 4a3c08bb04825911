// SPDX-License-Identifier: Apache-2.0

#include "wire/recognise.h"

#include "wire/frame.h"

namespace wire {
namespace {

using Bytes6 = std::span<const uint8_t, kRecogniseBytes>;

// PING is number 0, so its id is all zero. As a legacy header this would be size 0: never valid.
bool IsHeader12Ping(Bytes6 bytes) {
  return (bytes[0] | bytes[1] | bytes[2] | bytes[3] | bytes[4]) == 0;
}

// id 0, any checksum, flags FIRST and LAST with SUCCESS or FAIL, no payload. As a legacy header
// this would be an OK of 3 MB; as the longer header a type that does not exist.
bool IsHeader8Ping(Bytes6 bytes) {
  constexpr uint8_t kWhole = flag::kFirst | flag::kLast;
  constexpr uint8_t kOutcome = flag::kSuccess | flag::kFail;
  return bytes[0] == 0 && (bytes[2] & (kWhole | flag::kHasPayload)) == kWhole &&
         (bytes[2] & kOutcome) != 0 && bytes[3] == 0 && bytes[4] == 0 && bytes[5] == 0;
}

bool IsLegacyRequest(Bytes6 bytes, uint32_t max_payload_bytes) {
  Frame frame;
  if (DecodeHeader(Generation::kLegacy, bytes, frame) != base::Status::kOk) return false;
  if (frame.type == MessageType::kUnknown || frame.flow != Flow::kRequest) return false;
  const MessageInfo& info = InfoOf(frame.type);
  return frame.payload_bytes <= (info.has_payload ? max_payload_bytes : 0);
}

// Could be a frame of a session that is under way.
bool IsHeader8Request(Bytes6 bytes) {
  constexpr uint8_t kShape = flag::kFirst | flag::kLast | flag::kHasPayload;
  return TypeOf(Generation::kHeader8, bytes[0]) != MessageType::kUnknown &&
         (bytes[2] & kShape) != 0 && (bytes[3] & (flag::kReserved >> 8)) == 0;
}

bool IsHeader12Request(Bytes6 bytes) {
  return TypeOf(Generation::kHeader12, bytes[0]) != MessageType::kUnknown &&
         (bytes[1] | bytes[2] | bytes[3] | bytes[4]) == 0;
}

}  // namespace

Generation Recognise(Bytes6 bytes, std::optional<Generation> current, uint32_t max_payload_bytes) {
  if (IsHeader12Ping(bytes)) return Generation::kHeader12;
  if (IsHeader8Ping(bytes)) return Generation::kHeader8;
  if (current == Generation::kHeader8 && IsHeader8Request(bytes)) return Generation::kHeader8;
  if (current == Generation::kHeader12 && IsHeader12Request(bytes)) return Generation::kHeader12;
  if (IsLegacyRequest(bytes, max_payload_bytes)) return Generation::kLegacy;
  if (current) return *current;
  if (IsHeader12Request(bytes)) return Generation::kHeader12;
  if (IsHeader8Request(bytes)) return Generation::kHeader8;
  return Generation::kLegacy;
}

}  // namespace wire
