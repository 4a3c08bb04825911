// SPDX-License-Identifier: Apache-2.0

// The host's half of a session without I/O: a request goes in, bytes to send come out, received
// bytes go in, an answer comes out. One request at a time. The owner moves the bytes and keeps the
// time.
//
//   client.Start(MessageType::kModel, file);
//   while (size_t n = client.Produce(buffer)) link.Write(buffer.first(n));
//   while (client.state() == ClientState::kWaiting) client.Consume(link.Read(deadline));
//   client.answer()
//
// Facts: shared spec kenning-contract.md, sections 5.1.1, 5.2.2 - 5.2.5.
#ifndef WIRE_CLIENT_H_
#define WIRE_CLIENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "wire/decoder.h"
#include "wire/frame.h"
#include "wire/message.h"

namespace wire {

// Gets the lines that a device sends as LOGS messages.
class LogListener {
 public:
  virtual void OnDeviceLog(std::string_view line) = 0;

 protected:
  ~LogListener() = default;
};

enum class ClientState : uint8_t {
  kIdle,
  kSending,   // Produce has more
  kWaiting,   // all bytes were handed out, no answer yet
  kAnswered,  // answer() is valid
  kFailed,    // failure() says why: the answer was broken
};

struct Answer {
  bool success = false;
  bool denied = false;  // negative acknowledgement: the request did not arrive whole; send it again
  uint16_t flags = 0;
  base::Bytes payload;  // in the answer buffer; valid until the next Start
};

struct ClientConfig {
  Generation generation = Generation::kLegacy;
  size_t frame_bytes = kKenningFrameBytes;  // longest frame sent; not used by the legacy wire
  bool checksums = true;
};

class Client {
 public:
  // `answer_buffer` takes the payload of answers; a longer answer fails with
  // kProtocolMessageTooBig.
  Client(const ClientConfig& config, base::MutableBytes answer_buffer,
         LogListener* listener = nullptr);

  // Begins a request, whatever happened to the last one. `payload` stays where it is until it was
  // produced. kRuntimeInvalidMessageType if the generation has no such message.
  [[nodiscard]] base::Status Start(MessageType type, base::Bytes payload = {});

  // PING opens and closes sessions on the newer wires: with SUCCESS, with FAIL.
  [[nodiscard]] base::Status StartConnect();
  [[nodiscard]] base::Status StartDisconnect();

  // Writes the next bytes to send to `out`; returns how many, 0 when the request is complete.
  [[nodiscard]] size_t Produce(base::MutableBytes out);

  // Takes received bytes; returns how many were used. Stops after the answer: bytes behind it have
  // no business on the line and are left to the owner.
  size_t Consume(base::Bytes bytes);

  // The owner gives up waiting: half an answer is dropped, the state is kFailed(kTimeout).
  void GiveUp();
  // The owner has reason to think that the answer is not what was sent:
  // kFailed(kProtocolDataInvalid).
  void Distrust();

  [[nodiscard]] ClientState state() const { return state_; }
  // True if the answer has begun: the rest is due at once.
  [[nodiscard]] bool answer_begun() const { return answer_size_ > 0 || !decoder_.between_frames(); }
  [[nodiscard]] const Answer& answer() const { return answer_; }
  [[nodiscard]] base::Status failure() const { return failure_; }
  [[nodiscard]] MessageType request() const { return request_; }
  // Payload bytes of the request handed out so far, for progress.
  [[nodiscard]] size_t payload_produced() const { return payload_done_; }
  [[nodiscard]] Generation generation() const { return config_.generation; }

 private:
  base::Status StartWith(MessageType type, base::Bytes payload, uint16_t flags);
  void NextFrame();
  void OnFrameBegin();
  void OnFrameEnd();
  void Logs(base::Bytes records);
  void Fail(base::Status status);
  [[nodiscard]] bool IsAnswer(const Frame& frame) const;

  ClientConfig config_;
  base::MutableBytes answer_buffer_;
  LogListener* listener_;
  HostDecoder decoder_;
  ClientState state_ = ClientState::kIdle;
  MessageType request_ = MessageType::kUnknown;
  uint16_t request_flags_ = 0;
  base::Bytes payload_;
  size_t payload_done_ = 0;  // handed out
  size_t frame_end_ = 0;     // offset in payload_ where the frame in progress ends
  size_t header_done_ = 0;
  bool first_ = true;
  EncodedHeader header_ = {};
  size_t answer_size_ = 0;
  Answer answer_;
  base::Status failure_ = base::Status::kOk;
  std::array<uint8_t, 256> log_;  // one LOGS frame; longer ones are skipped
};

}  // namespace wire

#endif  // WIRE_CLIENT_H_
