// SPDX-License-Identifier: Apache-2.0

#include "wire/decoder.h"

#include <algorithm>

#include "wire/recognise.h"

namespace wire {
namespace {

// Between the frames of one message a Kenning host may be held up by its own scheduler; only inside
// a frame is the short limit the contract. 200 ms in units of kByteTimeoutMs.
constexpr uint8_t kQuietLimitBetweenFrames = 40;

}  // namespace

Decoder::Decoder(const DecoderConfig& config)
    : config_(config),
      generation_(config.generation.value_or(Generation::kLegacy)),
      checksums_(config.checksums) {
  StartHeader();
}

void Decoder::StartHeader() {
  phase_ = Phase::kHeader;
  header_size_ =
      static_cast<uint8_t>(config_.generation ? HeaderBytes(*config_.generation) : kRecogniseBytes);
  window_ = base::MutableBytes(header_).first(header_size_);
}

Event Decoder::Received(size_t count) {
  quiet_count_ = 0;
  if (phase_ != Phase::kHeader && generation_ != Generation::kLegacy) {
    frame_xor_ ^= XorOf(window_.first(count));
  }
  window_ = window_.subspan(count);
  return window_.empty() ? WindowFull() : Event::kNone;
}

Event Decoder::WindowFull() {
  switch (phase_) {
    case Phase::kHeader:
      return HeaderPartComplete();
    case Phase::kPayload:
      return FrameComplete();
    case Phase::kDrain:
      if (drain_left_ == 0) return FrameDropped();
      Drain();
      return Event::kNone;
    case Phase::kResync:
      window_ = scratch_;
      return Event::kNone;
    case Phase::kDeciding:
      break;
  }
  return Event::kNone;
}

// The next part of a payload that nobody wants.
void Decoder::Drain() {
  phase_ = Phase::kDrain;
  const auto size = static_cast<uint32_t>(std::min<size_t>(scratch_.size(), drain_left_));
  window_ = base::MutableBytes(scratch_).first(size);
  drain_left_ -= size;
}

// `second_word` tells which bits of it count.
bool Decoder::RepeatsHeader(uint32_t second_word) const {
  if (!may_repeat_) return false;
  const auto difference = [&](size_t at) {
    return base::LoadLe<uint32_t>(header_.data() + at) ^
           base::LoadLe<uint32_t>(repeated_.data() + at);
  };
  constexpr uint32_t kAllButChecksum = 0xFFFF00FF;  // the second byte of its word on both wires
  if (generation_ == Generation::kHeader8) {
    return ((difference(0) & kAllButChecksum) | (difference(4) & second_word)) == 0;
  }
  // The third word of a header that is not all there is the repeated one's or older.
  return (difference(0) | (difference(4) & second_word & kAllButChecksum)) == 0;
}

// Enough of a header to know its wire, or all of it.
Event Decoder::HeaderPartComplete() {
  if (!config_.generation && header_size_ == kRecogniseBytes) {
    constexpr uint32_t kReceived = 0xFFFF;  // of the second word
    if (!RepeatsHeader(kReceived)) {
      may_repeat_ = false;
      generation_ = Recognise(std::span(header_).first<kRecogniseBytes>(), established_,
                              config_.max_payload_bytes);
    }
    header_size_ = static_cast<uint8_t>(HeaderBytes(generation_));
    window_ = base::MutableBytes(header_).first(header_size_).subspan(kRecogniseBytes);
    if (!window_.empty()) return Event::kNone;
  }
  return HeaderComplete();
}

Event Decoder::HeaderComplete() {
  frame_xor_ = XorOf(base::Bytes(header_).first(header_size_));
  if (RepeatsHeader(~0u) &&
      (generation_ == Generation::kHeader8 ||
       std::equal(header_.begin() + 8, header_.end(), repeated_.begin() + 8))) {
    phase_ = Phase::kDeciding;
    return Event::kFrameBegin;
  }
  may_repeat_ = false;
  const base::Status decoded = CheckHeader();
  if (decoded != base::Status::kOk) {
    if (config_.side == Side::kDevice || generation_ == Generation::kLegacy) {
      return FramingLost(decoded);
    }
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
    if (frame_.payload_bytes == 0) return FrameDropped();
    drain_left_ = frame_.payload_bytes;
    Drain();
    return Event::kNone;
  }
  if (frame_.payload_bytes == 0) return FrameComplete();
  if (generation_ != Generation::kLegacy && !frame_.first() && !frame_.last()) {
    repeated_ = header_;
    may_repeat_ = true;
  }
  phase_ = Phase::kDeciding;
  return Event::kFrameBegin;
}

base::Status Decoder::CheckHeader() {
  const base::Bytes header = base::Bytes(header_).first(header_size_);
  const base::Status decoded = DecodeHeader(generation_, header, frame_);
  // The legacy wire has no flow control to check.
  if (decoded != base::Status::kOk || generation_ == Generation::kLegacy) return decoded;
  const bool is_answer = frame_.flow == Flow::kTransmission || frame_.flow == Flow::kAcknowledge;
  const bool expected = config_.side == Side::kDevice
                            ? frame_.flow == Flow::kRequest
                            : is_answer && frame_.payload_bytes <= config_.max_payload_bytes &&
                                  (frame_.type != MessageType::kUnknown || IsDenial(frame_));
  return expected ? base::Status::kOk : base::Status::kProtocolDataInvalid;
}

base::Status Decoder::CheckSequence() const {
  if (frame_.type == MessageType::kUnknown && config_.side == Side::kDevice) {
    return base::Status::kRuntimeInvalidMessageType;
  }
  if (frame_.payload_bytes > config_.max_payload_bytes) {
    return base::Status::kProtocolMessageTooBig;
  }
  if (!frame_.first() && !(open_ && open_type_ == frame_.type)) {
    return base::Status::kWireFrameWithoutBegin;
  }
  return base::Status::kOk;
}

void Decoder::SetPending(base::Status reason) {
  pending_ = reason;
  refused_ = frame_;
  answerable_ = true;
  may_repeat_ = false;
  if (frame_.type == open_type_) open_ = false;
}

// What follows cannot be told apart any more: wait for silence. A host does not wait; it knows at
// once that its answer is spoilt.
Event Decoder::FramingLost(base::Status reason) {
  if (pending_ == base::Status::kOk) SetPending(reason);
  open_ = false;  // whatever was open lost a part
  if (config_.side == Side::kHost) return Report();
  phase_ = Phase::kResync;
  window_ = scratch_;
  return Event::kNone;
}

void Decoder::Place(base::MutableBytes destination) {
  window_ = destination.first(frame_.payload_bytes);
  phase_ = Phase::kPayload;
}

void Decoder::Refuse(base::Status reason) {
  SetPending(reason);
  drain_left_ = frame_.payload_bytes;
  Drain();
}

Event Decoder::RefuseRest(base::Status reason) {
  SetPending(reason);
  return frame_.last() ? Report() : Event::kNone;
}

bool Decoder::ChecksumHolds() const {
  if (generation_ == Generation::kLegacy) return true;
  return frame_xor_ == kChecksumSeed;
}

// A client that does not compute checksums writes 0; it says so once, in its PING.
void Decoder::LearnFromPing() {
  constexpr uint16_t kWhole = flag::kFirst | flag::kLast;
  constexpr size_t kBehindId = 7;  // flags, size and the checksum itself follow the id
  if (config_.side == Side::kHost || frame_.type != MessageType::kPing) return;
  if ((frame_.flags & kWhole) != kWhole) return;
  if (ChecksumHolds()) {
    checksums_ = true;
  } else if (header_[header_size_ - kBehindId] == 0) {
    checksums_ = false;
  }
}

Event Decoder::FrameComplete() {
  LearnFromPing();
  if (checksums_ && !ChecksumHolds()) return FramingLost(base::Status::kWireChecksumWrong);
  established_ = generation_;
  answerable_ = true;
  if (open_ && frame_.type == open_type_ && frame_.last()) open_ = false;
  StartHeader();
  return Event::kFrameEnd;
}

Event Decoder::FrameDropped() {
  if (checksums_ && !ChecksumHolds()) {
    // What seemed wrong with the message may be the line's doing.
    SetPending(base::Status::kWireChecksumWrong);
    return FramingLost(base::Status::kWireChecksumWrong);
  }
  if (frame_.last()) return Report();
  StartHeader();
  return Event::kNone;
}

Event Decoder::Report() {
  reported_ = pending_;
  pending_ = base::Status::kOk;
  frame_ = refused_;
  quiet_count_ = 0;
  StartHeader();
  return Event::kRefused;
}

uint8_t Decoder::QuietLimit() const {
  return generation_ == Generation::kLegacy ? 1 : kQuietLimitBetweenFrames;
}

Event Decoder::LineError() {
  const bool in_header = phase_ == Phase::kHeader;
  if (in_header && !open_ && pending_ == base::Status::kOk) {
    frame_ = {};
    SetPending(base::Status::kProtocolClientDisconnected);
    answerable_ = false;
  }
  return FramingLost(base::Status::kProtocolClientDisconnected);
}

Event Decoder::LineQuiet() {
  const bool between = between_frames();
  if (between && pending_ == base::Status::kOk && !open_) return Event::kNone;
  if (pending_ == base::Status::kOk && phase_ == Phase::kHeader && !open_) {
    // A few bytes of nothing: nobody can be answered, so nobody is waited for.
    frame_ = {};
    SetPending(base::Status::kProtocolTimeout);
    answerable_ = false;
    return Report();
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

}  // namespace wire
