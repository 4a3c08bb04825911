// SPDX-License-Identifier: Apache-2.0

#include "wire/client.h"

#include <algorithm>
#include <memory>

namespace wire {
namespace {

DecoderConfig DecoderFor(const ClientConfig& config, size_t answer_bytes) {
  return {.generation = config.generation,
          .max_payload_bytes = static_cast<uint32_t>(std::min<size_t>(answer_bytes, UINT32_MAX)),
          .checksums = config.checksums};
}

}  // namespace

Client::Client(const ClientConfig& config, base::MutableBytes answer_buffer, LogListener* listener)
    : config_(config),
      answer_buffer_(answer_buffer),
      listener_(listener),
      // A LOGS frame may be longer than the longest answer.
      decoder_(DecoderFor(config, std::max(answer_buffer.size(), sizeof(log_)))) {}

base::Status Client::Start(MessageType type, base::Bytes payload) {
  return StartWith(type, payload, 0);
}

base::Status Client::StartConnect() { return StartWith(MessageType::kPing, {}, flag::kSuccess); }

base::Status Client::StartDisconnect() { return StartWith(MessageType::kPing, {}, flag::kFail); }

base::Status Client::StartWith(MessageType type, base::Bytes payload, uint16_t flags) {
  if (!NumberOf(config_.generation, type)) return base::Status::kRuntimeInvalidMessageType;
  if (state_ == ClientState::kFailed || state_ == ClientState::kWaiting) {
    // Whatever was half received belongs to the request that is given up.
    std::destroy_at(&decoder_);
    std::construct_at(&decoder_,
                      DecoderFor(config_, std::max(answer_buffer_.size(), sizeof(log_))));
  }
  state_ = ClientState::kSending;
  request_ = type;
  request_flags_ = flags;
  payload_ = payload;
  payload_done_ = 0;
  frame_end_ = 0;
  first_ = true;
  answer_size_ = 0;
  answer_ = {};
  failure_ = base::Status::kOk;
  NextFrame();
  return base::Status::kOk;
}

void Client::NextFrame() {
  const size_t left = payload_.size() - payload_done_;
  const size_t room = config_.generation == Generation::kLegacy
                          ? left
                          : config_.frame_bytes - HeaderBytes(config_.generation);
  const size_t size = std::min(left, room);
  uint16_t flags = request_flags_;
  if (first_) flags |= flag::kFirst;
  if (size == left) flags |= flag::kLast;
  if (size > 0) flags |= flag::kHasPayload;
  header_ = EncodeHeader(config_.generation,
                         {.type = request_,
                          .flow = Flow::kRequest,
                          .flags = flags,
                          .payload_bytes = static_cast<uint32_t>(size)},
                         config_.checksums, XorOf(payload_.subspan(payload_done_, size)));
  header_done_ = 0;
  frame_end_ = payload_done_ + size;
  first_ = false;
}

size_t Client::Produce(base::MutableBytes out) {
  size_t produced = 0;
  const auto put = [&](base::Bytes from) {
    const size_t n = std::min(from.size(), out.size() - produced);
    std::copy_n(from.begin(), n, out.begin() + static_cast<ptrdiff_t>(produced));
    produced += n;
    return n;
  };
  while (state_ == ClientState::kSending && produced < out.size()) {
    header_done_ += put(header_.span().subspan(header_done_));
    payload_done_ += put(payload_.subspan(payload_done_, frame_end_ - payload_done_));
    if (header_done_ < header_.size || payload_done_ < frame_end_) break;
    if (payload_done_ < payload_.size()) {
      NextFrame();
    } else {
      state_ = ClientState::kWaiting;
    }
  }
  return produced;
}

size_t Client::Consume(base::Bytes bytes) {
  size_t used = 0;
  while (used < bytes.size() &&
         (state_ == ClientState::kSending || state_ == ClientState::kWaiting)) {
    const base::MutableBytes window = decoder_.Window();
    const size_t n = std::min(window.size(), bytes.size() - used);
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(used), n, window.begin());
    used += n;
    switch (decoder_.Received(n)) {
      case Event::kNone:
        break;
      case Event::kFrameBegin:
        OnFrameBegin();
        break;
      case Event::kFrameEnd:
        OnFrameEnd();
        break;
      case Event::kRefused:
        // A whole message of another kind does not matter, nor does a log line. One whose checksum
        // is wrong may have been the answer, whatever it says it is.
        if (IsAnswer(decoder_.frame()) || (decoder_.status() == base::Status::kWireChecksumWrong &&
                                           decoder_.frame().type != MessageType::kLogs)) {
          Fail(decoder_.status());
        }
        break;
    }
  }
  return used;
}

bool Client::IsAnswer(const Frame& frame) const {
  if (config_.generation == Generation::kLegacy) {
    // Strict request and answer: whatever comes is meant as the answer.
    return true;
  }
  // One request at a time: a denial of anything is the denial of this one.
  return frame.type == request_ || IsDenial(frame);
}

void Client::OnFrameBegin() {
  const Frame& frame = decoder_.frame();
  if (frame.type == MessageType::kLogs) {
    if (frame.payload_bytes <= log_.size()) return decoder_.Place(log_);
    return decoder_.Refuse(base::Status::kProtocolMessageTooBig);
  }
  if (!IsAnswer(frame)) return decoder_.Refuse(base::Status::kWireUnexpectedMessage);
  if (frame.first()) answer_size_ = 0;
  if (frame.payload_bytes > answer_buffer_.size() - answer_size_) {
    return decoder_.Refuse(base::Status::kProtocolMessageTooBig);
  }
  decoder_.Place(answer_buffer_.subspan(answer_size_, frame.payload_bytes));
}

void Client::OnFrameEnd() {
  const Frame& frame = decoder_.frame();
  if (frame.type == MessageType::kLogs) return Logs(base::Bytes(log_).first(frame.payload_bytes));
  if (!IsAnswer(frame)) return;
  if (config_.generation == Generation::kLegacy && frame.flow != Flow::kTransmission) {
    return Fail(base::Status::kWireUnexpectedMessage);
  }
  if (frame.first()) {
    answer_.flags = frame.flags;
    answer_size_ = 0;
  }
  answer_size_ += frame.payload_bytes;
  if (!frame.last()) return;
  if (frame.flow == Flow::kAcknowledge) {
    // A positive acknowledgement is defined but means nothing to anybody yet.
    if ((answer_.flags & flag::kFail) == 0) return;
    answer_.denied = true;
  } else {
    answer_.success = (answer_.flags & flag::kSuccess) != 0;
  }
  answer_.payload = base::Bytes(answer_buffer_).first(answer_size_);
  state_ = ClientState::kAnswered;
}

// Records of a length byte and that many characters.
void Client::Logs(base::Bytes records) {
  while (listener_ != nullptr && !records.empty()) {
    const size_t length = std::min<size_t>(records[0], records.size() - 1);
    listener_->OnDeviceLog({reinterpret_cast<const char*>(records.data() + 1), length});
    records = records.subspan(1 + length);
  }
}

void Client::GiveUp() { Fail(base::Status::kTimeout); }

void Client::Distrust() { Fail(base::Status::kProtocolDataInvalid); }

void Client::Fail(base::Status status) {
  failure_ = status;
  state_ = ClientState::kFailed;
}

}  // namespace wire
