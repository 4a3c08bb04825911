// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/device.h"

#include <algorithm>

namespace firmware {
namespace {

using wire::DeviceState;
using wire::Event;
using wire::Generation;
using wire::MessageType;

// Faults of the line, after which the sender should try again; everything else it would only
// repeat.
bool IsLineFault(base::Status status) {
  switch (status) {
    case base::Status::kWireChecksumWrong:
    case base::Status::kWireFrameWithoutBegin:
    case base::Status::kProtocolTimeout:
    case base::Status::kProtocolDataInvalid:
    case base::Status::kProtocolClientDisconnected:
      return true;
    default:
      return false;
  }
}

constexpr size_t kInputAlignment = 64;
constexpr size_t AlignUp(size_t size) {
  return (size + kInputAlignment - 1) & ~(kInputAlignment - 1);
}

}  // namespace

const std::array<Device::Row, 7> Device::kRows = {{
    {MessageType::kPing, nullptr, &Device::ServePing},
    {MessageType::kIoSpec, &Device::PlaceIoSpec, &Device::ServeIoSpec},
    {MessageType::kModel, &Device::PlaceModel, &Device::ServeModel},
    {MessageType::kData, &Device::PlaceData, &Device::ServeData},
    {MessageType::kProcess, nullptr, &Device::ServeProcess},
    {MessageType::kOutput, nullptr, &Device::ServeOutput},
    {MessageType::kStats, nullptr, &Device::ServeStats},
}};

const Device::Row* Device::RowOf(MessageType type) {
  const auto row = std::ranges::find(kRows, type, &Row::type);
  return row == kRows.end() ? nullptr : &*row;
}

Device::Device(Board& board, base::MutableBytes heap, runtime::KernelMode kernel_mode,
               InputSource* source)
    : board_(board),
      log_(board),
      watch_(board, log_),
      store_(heap, watch_, kernel_mode),
      decoder_({.max_payload_bytes = static_cast<uint32_t>(store_.capacity_bytes())}),
      source_(source),
      reason_(LogLevel::kError) {
  log_.set_sink(this);
}

void Device::Start() {
  // Kenning's simulators and tests wait for these two lines.
  log_.Write(LogLine(LogLevel::kInfo).Text("Runtime started"));
  log_.Write(LogLine(LogLevel::kInfo).Text("Inference server started"));
}

DeviceState Device::state() const {
  if (!have_spec_) return DeviceState::kUninitialized;
  if (spec_waits_ || served_ == DeviceState::kUninitialized) return DeviceState::kStructLoaded;
  return served_;
}

bool Device::Poll() {
  const base::MutableBytes window = decoder_.Window();
  const Received received = board_.Receive(window);
  if (received.line_error) {
    Handle(decoder_.LineError());
  } else if (received.count > 0) {
    Handle(decoder_.Received(received.count));
  }
  if (received.count < window.size()) Handle(decoder_.LineQuiet());
  return received.count > 0;
}

void Device::Handle(Event event) {
  switch (event) {
    case Event::kNone:
      return;
    case Event::kFrameBegin:
      return FrameBegin();
    case Event::kFrameEnd:
      return FrameEnd();
    case Event::kRefused:
      return Refused();
  }
}

base::Status Device::CheckState(const wire::MessageInfo& info) const {
  return state() < info.needed_state ? base::Status::kModelInvalidState : base::Status::kOk;
}

// The first frame begins a message, whatever was being received; others must belong to it.
bool Device::BelongsToMessage() {
  const wire::Frame& frame = decoder_.frame();
  if (frame.first()) {
    if (message_ == MessageType::kModel) store_.Abandon();
    message_ = frame.type;
    message_bytes_ = 0;
    reason_ = LogLine(LogLevel::kError);
  }
  return message_ == frame.type;
}

void Device::FrameBegin() {
  const wire::Frame& frame = decoder_.frame();
  const Row* row = RowOf(frame.type);
  if (row == nullptr) return decoder_.Refuse(base::Status::kRuntimeInvalidMessageType);
  // Another part of the message that is being received was settled with the part before it.
  const bool goes_on = !frame.first() && message_ == frame.type && message_bytes_ != 0;
  if (!goes_on) {
    if (row->place == nullptr) return decoder_.Refuse(base::Status::kModelInvalidArgument);
    if (!BelongsToMessage()) return decoder_.Refuse(base::Status::kWireFrameWithoutBegin);
    const base::Status allowed = CheckState(wire::InfoOf(frame.type));
    if (allowed != base::Status::kOk) return decoder_.Refuse(allowed);
  }
  const base::Result<base::MutableBytes> place = (this->*row->place)(frame.payload_bytes);
  if (!place) return decoder_.Refuse(place.error());
  decoder_.Place(*place);
}

void Device::FrameEnd() {
  const wire::Frame& frame = decoder_.frame();
  // With payload all this was settled at its beginning.
  if (frame.payload_bytes == 0) {
    const wire::MessageInfo& info = wire::InfoOf(frame.type);
    if (info.service == wire::Service::kAnswer) {
      log_.Write(LogLine(LogLevel::kWarning).Text("unexpected message ").Text(info.name));
      return;
    }
    if (!BelongsToMessage()) {
      return Handle(decoder_.RefuseRest(base::Status::kWireFrameWithoutBegin));
    }
  }
  message_bytes_ += frame.payload_bytes;
  if (!frame.last()) return;
  message_ = MessageType::kUnknown;
  const Row* row = RowOf(frame.type);
  if (row == nullptr) return AnswerFailure(base::Status::kRuntimeInvalidMessageType);
  Serve(*row);
}

void Device::Serve(const Row& row) {
  base::Status status = CheckState(wire::InfoOf(row.type));
  if (status == base::Status::kOk) status = (this->*row.serve)();
  if (status != base::Status::kOk) AnswerFailure(status);
}

void Device::Refused() {
  const wire::Frame& frame = decoder_.frame();
  const base::Status status = decoder_.status();
  if (frame.type == message_) message_ = MessageType::kUnknown;
  if (frame.type == MessageType::kModel) ModelRefused();
  if (wire::InfoOf(frame.type).service == wire::Service::kAnswer) return;
  if (!decoder_.answerable()) {
    log_.Write(LogLine(LogLevel::kWarning).Text("Receive message timeout: no whole header"));
    return;
  }
  if (!IsLineFault(status)) return AnswerFailure(status);
  LogFailure(status);
  Send(wire::DenialOf(decoder_.generation(), frame), {});
}

// ---- answers ----

void Device::Send(const wire::Frame& frame, std::span<const base::Bytes> payload) {
  uint8_t payload_xor = 0;
  const Generation generation = decoder_.generation();
  if (generation != Generation::kLegacy && decoder_.checksums()) {
    for (base::Bytes piece : payload) payload_xor ^= wire::XorOf(piece);
  }
  board_.Send(wire::EncodeHeader(generation, frame, decoder_.checksums(), payload_xor).span());
  for (base::Bytes piece : payload) board_.Send(piece);
}

void Device::AnswerSuccess(std::span<const base::Bytes> payload) {
  size_t size_bytes = 0;
  for (base::Bytes piece : payload) size_bytes += piece.size();
  Send(wire::AnswerTo(decoder_.generation(), decoder_.frame(), true,
                      static_cast<uint32_t>(size_bytes)),
       payload);
}

void Device::AnswerFailure(base::Status status) {
  LogFailure(status);
  Send(wire::AnswerTo(decoder_.generation(), decoder_.frame(), false, 0), {});
}

void Device::LogFailure(base::Status status) {
  const wire::Frame& frame = decoder_.frame();
  LogLine line(LogLevel::kError);
  line.Text(wire::InfoOf(frame.type).name);
  if (frame.type == MessageType::kUnknown) {
    line.Text(" of unknown type ").Number(static_cast<uint32_t>(frame.number));
    if (const auto high = static_cast<uint32_t>(frame.number >> 32); high != 0) {
      line.Text(" + 2^32 * ").Number(high);
    }
  }
  line.Text(" refused in state '").Text(wire::DeviceStateName(state()));
  line.Text("': status ").Hex(static_cast<uint32_t>(status));
  if (!reason_.body().empty()) line.Text(", ").Text(reason_.body());
  log_.Write(line);
  reason_ = LogLine(LogLevel::kError);
}

void Device::OnLogLine(const LogLine& line) {
  if (!connected_ || line.level() > LogLevel::kWarning) return;
  if (decoder_.generation() == Generation::kLegacy) return;
  const std::array<uint8_t, 1> length = {static_cast<uint8_t>(line.view().size())};
  const base::Bytes text = {reinterpret_cast<const uint8_t*>(line.view().data()),
                            line.view().size()};
  const wire::Frame frame = {.type = MessageType::kLogs,
                             .flow = wire::Flow::kTransmission,
                             .flags = wire::flag::kHasPayload | wire::flag::kFirst |
                                      wire::flag::kLast | wire::flag::kIsZephyr,
                             .payload_bytes = static_cast<uint32_t>(length.size() + text.size())};
  Send(frame, std::array<base::Bytes, 2>{length, text});
}

// ---- where payload goes ----

base::Result<base::MutableBytes> Device::PlaceIoSpec(uint32_t size_bytes) {
  if (size_bytes > control_.size() - message_bytes_) {
    return std::unexpected(base::Status::kModelInvalidArgument);
  }
  return base::MutableBytes(control_).subspan(message_bytes_, size_bytes);
}

base::Result<base::MutableBytes> Device::PlaceModel(uint32_t size_bytes) {
  const wire::Frame& frame = decoder_.frame();
  if (frame.first()) {
    // A message of one frame has told its size.
    const base::Status begun = store_.BeginUpload(frame.last() ? size_bytes : 0);
    NoteEpoch();
    if (begun != base::Status::kOk) return std::unexpected(begun);
  } else if (message_bytes_ == 0) {
    // Behind an empty first frame, which nobody writes.
    return std::unexpected(base::Status::kProtocolDataInvalid);
  }
  base::Result<base::MutableBytes> place = store_.ReserveUpload(size_bytes);
  NoteEpoch();
  return place;
}

base::Result<base::MutableBytes> Device::PlaceData(uint32_t size_bytes) {
  // The sensor provides the inputs.
  if (source_ != nullptr) return std::unexpected(base::Status::kModelInvalidState);
  const wire::Frame& frame = decoder_.frame();
  const uint32_t left = plan_.data_bytes() - message_bytes_;
  if (size_bytes > left || (frame.last() && size_bytes != left)) {
    reason_.Text("the inputs have ").Number(plan_.data_bytes()).Text(" bytes, DATA has ");
    reason_.Number(message_bytes_ + size_bytes);  // the decoder refuses what is above its limit
    return std::unexpected(base::Status::kModelInvalidArgument);
  }
  if (!double_inputs_) served_ = DeviceState::kWeightsLoaded;
  return inputs_[input_in_use_ ^ 1].subspan(message_bytes_, size_bytes);
}

// ---- messages ----

base::Status Device::ServePing() {
  // Both flags at once: a client that found the last session open. It is always let in.
  const bool hello = (decoder_.frame().flags & wire::flag::kFail) == 0 ||
                     (decoder_.frame().flags & wire::flag::kSuccess) != 0;
  connected_ = hello;
  // A farewell is echoed.
  Send(wire::AnswerTo(decoder_.generation(), decoder_.frame(), hello, 0), {});
  return base::Status::kOk;
}

base::Status Device::ServeIoSpec() {
  wire::IoSpec spec;
  const base::Status decoded =
      wire::DecodeIoSpec(decoder_.generation(), base::Bytes(control_).first(message_bytes_), spec);
  if (decoded != base::Status::kOk) return decoded;
  spec_ = spec;
  have_spec_ = true;
  spec_waits_ = true;
  AnswerSuccess();
  return base::Status::kOk;
}

base::Status Device::ServeModel() {
  const base::Status status = LoadModel();
  if (status != base::Status::kOk) {
    ModelRefused();
    return status;
  }
  watch_.Announce("model.ready");
  AnswerSuccess();
  return base::Status::kOk;
}

base::Status Device::LoadModel() {
  const bool kept = message_bytes_ == 0;
  if (kept && !store_.has_model()) {
    reason_.Text("there is no loaded model to keep");
    return base::Status::kModelInvalidState;
  }
  CallPlan plan;
  const base::Status planned = kept ? plan.Make(store_.model(), spec_, reason_) : LoadUpload(plan);
  if (planned != base::Status::kOk) return planned;
  if (const base::Status fits = CheckSource(plan); fits != base::Status::kOk) return fits;
  if (!kept) {
    store_.Commit();
    NoteEpoch();
  }
  return PutInService(plan);
}

// What was received, the plan of its calls, and room for their inputs.
base::Status Device::LoadUpload(CallPlan& plan) {
  watch_.Announce("model.received", message_bytes_);
  base::Status loaded = store_.LoadUpload();
  while (true) {
    NoteEpoch();
    if (loaded != base::Status::kOk) {
      const std::string_view why = store_.candidate().failure().text();
      reason_.Text(why.empty() ? "no room for the inputs" : why);
      return loaded;
    }
    const base::Status planned = plan.Make(store_.candidate(), spec_, reason_);
    if (planned != base::Status::kOk) return planned;
    if (AlignUp(plan.buffer_bytes()) <= store_.candidate_free_bytes()) return base::Status::kOk;
    loaded = store_.LoadUploadAlone();
  }
}

base::Status Device::CheckSource(const CallPlan& plan) {
  return source_ == nullptr || source_->Fits(plan.data_bytes())
             ? base::Status::kOk
             : base::Status::kInputReaderInvalidArgument;
}

base::Status Device::PutInService(const CallPlan& plan) {
  const size_t set_bytes = AlignUp(plan.buffer_bytes());
  base::Result<base::MutableBytes> memory = store_.TakeInputs(2 * set_bytes);
  const bool room_for_two = memory.has_value();
  if (!memory) memory = store_.TakeInputs(set_bytes);
  if (!memory) return memory.error();
  double_inputs_ = room_for_two;
  inputs_ = {memory->first(set_bytes), memory->last(set_bytes)};
  plan_ = plan;
  input_in_use_ = 0;
  results_ = {};
  spec_waits_ = false;
  served_ = DeviceState::kWeightsLoaded;
  if (source_ != nullptr) {
    source_->Begin(plan.data_bytes());
    served_ = DeviceState::kInputLoaded;  // PROCESS brings them
  }
  return base::Status::kOk;
}

// What was received is dropped, and the model before it goes on.
void Device::ModelRefused() {
  store_.Abandon();
  NoteEpoch();
  // It may have been started afresh to make room for nothing.
  if (served_ == DeviceState::kUninitialized && store_.has_model()) (void)PutInService(plan_);
  if (served_ != DeviceState::kUninitialized) spec_waits_ = false;
}

// The store may have had to unload the model in service, or to load it afresh.
void Device::NoteEpoch() {
  if (epoch_ == store_.epoch()) return;
  epoch_ = store_.epoch();
  results_ = {};
  served_ = DeviceState::kUninitialized;
}

base::Status Device::ServeData() {
  if (message_bytes_ != plan_.data_bytes()) {
    reason_.Text("the inputs have ").Number(plan_.data_bytes()).Text(" bytes, DATA has ");
    reason_.Number(message_bytes_);
    return base::Status::kModelInvalidArgument;
  }
  input_in_use_ ^= 1;
  plan_.Align(inputs_[input_in_use_]);
  served_ = DeviceState::kInputLoaded;
  AnswerSuccess();
  return base::Status::kOk;
}

base::Status Device::ServeProcess() {
  if (source_ != nullptr) {
    const base::Result<bool> filled = source_->Take(inputs_[input_in_use_], true);
    if (!filled) return filled.error();
    plan_.Align(inputs_[input_in_use_]);
  }
  const base::Status status = Infer();
  if (status == base::Status::kOk) AnswerSuccess();
  return status;
}

void Device::FollowSource() {
  // While a message is being received the model may be on its way out.
  if (state() < DeviceState::kInputLoaded || message_ != MessageType::kUnknown) return;
  reason_ = LogLine(LogLevel::kError);
  const base::Result<bool> filled = source_->Take(inputs_[input_in_use_], false);
  if (filled && !*filled) return;
  base::Status status = filled ? base::Status::kOk : filled.error();
  if (filled) {
    plan_.Align(inputs_[input_in_use_]);
    status = Infer();
  }
  if (status == source_status_) return;
  source_status_ = status;
  if (status == base::Status::kOk) {
    log_.Write(LogLine(LogLevel::kInfo).Text("the sensor's samples are served again"));
    return;
  }
  LogLine line(LogLevel::kError);
  line.Text("no inference on the sensor's samples: status ").Hex(static_cast<uint32_t>(status));
  if (!reason_.body().empty()) line.Text(", ").Text(reason_.body());
  log_.Write(line);
}

base::Status Device::Infer() {
  struct Call {
    runtime::Runtime& model;
    runtime::Function function;
    std::span<const runtime::Value> arguments;
    base::Result<std::span<const runtime::Value>> results;
  } call = {store_.model(), plan_.function(), plan_.Bind(inputs_[input_in_use_]),
            std::unexpected(base::Status::kFirmwareTrap)};
  served_ = DeviceState::kInputLoaded;
  results_ = {};
  const uint64_t start_ns = board_.TimeNs();
  const uint64_t start_instructions = board_.InstructionCount();
  watch_.Announce("inference.begin");
  const bool returned = watch_.RunGuarded(
      "the model's program",
      [](void* argument) {
        auto& c = *static_cast<Call*>(argument);
        c.results = c.model.Invoke(c.function, c.arguments);
      },
      &call);
  watch_.Announce("inference.end");
  inference_instructions_ = board_.InstructionCount() - start_instructions;
  inference_ns_ = board_.TimeNs() - start_ns;
  if (!returned) {
    store_.Forget();
    NoteEpoch();
    return base::Status::kFirmwareTrap;
  }
  if (!call.results) {
    reason_.Text(call.model.failure().text());
    return call.results.error();
  }
  inference_measured_ = true;
  results_ = *call.results;
  served_ = DeviceState::kInferenceDone;
  return base::Status::kOk;
}

base::Status Device::ServeOutput() {
  std::array<base::Bytes, runtime::kMaxValues> pieces;
  for (size_t i = 0; i < results_.size(); ++i) pieces[i] = BytesOf(results_[i]);
  AnswerSuccess(std::span(pieces).first(results_.size()));
  return base::Status::kOk;
}

base::Status Device::ServeStats() {
  const runtime::Statistics of_runtime = store_.model().statistics();
  const std::array<uint32_t, 6> values = {
      of_runtime.host_bytes_peak,        of_runtime.host_bytes_allocated,
      of_runtime.host_bytes_freed,       of_runtime.device_bytes_peak,
      of_runtime.device_bytes_allocated, of_runtime.device_bytes_freed};
  if (decoder_.generation() == Generation::kLegacy) {
    std::array<uint8_t, wire::kAllocationStatisticsBytes> payload;
    wire::EncodeAllocationStatistics(values, payload);
    AnswerSuccess(std::array{base::Bytes(payload)});
    return base::Status::kOk;
  }
  constexpr size_t kMaxRecords = values.size() + 2;
  std::array<uint8_t, kMaxRecords * wire::StatisticRecordBytes(Generation::kHeader12)> payload;
  size_t size = 0;
  const auto add = [&](const char* name, wire::StatisticKind kind, uint64_t value) {
    size += wire::EncodeStatistic(decoder_.generation(), {name, kind, value},
                                  base::MutableBytes(payload).subspan(size));
  };
  if (inference_measured_) {
    add("target_inference_step", wire::StatisticKind::kInferenceTimeNs, inference_ns_);
    add("inference_instructions", wire::StatisticKind::kDefault, inference_instructions_);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    add(wire::kAllocationNames[i], wire::StatisticKind::kAllocation, values[i]);
  }
  AnswerSuccess(std::array{base::Bytes(payload).first(size)});
  return base::Status::kOk;
}

}  // namespace firmware
