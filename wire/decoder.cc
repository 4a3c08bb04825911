// SPDX-License-Identifier: Apache-2.0

#include "wire/decoder.h"

#include <algorithm>

#include "wire/recognise.h"

namespace wire {
namespace {

// Between the frames of one message a Kenning host may be held up by its own scheduler; only inside
// a frame is the short limit the contract. 200 ms in units of kByteTimeoutMs.
constexpr uint16_t kQuietLimitBetweenFrames = 40;

constexpr size_t kBehindId = 7;  // the checksum, flags and size follow the id

}  // namespace

template <Side kSide>
Decoder<kSide>::Decoder(const DecoderConfig& config)
    : max_payload_bytes_(config.max_payload_bytes),
      generation_(config.generation),
      checksums_(config.checksums) {
  StartHeader();
}

template <Side kSide>
void Decoder<kSide>::StartHeader() {
  phase_ = Phase::kHeader;
  header_size_ = kIsDevice ? kRecogniseBytes : HeaderBytes(generation_);
  window_ = base::MutableBytes(header_).first(header_size_);
}

template <Side kSide>
Event Decoder<kSide>::Received(size_t count) {
  quiet_count_ = 0;
  if (phase_ != Phase::kHeader && generation_ != Generation::kLegacy) {
    frame_xor_ ^= XorOf(window_.first(count));
  }
  window_ = window_.subspan(count);
  return window_.empty() ? WindowFull() : Event::kNone;
}

template <Side kSide>
Event Decoder<kSide>::WindowFull() {
  switch (phase_) {
    case Phase::kHeader:
      return HeaderPartComplete();
    case Phase::kPayload:
      return FrameComplete();
    case Phase::kDrain:
      return Drain();
    case Phase::kResync:
      window_ = scratch_;
      break;
    case Phase::kDeciding:
      break;
  }
  return Event::kNone;
}

// The next part of a payload that nobody wants.
template <Side kSide>
Event Decoder<kSide>::Drain() {
  if (drain_left_ == 0) return FrameDropped();
  phase_ = Phase::kDrain;
  window_ = base::MutableBytes(scratch_).first(std::min<size_t>(scratch_.size(), drain_left_));
  drain_left_ -= static_cast<uint32_t>(window_.size());
  return Event::kNone;
}

// The bytes that tell the wire, with any checksum.
template <Side kSide>
bool Decoder<kSide>::BeginRepeats() {
  if (!may_repeat_) return false;
  const size_t checksum_at = HeaderBytes(generation_) - kBehindId;
  repeated_[checksum_at] = header_[checksum_at];
  return std::equal(header_.begin(), header_.begin() + kRecogniseBytes, repeated_.begin());
}

// Where a header ends before the third word, that is still the repeated one's.
template <Side kSide>
bool Decoder<kSide>::RestRepeats() const {
  return may_repeat_ && std::equal(header_.begin() + kRecogniseBytes, header_.end(),
                                   repeated_.begin() + kRecogniseBytes);
}

// Enough of a header to know its wire, or all of it.
template <Side kSide>
Event Decoder<kSide>::HeaderPartComplete() {
  if (kIsDevice && header_size_ == kRecogniseBytes) {
    if (!BeginRepeats()) {
      may_repeat_ = false;
      generation_ = Recognise(std::span(header_).template first<kRecogniseBytes>(), established_,
                              max_payload_bytes_);
    }
    header_size_ = HeaderBytes(generation_);
    window_ = base::MutableBytes(header_).first(header_size_).subspan(kRecogniseBytes);
    if (!window_.empty()) return Event::kNone;
  }
  return HeaderComplete();
}

template <Side kSide>
Event Decoder<kSide>::HeaderComplete() {
  frame_xor_ = XorOf(base::Bytes(header_).first(header_size_));
  if (RestRepeats()) {
    phase_ = Phase::kDeciding;
    return Event::kFrameBegin;
  }
  may_repeat_ = false;
  const base::Status decoded = CheckHeader();
  if (decoded != base::Status::kOk) {
    if (kIsDevice || generation_ == Generation::kLegacy) return FramingLost(decoded);
    std::copy(header_.begin() + 1, header_.begin() + header_size_, header_.begin());
    window_ = base::MutableBytes(header_).subspan(header_size_ - 1u, 1);
    return Event::kNone;
  }
  // A new message ends the wait for the rest of a refused one: its sender has gone on.
  if (frame_.first()) pending_ = base::Status::kOk;
  if (pending_ == base::Status::kOk) {
    const base::Status verdict = CheckSequence();
    if (verdict != base::Status::kOk) {
      SetPending(verdict);
    } else if (frame_.first() && !frame_.last()) {
      open_ = true;
      open_type_ = frame_.type;
    }
  }
  if (pending_ != base::Status::kOk) {
    drain_left_ = frame_.payload_bytes;
    return Drain();
  }
  if (frame_.payload_bytes == 0) return FrameComplete();
  if (kIsDevice && !frame_.first() && !frame_.last()) {  // so not on the legacy wire
    repeated_ = header_;
    may_repeat_ = true;
  }
  phase_ = Phase::kDeciding;
  return Event::kFrameBegin;
}

template <Side kSide>
base::Status Decoder<kSide>::CheckHeader() {
  const base::Bytes header = base::Bytes(header_).first(header_size_);
  const base::Status decoded = DecodeHeader(generation_, header, frame_);
  // The legacy wire has no flow control to check.
  if (decoded != base::Status::kOk || generation_ == Generation::kLegacy) return decoded;
  const bool is_answer = frame_.flow == Flow::kTransmission || frame_.flow == Flow::kAcknowledge;
  const bool expected = kIsDevice ? frame_.flow == Flow::kRequest
                                  : is_answer && frame_.payload_bytes <= max_payload_bytes_ &&
                                        (frame_.type != MessageType::kUnknown || IsDenial(frame_));
  return expected ? base::Status::kOk : base::Status::kProtocolDataInvalid;
}

template <Side kSide>
base::Status Decoder<kSide>::CheckSequence() const {
  if (kIsDevice && frame_.type == MessageType::kUnknown) {
    return base::Status::kRuntimeInvalidMessageType;
  }
  if (frame_.payload_bytes > max_payload_bytes_) {
    return base::Status::kProtocolMessageTooBig;
  }
  if (!frame_.first() && !(open_ && open_type_ == frame_.type)) {
    return base::Status::kWireFrameWithoutBegin;
  }
  return base::Status::kOk;
}

template <Side kSide>
void Decoder<kSide>::SetPending(base::Status reason) {
  pending_ = reason;
  refused_ = frame_;
  answerable_ = true;
  may_repeat_ = false;
  if (frame_.type == open_type_) open_ = false;
}

// Of what came before a whole header: there is nobody to answer.
template <Side kSide>
void Decoder<kSide>::SetPendingForNobody(base::Status reason) {
  frame_ = {};
  SetPending(reason);
  answerable_ = false;
}

// What follows cannot be told apart any more: wait for silence. A host does not wait; it knows at
// once that its answer is spoilt.
template <Side kSide>
Event Decoder<kSide>::FramingLost(base::Status reason) {
  if (pending_ == base::Status::kOk) SetPending(reason);
  open_ = false;  // whatever was open lost a part
  if (!kIsDevice) return Report();
  phase_ = Phase::kResync;
  window_ = scratch_;
  return Event::kNone;
}

template <Side kSide>
void Decoder<kSide>::Place(base::MutableBytes destination) {
  window_ = destination.first(frame_.payload_bytes);
  phase_ = Phase::kPayload;
}

template <Side kSide>
void Decoder<kSide>::Refuse(base::Status reason) {
  SetPending(reason);
  drain_left_ = frame_.payload_bytes;
  (void)Drain();  // not empty: it had its kFrameBegin
}

template <Side kSide>
Event Decoder<kSide>::RefuseRest(base::Status reason) {
  SetPending(reason);
  return frame_.last() ? Report() : Event::kNone;
}

template <Side kSide>
bool Decoder<kSide>::ChecksumHolds() const {
  if (generation_ == Generation::kLegacy) return true;
  return frame_xor_ == kChecksumSeed;
}

// A client that does not compute checksums writes 0; it says so once, in its PING.
template <Side kSide>
void Decoder<kSide>::LearnFromPing() {
  constexpr uint16_t kWhole = flag::kFirst | flag::kLast;
  if (!kIsDevice || frame_.type != MessageType::kPing) return;
  if ((frame_.flags & kWhole) != kWhole) return;
  if (ChecksumHolds()) {
    checksums_ = true;
  } else if (header_[header_size_ - kBehindId] == 0) {
    checksums_ = false;
  }
}

template <Side kSide>
Event Decoder<kSide>::FrameComplete() {
  LearnFromPing();
  if (checksums_ && !ChecksumHolds()) return FramingLost(base::Status::kWireChecksumWrong);
  established_ = generation_;
  answerable_ = true;
  if (frame_.type == open_type_ && frame_.last()) open_ = false;
  StartHeader();
  return Event::kFrameEnd;
}

template <Side kSide>
Event Decoder<kSide>::FrameDropped() {
  if (checksums_ && !ChecksumHolds()) {
    // What seemed wrong with the message may be the line's doing.
    SetPending(base::Status::kWireChecksumWrong);
    return FramingLost(base::Status::kWireChecksumWrong);
  }
  if (frame_.last()) return Report();
  StartHeader();
  return Event::kNone;
}

template <Side kSide>
Event Decoder<kSide>::Report() {
  reported_ = pending_;
  pending_ = base::Status::kOk;
  frame_ = refused_;
  quiet_count_ = 0;
  StartHeader();
  return Event::kRefused;
}

template <Side kSide>
uint16_t Decoder<kSide>::QuietLimit() const {
  return generation_ == Generation::kLegacy ? 1 : kQuietLimitBetweenFrames;
}

template <Side kSide>
Event Decoder<kSide>::LineError() {
  if (phase_ == Phase::kHeader && pending_ == base::Status::kOk && !open_) {
    SetPendingForNobody(base::Status::kProtocolClientDisconnected);
  }
  return FramingLost(base::Status::kProtocolClientDisconnected);
}

template <Side kSide>
Event Decoder<kSide>::LineQuiet() {
  const bool between = between_frames();
  if (pending_ == base::Status::kOk && !open_) {
    if (between) return Event::kNone;
    if (phase_ == Phase::kHeader) {
      // A few bytes of nothing: nobody can be answered, so nobody is waited for.
      SetPendingForNobody(base::Status::kProtocolTimeout);
      return Report();
    }
  }
  if (!between) {
    // A refused frame that ends here may have been refused for a size that the line made up.
    const bool cut = phase_ == Phase::kDrain && generation_ != Generation::kLegacy;
    if (pending_ == base::Status::kOk || cut) SetPending(base::Status::kProtocolTimeout);
    open_ = false;
    StartHeader();
  }
  if (++quiet_count_ < QuietLimit()) return Event::kNone;
  if (pending_ == base::Status::kOk) SetPending(base::Status::kProtocolTimeout);
  open_ = false;
  return Report();
}

template class Decoder<Side::kDevice>;
template class Decoder<Side::kHost>;

}  // namespace wire
