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
  header_done_ = 0;
  header_size_ =
      static_cast<uint8_t>(config_.generation ? HeaderBytes(*config_.generation) : kRecogniseBytes);
}

base::MutableBytes Decoder::Window() {
  switch (phase_) {
    case Phase::kHeader:
      return base::MutableBytes(header_).subspan(header_done_, header_size_ - header_done_);
    case Phase::kDeciding:
      return {};
    case Phase::kPayload:
      return destination_.subspan(payload_done_);
    case Phase::kDrain:
      return base::MutableBytes(scratch_).first(
          std::min<size_t>(scratch_.size(), frame_.payload_bytes - payload_done_));
    case Phase::kResync:
      return scratch_;
  }
  return {};
}

Event Decoder::Received(size_t count) {
  quiet_count_ = 0;
  switch (phase_) {
    case Phase::kHeader:
      header_done_ = static_cast<uint8_t>(header_done_ + count);
      if (header_done_ < header_size_) return Event::kNone;
      if (!config_.generation && header_done_ == kRecogniseBytes) {
        generation_ = Recognise(std::span(header_).first<kRecogniseBytes>(), established_,
                                config_.max_payload_bytes);
        header_size_ = static_cast<uint8_t>(HeaderBytes(generation_));
        if (header_done_ < header_size_) return Event::kNone;
      }
      return HeaderComplete();
    case Phase::kPayload:
      if (generation_ != Generation::kLegacy) {
        payload_xor_ ^= XorOf(destination_.subspan(payload_done_, count));
      }
      payload_done_ += static_cast<uint32_t>(count);
      return payload_done_ < frame_.payload_bytes ? Event::kNone : FrameComplete();
    case Phase::kDrain:
      payload_done_ += static_cast<uint32_t>(count);
      return payload_done_ < frame_.payload_bytes ? Event::kNone : FrameDropped();
    case Phase::kDeciding:
    case Phase::kResync:
      return Event::kNone;
  }
  return Event::kNone;
}

Event Decoder::HeaderComplete() {
  const base::Bytes header = base::Bytes(header_).first(header_size_);
  payload_done_ = 0;
  payload_xor_ = 0;
  const base::Status decoded = DecodeHeader(generation_, header, frame_);
  if (decoded != base::Status::kOk) return FramingLost(decoded);
  if (generation_ != Generation::kLegacy) {
    const bool is_request = frame_.flow == Flow::kRequest;
    const bool is_answer = frame_.flow == Flow::kTransmission || frame_.flow == Flow::kAcknowledge;
    if (!(config_.side == Side::kDevice ? is_request : is_answer)) {
      return FramingLost(base::Status::kProtocolDataInvalid);
    }
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
    phase_ = Phase::kDrain;
    return Event::kNone;
  }
  if (frame_.payload_bytes == 0) return FrameComplete();
  phase_ = Phase::kDeciding;
  return Event::kFrameBegin;
}

base::Status Decoder::CheckSequence() const {
  if (frame_.type == MessageType::kUnknown) return base::Status::kRuntimeInvalidMessageType;
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
  if (frame_.type == open_type_) open_ = false;
}

// What follows cannot be told apart any more: wait for silence. A host does not wait; it knows at
// once that its answer is spoilt.
Event Decoder::FramingLost(base::Status reason) {
  if (pending_ == base::Status::kOk) SetPending(reason);
  open_ = false;  // whatever was open lost a part
  if (config_.side == Side::kHost) return Report();
  phase_ = Phase::kResync;
  return Event::kNone;
}

void Decoder::Place(base::MutableBytes destination) {
  destination_ = destination.first(frame_.payload_bytes);
  phase_ = Phase::kPayload;
}

void Decoder::Refuse(base::Status reason) {
  SetPending(reason);
  phase_ = Phase::kDrain;
}

Event Decoder::RefuseRest(base::Status reason) {
  SetPending(reason);
  return frame_.last() ? Report() : Event::kNone;
}

bool Decoder::ChecksumHolds() {
  if (generation_ == Generation::kLegacy) return true;
  const base::Bytes header = base::Bytes(header_).first(header_size_);
  const bool holds = (XorOf(header) ^ payload_xor_) == kChecksumSeed;
  if (frame_.type == MessageType::kPing) {
    // A client that does not compute checksums writes 0; it says so once, here.
    constexpr size_t kBehindId = 7;  // flags, size and the checksum itself follow the id
    const uint8_t checksum = header[header_size_ - kBehindId];
    if (!holds && checksum != 0) return false;
    checksums_ = holds;
    return true;
  }
  return holds || !checksums_;
}

Event Decoder::FrameComplete() {
  if (!ChecksumHolds()) return FramingLost(base::Status::kWireChecksumWrong);
  established_ = generation_;
  answerable_ = true;
  if (open_ && frame_.type == open_type_ && frame_.last()) open_ = false;
  StartHeader();
  return Event::kFrameEnd;
}

Event Decoder::FrameDropped() {
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
  const bool between_frames = phase_ == Phase::kHeader && header_done_ == 0;
  if (between_frames && pending_ == base::Status::kOk && !open_) return Event::kNone;
  if (pending_ == base::Status::kOk && phase_ == Phase::kHeader && header_done_ > 0 && !open_) {
    // A few bytes of nothing: nobody can be answered, so nobody is waited for.
    frame_ = {};
    SetPending(base::Status::kProtocolTimeout);
    answerable_ = false;
    return Report();
  }
  if (!between_frames) {
    if (pending_ == base::Status::kOk) SetPending(base::Status::kProtocolTimeout);
    open_ = false;
    StartHeader();
  }
  if (++quiet_count_ < QuietLimit()) return Event::kNone;
  if (pending_ == base::Status::kOk) SetPending(base::Status::kProtocolTimeout);
  open_ = false;
  return Report();
}

}  // namespace wire
