// SPDX-License-Identifier: Apache-2.0

// Frames out of a stream of bytes, for both ends of the line. The caller moves the bytes: it puts
// what arrives into Window() and says how many in Received(). Payload goes straight to where the
// caller wants it; the decoder owns no payload memory.
//
//   kNone        go on
//   kFrameBegin  a header with payload was accepted: the caller calls Place() or Refuse() now
//   kFrameEnd    the frame of frame() is complete; without payload there was no kFrameBegin
//   kRefused     a request or answer was not taken; status() says why, frame() what is known of it
//
// A refused message is reported once it has gone by: its announced bytes are drained, on the wires
// with FIRST and LAST up to its LAST frame, or up to a silent line, whichever comes first. So there
// is one report per message, and the line is in step again when it comes. The caller also measures
// time: LineQuiet() after each kByteTimeoutMs without a byte. Facts: shared spec
// kenning-contract.md, sections 5.1.5, 5.2.2 and 5.2.9.
//
// A host knows what it waits for: on the newer wires, bytes that are no header of an answer are
// skipped one by one, so a stray byte in front of an answer costs nothing. A device cannot know,
// and waits for silence.
#ifndef WIRE_DECODER_H_
#define WIRE_DECODER_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/byte_reader.h"
#include "base/status.h"
#include "wire/frame.h"
#include "wire/message.h"

namespace wire {

inline constexpr uint32_t kByteTimeoutMs = 5;  // of the predecessor, section 5.1.5

enum class Side : uint8_t { kDevice, kHost };

enum class Event : uint8_t { kNone, kFrameBegin, kFrameEnd, kRefused };

struct DecoderConfig {
  // Of a host. A device recognises the format from the first bytes, again at each frame that can
  // open a session.
  Generation generation = Generation::kLegacy;
  // A frame with more payload is drained and refused with kProtocolMessageTooBig.
  uint32_t max_payload_bytes = 0;
  // Until a PING says otherwise.
  bool checksums = true;
};

// Two classes, so that a device carries no code of the host's.
template <Side kSide>
class Decoder {
 public:
  explicit Decoder(const DecoderConfig& config);
  Decoder(const Decoder&) = delete;  // the window may be a part of it
  Decoder& operator=(const Decoder&) = delete;

  // Where the next received bytes belong; never empty, except between kFrameBegin and Place/Refuse.
  [[nodiscard]] base::MutableBytes Window() const { return window_; }

  // The first `count` bytes of Window() were received.
  [[nodiscard]] Event Received(size_t count);

  // The UART reported an error in bytes just received: they cannot be trusted, nor can the framing.
  [[nodiscard]] Event LineError();

  // The line was silent for kByteTimeoutMs: half a frame is given up, a refusal is reported.
  [[nodiscard]] Event LineQuiet();

  // After kFrameBegin: where frame().payload_bytes go (exactly as many), or that they are not
  // wanted.
  void Place(base::MutableBytes destination);
  void Refuse(base::Status reason);

  // After kFrameEnd: the caller does not want the frames of this message that may still follow.
  // Gives kRefused at once if this was the last.
  [[nodiscard]] Event RefuseRest(base::Status reason);

  // Of the frame that the last event was about.
  [[nodiscard]] const Frame& frame() const { return frame_; }
  // False while a part of a frame has arrived.
  [[nodiscard]] bool between_frames() const {
    return phase_ == Phase::kHeader && window_.data() == header_.data();
  }
  // Why, after kRefused.
  [[nodiscard]] base::Status status() const { return reported_; }
  // False after kRefused if not even a header came through: there is nobody to answer.
  [[nodiscard]] bool answerable() const { return answerable_; }

  // Format of the frame of the last event; before the first one kLegacy.
  [[nodiscard]] Generation generation() const { return generation_; }
  // True once a whole valid frame of that format has been received.
  [[nodiscard]] bool established() const { return established_.has_value(); }
  // Whether this session computes checksums: as its PING did.
  [[nodiscard]] bool checksums() const { return checksums_; }

 private:
  static constexpr bool kIsDevice = kSide == Side::kDevice;

  enum class Phase : uint8_t { kHeader, kDeciding, kPayload, kDrain, kResync };

  Event WindowFull();
  Event HeaderPartComplete();
  Event HeaderComplete();
  [[nodiscard]] bool BeginRepeats();
  [[nodiscard]] bool RestRepeats() const;
  Event Drain();
  [[nodiscard]] base::Status CheckHeader();
  Event FrameComplete();
  Event FrameDropped();
  Event FramingLost(base::Status reason);
  Event Report();
  void StartHeader();
  void SetPending(base::Status reason);
  void SetPendingForNobody(base::Status reason);
  [[nodiscard]] base::Status CheckSequence() const;
  [[nodiscard]] bool ChecksumHolds() const;
  void LearnFromPing();
  [[nodiscard]] uint16_t QuietLimit() const;

  uint32_t max_payload_bytes_;
  Generation generation_;
  bool checksums_;
  // From here to header_ all starts as zero and without gaps: one call clears it.
  std::optional<Generation> established_;
  Phase phase_ = Phase::kHeader;
  // A message has begun and its LAST frame is still to come.
  bool open_ = false;
  MessageType open_type_ = MessageType::kUnknown;
  // Kenning cuts a message into frames of one size: a header that repeats the one before it, but
  // for its checksum, means what that (repeated_) meant, as long as nothing else came between.
  bool may_repeat_ = false;
  bool answerable_ = false;
  uint8_t frame_xor_ = 0;
  uint16_t quiet_count_ = 0;
  uint32_t drain_left_ = 0;                   // behind the window
  base::Status pending_ = base::Status::kOk;  // refusal that is still to be reported
  base::Status reported_ = base::Status::kOk;
  Frame frame_;
  Frame refused_;
  alignas(uint32_t) std::array<uint8_t, kMaxHeaderBytes> header_ = {};
  std::array<uint8_t, kMaxHeaderBytes> repeated_;
  size_t header_size_;
  base::MutableBytes window_;
  std::array<uint8_t, 64> scratch_;
};

extern template class Decoder<Side::kDevice>;
extern template class Decoder<Side::kHost>;
using DeviceDecoder = Decoder<Side::kDevice>;
using HostDecoder = Decoder<Side::kHost>;

}  // namespace wire

#endif  // WIRE_DECODER_H_
