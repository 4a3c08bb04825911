// SPDX-License-Identifier: Apache-2.0

#include "wire/frame.h"

#include <algorithm>

namespace wire {
namespace {

// The id field: type number in the low bits, flow control in the top two of its last byte.
constexpr size_t IdBytes(Generation generation) {
  return generation == Generation::kHeader8 ? 1 : 5;
}
constexpr unsigned kFlowShift = 6;
constexpr uint8_t kTypeMask = (1 << kFlowShift) - 1;

base::Status DecodeLegacy(base::Bytes header, Frame& frame) {
  const auto size = base::LoadLe<uint32_t>(header.data());
  frame.number = base::LoadLe<uint16_t>(header.data() + 4);
  frame.type = TypeOf(Generation::kLegacy, frame.number);
  frame.flow =
      InfoOf(frame.type).service == Service::kAnswer ? Flow::kTransmission : Flow::kRequest;
  frame.flags = flag::kFirst | flag::kLast;
  if (frame.type == MessageType::kOk) frame.flags |= flag::kSuccess;
  if (frame.type == MessageType::kError) frame.flags |= flag::kFail;
  frame.payload_bytes = 0;
  if (size < sizeof(uint16_t)) return base::Status::kProtocolDataInvalid;
  frame.payload_bytes = size - static_cast<uint32_t>(sizeof(uint16_t));
  if (frame.payload_bytes > 0) frame.flags |= flag::kHasPayload;
  return base::Status::kOk;
}

}  // namespace

base::Status DecodeHeader(Generation generation, base::Bytes header, Frame& frame) {
  if (generation == Generation::kLegacy) return DecodeLegacy(header, frame);
  const uint8_t* rest = header.data() + IdBytes(generation);
  const uint8_t last = rest[-1];
  ++rest;  // the checksum
  const uint64_t high = last & kTypeMask;
  frame.number = generation == Generation::kHeader8
                     ? high
                     : high << 32 | base::LoadLe<uint32_t>(header.data());
  frame.type = TypeOf(generation, frame.number);
  frame.flow = static_cast<Flow>(last >> kFlowShift);
  frame.flags = base::LoadLe<uint16_t>(rest);
  frame.payload_bytes = base::LoadLe<uint32_t>(rest + 2);
  const bool payload_unannounced =
      frame.payload_bytes != 0 && (frame.flags & flag::kHasPayload) == 0;
  if ((frame.flags & flag::kReserved) != 0 || payload_unannounced) {
    return base::Status::kProtocolDataInvalid;
  }
  return base::Status::kOk;
}

EncodedHeader EncodeHeader(Generation generation, const Frame& frame, bool checksum,
                           uint8_t payload_xor) {
  EncodedHeader header = {.bytes = {}, .size = HeaderBytes(generation)};
  const std::optional<uint8_t> known = NumberOf(generation, frame.type);
  const uint64_t number = known ? *known : frame.number;
  if (generation == Generation::kLegacy) {
    base::StoreLe<uint32_t>(header.bytes.data(),
                            frame.payload_bytes + static_cast<uint32_t>(sizeof(uint16_t)));
    base::StoreLe<uint16_t>(header.bytes.data() + 4, static_cast<uint16_t>(number));
    return header;
  }
  const size_t id_bytes = IdBytes(generation);
  for (size_t i = 0; i < id_bytes; ++i) header.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  uint8_t* rest = header.bytes.data() + id_bytes;
  rest[-1] =
      static_cast<uint8_t>((rest[-1] & kTypeMask) | static_cast<uint8_t>(frame.flow) << kFlowShift);
  ++rest;
  base::StoreLe<uint16_t>(rest, frame.flags);
  base::StoreLe<uint32_t>(rest + 2, frame.payload_bytes);
  if (checksum) {
    header.bytes[id_bytes] =
        static_cast<uint8_t>(kChecksumSeed ^ XorOf(header.span()) ^ payload_xor);
  }
  return header;
}

Frame AnswerTo(Generation generation, const Frame& request, bool success, uint32_t payload_bytes) {
  Frame answer = {.type = request.type,
                  .flow = Flow::kTransmission,
                  .flags = flag::kFirst | flag::kLast | flag::kIsZephyr,
                  .payload_bytes = payload_bytes,
                  .number = request.number};
  if (generation == Generation::kLegacy) {
    answer.type = success ? MessageType::kOk : MessageType::kError;
  }
  answer.flags |= success ? flag::kSuccess : flag::kFail;
  if (payload_bytes > 0) answer.flags |= flag::kHasPayload;
  return answer;
}

Frame DenialOf(Generation generation, const Frame& request) {
  Frame denial = AnswerTo(generation, request, false, 0);
  denial.flow = Flow::kAcknowledge;
  return denial;
}

}  // namespace wire
