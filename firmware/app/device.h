// SPDX-License-Identifier: Apache-2.0

// The device: takes messages from the line, serves them, answers. One message, one answer.
//
// States and messages: wire/message.h. What a message would change is checked before it is changed:
// a refused IO_SPEC, MODEL or DATA leaves what was there before at work. An accepted IO_SPEC waits
// for its MODEL; if that is refused, the model before it is in service again. MODEL without payload
// keeps the loaded model and gives it the new specification. Facts: shared spec
// kenning-contract.md, sections 5.1.5, 5.1.6 and 5.2.
#ifndef FIRMWARE_APP_DEVICE_H_
#define FIRMWARE_APP_DEVICE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/app/board.h"
#include "firmware/app/call_plan.h"
#include "firmware/app/input_source.h"
#include "firmware/app/kernel_watch.h"
#include "firmware/app/log.h"
#include "firmware/app/model_store.h"
#include "wire/decoder.h"
#include "wire/io_spec.h"
#include "wire/message.h"
#include "wire/statistics.h"

namespace firmware {

class Device final : private LogSink {
 public:
  // `heap` is the device's for good: models, tensors and inputs lie in it. kSkip runs no kernels,
  // for tests where the model's machine is another. With a `source` (which outlives the device)
  // inputs come from there: DATA is refused, a model must fit the source, and PROCESS waits for the
  // next input.
  Device(Board& board, base::MutableBytes heap,
         runtime::KernelMode kernel_mode = runtime::KernelMode::kRun,
         InputSource* source = nullptr);

  // Says that the device is up.
  void Start();

  // Waits for bytes, at most one byte time-out, and serves what they complete. False if none came.
  bool Poll();

  // For a device with a source, between two polls: takes what is due there and runs the model on
  // each new input, so that OUTPUT always tells the newest.
  void FollowSource();

  [[nodiscard]] wire::DeviceState state() const;

 private:
  void Handle(wire::Event event);
  void FrameBegin();
  void FrameEnd();
  void Refused();
  [[nodiscard]] bool BelongsToMessage();

  // Where the payload of the frame that begins goes.
  base::Status Place();
  base::Status PlaceIoSpec();
  base::Status PlaceModel();
  base::Status PlaceData();

  base::Status Serve(wire::MessageType type);

  base::Status ServePing();
  base::Status ServeIoSpec();
  base::Status ServeModel();
  base::Status ServeData();
  base::Status ServeProcess();
  base::Status ServeOutput();
  base::Status ServeStats();

  base::Status LoadModel();
  base::Status LoadUpload(CallPlan& plan);
  base::Status Plan(const runtime::Runtime& model, CallPlan& plan);
  base::Status PutInService(const CallPlan& plan);
  void ModelRefused();
  [[nodiscard]] wire::DeviceState served() const;
  base::Status WrongDataSize(uint32_t size_bytes);
  base::Status Infer();

  // Answers to the frame of the decoder's last event.
  void Answer(bool success, std::span<const base::Bytes> payload = {});
  void AnswerFailure(base::Status status);
  void Send(const wire::Frame& frame, std::span<const base::Bytes> payload);
  void LogFailure(base::Status status);
  void LogWithReason(LogLine& line);
  void OnLogLine(const LogLine& line) override;

  Board& board_;
  InputSource& source_;
  Log log_;
  KernelWatch watch_;
  ModelStore store_;
  wire::DeviceDecoder decoder_;

  // From here to reason_ all starts as zero and, the widest first, without gaps: one call clears
  // it.
  uint64_t inference_instructions_ = 0;
  uint64_t inference_ns_ = 0;
  // Two sets of inputs, so that a DATA message that fails half-way leaves the first, which is in
  // use; the same one twice if memory is short.
  std::array<base::MutableBytes, 2> inputs_;
  // Of the model in service, as long as the store's epoch is this one.
  uint32_t epoch_ = 0;
  base::Status source_status_ = base::Status::kOk;  // a failure is logged when it begins
  // The message that is being received, and how much of it came.
  uint32_t message_bytes_ = 0;
  wire::MessageType message_ = wire::MessageType::kUnknown;
  wire::DeviceState served_ = wire::DeviceState::kUninitialized;
  bool inference_measured_ = false;
  bool connected_ = false;  // a client of the newer wires said PING
  bool have_spec_ = false;
  bool spec_waits_ = false;  // for its MODEL

  LogLine reason_;  // for the log, set where a request fails
  // The large ones last: what stands before them is addressed in one instruction.
  CallPlan plan_;
  wire::IoSpec spec_;  // the last one accepted
  std::array<uint8_t, wire::kMaxIoSpecBytes> control_;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_DEVICE_H_
