// SPDX-License-Identifier: Apache-2.0

#include "wire/recognise.h"

#include "wire/frame.h"

namespace wire {
namespace {

using Bytes6 = std::span<const uint8_t, kRecogniseBytes>;

uint32_t FirstWord(Bytes6 bytes) { return base::LoadLe<uint32_t>(bytes.data()); }

// PING is number 0, so its id is all zero. As a legacy header this would be size 0: never valid.
bool IsHeader12Ping(Bytes6 bytes) { return (FirstWord(bytes) | bytes[4]) == 0; }

// id 0, any checksum, flags FIRST and LAST with SUCCESS or FAIL, no payload. As a legacy header
// this would be an OK of 3 MB; as the longer header a type that does not exist.
bool IsHeader8Ping(Bytes6 bytes) {
  constexpr uint8_t kWhole = flag::kFirst | flag::kLast;
  constexpr uint8_t kOutcome = flag::kSuccess | flag::kFail;
  return (bytes[0] | bytes[3] | bytes[4] | bytes[5]) == 0 &&
         (bytes[2] & (kWhole | flag::kHasPayload)) == kWhole && (bytes[2] & kOutcome) != 0;
}

bool IsLegacyRequest(Bytes6 bytes, uint32_t max_payload_bytes) {
  const MessageType type =
      TypeOf(Generation::kLegacy, base::LoadLe<uint16_t>(bytes.data() + kLegacyTypeAt));
  const MessageInfo& info = InfoOf(type);
  if (type == MessageType::kUnknown || info.service == Service::kAnswer) return false;
  const uint32_t size = FirstWord(bytes);
  return size >= kLegacyTypeBytes &&
         size - kLegacyTypeBytes <= (info.has_payload ? max_payload_bytes : 0);
}

// The newer wire, if any, of which this could be a frame in a session that is under way. There is
// but one: a type of the longer header leaves the flags of the shorter one empty.
Generation NewerWireOf(Bytes6 bytes) {
  constexpr uint8_t kShape = flag::kFirst | flag::kLast | flag::kHasPayload;
  if (bytes[4] == 0 && TypeOf(Generation::kHeader12, FirstWord(bytes)) != MessageType::kUnknown) {
    return Generation::kHeader12;
  }
  if ((bytes[2] & kShape) != 0 && (bytes[3] & (flag::kReserved >> 8)) == 0 &&
      TypeOf(Generation::kHeader8, bytes[0]) != MessageType::kUnknown) {
    return Generation::kHeader8;
  }
  return Generation::kLegacy;
}

}  // namespace

Generation Recognise(Bytes6 bytes, std::optional<Generation> current, uint32_t max_payload_bytes) {
  if (IsHeader12Ping(bytes)) return Generation::kHeader12;
  if (IsHeader8Ping(bytes)) return Generation::kHeader8;
  const Generation newer = NewerWireOf(bytes);
  if (current == newer) return newer;
  if (IsLegacyRequest(bytes, max_payload_bytes)) return Generation::kLegacy;
  return current.value_or(newer);
}

}  // namespace wire
