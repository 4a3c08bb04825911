// SPDX-License-Identifier: Apache-2.0

#include "wire/frame.h"

#include <cstring>
#include <memory>

namespace wire {
namespace {

// The newer headers end alike: the last byte of the id, with flow control in its top two bits,
// checksum, flags, size. So their offsets are from the end, where both have whole words.
constexpr ptrdiff_t kIdEndAt = -8, kChecksumAt = -7, kFlagsAt = -6, kSizeAt = -4;
constexpr unsigned kFlowShift = 6;
constexpr uint8_t kTypeMask = (1 << kFlowShift) - 1;

base::Status DecodeLegacy(const uint8_t* header, Frame& frame) {
  const auto size = base::LoadLe<uint32_t>(header);
  const bool possible = size >= kLegacyTypeBytes;
  frame.number = base::LoadLe<uint16_t>(header + kLegacyTypeAt);
  frame.type = TypeOf(Generation::kLegacy, frame.number);
  frame.flow = Flow::kTransmission;
  frame.flags = flag::kFirst | flag::kLast;
  frame.payload_bytes = possible ? size - kLegacyTypeBytes : 0;
  if (frame.payload_bytes > 0) frame.flags |= flag::kHasPayload;
  if (frame.type == MessageType::kOk) {
    frame.flags |= flag::kSuccess;
  } else if (frame.type == MessageType::kError) {
    frame.flags |= flag::kFail;
  } else {
    frame.flow = Flow::kRequest;
  }
  return possible ? base::Status::kOk : base::Status::kProtocolDataInvalid;
}

}  // namespace

base::Status DecodeHeader(Generation generation, base::Bytes header, Frame& frame) {
  alignas(uint32_t) std::array<uint8_t, kMaxHeaderBytes> bytes;  // its fields are aligned in it
  std::memcpy(bytes.data(), header.data(), header.size());
  if (generation == Generation::kLegacy) return DecodeLegacy(bytes.data(), frame);
  const uint8_t* const end = std::assume_aligned<4>(bytes.data() + header.size());
  const uint8_t id_end = end[kIdEndAt];
  frame.number = id_end & kTypeMask;
  if (generation == Generation::kHeader12) {
    frame.number = frame.number << 32 | base::LoadLe<uint32_t>(bytes.data());
  }
  frame.type = TypeOf(generation, frame.number);
  frame.flow = static_cast<Flow>(id_end >> kFlowShift);
  frame.flags = base::LoadLe<uint16_t>(end + kFlagsAt);
  frame.payload_bytes = base::LoadLe<uint32_t>(end + kSizeAt);
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
  uint8_t* const bytes = header.bytes.data();
  const int8_t known = InfoOf(frame.type).number[static_cast<size_t>(generation)];
  uint64_t number = known == MessageInfo::kNone ? frame.number : static_cast<uint8_t>(known);
  if (generation == Generation::kLegacy) {
    base::StoreLe<uint32_t>(bytes, frame.payload_bytes + kLegacyTypeBytes);
    base::StoreLe<uint16_t>(bytes + kLegacyTypeAt, static_cast<uint16_t>(number));
    return header;
  }
  if (generation == Generation::kHeader12) {
    base::StoreLe<uint32_t>(bytes, static_cast<uint32_t>(number));
    number >>= 32;
  }
  uint8_t* const end = std::assume_aligned<4>(bytes + header.size);
  end[kIdEndAt] =
      static_cast<uint8_t>((number & kTypeMask) | static_cast<unsigned>(frame.flow) << kFlowShift);
  base::StoreLe<uint16_t>(end + kFlagsAt, frame.flags);
  base::StoreLe<uint32_t>(end + kSizeAt, frame.payload_bytes);
  if (checksum) {
    end[kChecksumAt] = static_cast<uint8_t>(kChecksumSeed ^ XorOf(header.span()) ^ payload_xor);
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
