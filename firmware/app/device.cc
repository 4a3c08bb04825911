// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/device.h"

#include <utility>

namespace firmware {
namespace {

using std::string_view_literals::operator""sv;
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

// Inputs come from the host. In an image without a sensor this is the only source there is, and the
// compiler leaves nothing of it.
class NoSource final : public InputSource {
 public:
  [[nodiscard]] bool present() const override { return false; }
  [[nodiscard]] bool Fits(uint32_t /*size_bytes*/) const override { return true; }
  void Begin(uint32_t /*size_bytes*/) override {}
  [[nodiscard]] base::Result<bool> Take(base::MutableBytes /*inputs*/, bool /*wait*/) override {
    return false;
  }
};
constinit NoSource no_source;

}  // namespace

Device::Device(Board& board, base::MutableBytes heap, runtime::KernelMode kernel_mode,
               InputSource* source)
    : board_(board),
      source_(source != nullptr ? *source : no_source),
      log_(board),
      watch_(board, log_),
      store_(heap, watch_, kernel_mode),
      decoder_({.max_payload_bytes = static_cast<uint32_t>(store_.capacity_bytes())}),
      reason_(LogLevel::kError) {
  log_.set_sink(this);
}

void Device::Start() {
  // Kenning's simulators and tests wait for these two lines.
  log_.Write(LogLine(LogLevel::kInfo).Text("Runtime started"));
  log_.Write(LogLine(LogLevel::kInfo).Text("Inference server started"));
}

DeviceState Device::state() const {
  if (!spec_waits_ && served() != DeviceState::kUninitialized) return served();
  return have_spec_ ? DeviceState::kStructLoaded : DeviceState::kUninitialized;
}

// The store may have had to unload the model in service, or to load it afresh.
DeviceState Device::served() const {
  return epoch_ == store_.epoch() ? served_ : DeviceState::kUninitialized;
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

// The first frame begins a message, whatever was being received; others must belong to it.
bool Device::BelongsToMessage() {
  const wire::Frame& frame = decoder_.frame();
  if (frame.first()) {
    if (message_ == MessageType::kModel) store_.Abandon();
    message_ = frame.type;
    message_bytes_ = 0;
    reason_.Clear();
  }
  return message_ == frame.type;
}

void Device::FrameBegin() {
  const base::Status status = Place();
  if (status != base::Status::kOk) decoder_.Refuse(status);
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
  const base::Status status = Serve(frame.type);
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

void Device::Answer(bool success, std::span<const base::Bytes> payload) {
  size_t size_bytes = 0;
  for (base::Bytes piece : payload) size_bytes += piece.size();
  Send(wire::AnswerTo(decoder_.generation(), decoder_.frame(), success,
                      static_cast<uint32_t>(size_bytes)),
       payload);
}

void Device::AnswerFailure(base::Status status) {
  LogFailure(status);
  Answer(false);
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
  LogWithReason(line);
}

void Device::LogWithReason(LogLine& line) {
  if (!reason_.body().empty()) line.Text(", ").Text(reason_.body());
  log_.Write(line);
  reason_.Clear();
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

base::Status Device::Place() {
  const wire::Frame& frame = decoder_.frame();
  const wire::MessageInfo& info = wire::InfoOf(frame.type);
  if (info.service != wire::Service::kRequest) return base::Status::kRuntimeInvalidMessageType;
  // Another part of the message that is being received was settled with the part before it.
  const bool goes_on = !frame.first() && message_ == frame.type && message_bytes_ != 0;
  if (!goes_on) {
    if (!info.has_payload) return base::Status::kModelInvalidArgument;
    if (!BelongsToMessage()) return base::Status::kWireFrameWithoutBegin;
    if (state() < info.needed_state) return base::Status::kModelInvalidState;
  }
  switch (frame.type) {
    case MessageType::kIoSpec:
      return PlaceIoSpec();
    case MessageType::kModel:
      return PlaceModel();
    default:
      return PlaceData();
  }
}

base::Status Device::PlaceIoSpec() {
  const uint32_t size_bytes = decoder_.frame().payload_bytes;
  if (size_bytes > control_.size() - message_bytes_) return base::Status::kModelInvalidArgument;
  decoder_.Place(base::MutableBytes(control_).subspan(message_bytes_).first(size_bytes));
  return base::Status::kOk;
}

base::Status Device::PlaceModel() {
  const wire::Frame& frame = decoder_.frame();
  if (frame.first()) {
    store_.BeginUpload();
  } else if (message_bytes_ == 0) {
    // Behind an empty first frame, which nobody writes.
    return base::Status::kProtocolDataInvalid;
  }
  base::MutableBytes room;
  const base::Status reserved = store_.ReserveUpload(frame.payload_bytes, room);
  if (reserved == base::Status::kOk) decoder_.Place(room);
  return reserved;
}

base::Status Device::PlaceData() {
  // The sensor provides the inputs.
  if (source_.present()) return base::Status::kModelInvalidState;
  const wire::Frame& frame = decoder_.frame();
  const uint32_t size_bytes = frame.payload_bytes;
  const uint32_t left = plan_.data_bytes() - message_bytes_;
  if (size_bytes > left || (frame.last() && size_bytes != left)) {
    // The sum fits: the decoder refuses what is above its limit.
    return WrongDataSize(message_bytes_ + size_bytes);
  }
  if (inputs_[0].data() == inputs_[1].data()) served_ = DeviceState::kWeightsLoaded;
  decoder_.Place(inputs_[1].subspan(message_bytes_).first(size_bytes));
  return base::Status::kOk;
}

base::Status Device::WrongDataSize(uint32_t size_bytes) {
  reason_.Text("the inputs have ").Number(plan_.data_bytes()).Text(" bytes, DATA has ");
  reason_.Number(size_bytes);
  return base::Status::kModelInvalidArgument;
}

// ---- messages ----

base::Status Device::Serve(MessageType type) {
  if (state() < wire::InfoOf(type).needed_state) return base::Status::kModelInvalidState;
  switch (type) {
    case MessageType::kPing:
      return ServePing();
    case MessageType::kIoSpec:
      return ServeIoSpec();
    case MessageType::kModel:
      return ServeModel();
    case MessageType::kData:
      return ServeData();
    case MessageType::kProcess:
      return ServeProcess();
    case MessageType::kOutput:
      return ServeOutput();
    case MessageType::kStats:
      return ServeStats();
    default:
      return base::Status::kRuntimeInvalidMessageType;
  }
}

base::Status Device::ServePing() {
  // Both flags at once: a client that found the last session open. It is always let in.
  connected_ = (decoder_.frame().flags & wire::flag::kFail) == 0 ||
               (decoder_.frame().flags & wire::flag::kSuccess) != 0;
  // A farewell is echoed.
  Answer(connected_);
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
  Answer(true);
  return base::Status::kOk;
}

base::Status Device::ServeModel() {
  const base::Status status = LoadModel();
  if (status != base::Status::kOk) {
    ModelRefused();
    return status;
  }
  watch_.Announce("model.ready");
  Answer(true);
  return base::Status::kOk;
}

base::Status Device::LoadModel() {
  CallPlan plan;
  if (message_bytes_ != 0) {
    const base::Status loaded = LoadUpload(plan);
    if (loaded != base::Status::kOk) return loaded;
    store_.Commit();
  } else {
    if (!store_.has_model()) {
      reason_.Text("there is no loaded model to keep");
      return base::Status::kModelInvalidState;
    }
    const base::Status planned = Plan(store_.model(), plan);
    if (planned != base::Status::kOk) return planned;
  }
  return PutInService(plan);
}

// What was received, the plan of its calls, and room for their inputs.
base::Status Device::LoadUpload(CallPlan& plan) {
  watch_.Announce("model.received", message_bytes_);
  base::Status status = store_.LoadUpload();
  while (true) {
    if (status != base::Status::kOk) {
      const std::string_view why = store_.candidate().failure().text();
      reason_.Text(why.empty() ? "no room for the inputs"sv : why);
      return status;
    }
    status = Plan(store_.candidate(), plan);
    if (status != base::Status::kOk) return status;
    if (plan.buffer_bytes() <= store_.candidate_free_bytes()) return base::Status::kOk;
    status = store_.LoadUploadAlone();
  }
}

base::Status Device::Plan(const runtime::Runtime& model, CallPlan& plan) {
  const base::Status planned = plan.Make(model, spec_, reason_);
  if (planned != base::Status::kOk || source_.Fits(plan.data_bytes())) return planned;
  return base::Status::kInputReaderInvalidArgument;
}

base::Status Device::PutInService(const CallPlan& plan) {
  const base::Status taken = store_.TakeInputs(plan.buffer_bytes(), inputs_);
  if (taken != base::Status::kOk) return taken;
  plan_ = plan;
  spec_waits_ = false;
  epoch_ = store_.epoch();
  served_ = DeviceState::kWeightsLoaded;
  if (source_.present()) {
    source_.Begin(plan.data_bytes());
    served_ = DeviceState::kInputLoaded;  // PROCESS brings them
  }
  return base::Status::kOk;
}

// What was received is dropped, and the model before it goes on.
void Device::ModelRefused() {
  store_.Abandon();
  // It may have been started afresh to make room for nothing.
  if (served() == DeviceState::kUninitialized && store_.has_model()) (void)PutInService(plan_);
  if (served() != DeviceState::kUninitialized) spec_waits_ = false;
}

base::Status Device::ServeData() {
  if (message_bytes_ != plan_.data_bytes()) return WrongDataSize(message_bytes_);
  std::swap(inputs_[0], inputs_[1]);
  plan_.Align(inputs_[0]);
  served_ = DeviceState::kInputLoaded;
  Answer(true);
  return base::Status::kOk;
}

base::Status Device::ServeProcess() {
  if (source_.present()) {
    const base::Result<bool> filled = source_.Take(inputs_[0], true);
    if (!filled) return filled.error();
    plan_.Align(inputs_[0]);
  }
  const base::Status status = Infer();
  if (status == base::Status::kOk) Answer(true);
  return status;
}

void Device::FollowSource() {
  // While a message is being received the model may be on its way out.
  if (state() < DeviceState::kInputLoaded || message_ != MessageType::kUnknown) return;
  reason_.Clear();
  const base::Result<bool> filled = source_.Take(inputs_[0], false);
  if (filled && !*filled) return;
  base::Status status = filled ? base::Status::kOk : filled.error();
  if (filled) {
    plan_.Align(inputs_[0]);
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
  LogWithReason(line);
}

base::Status Device::Infer() {
  struct Call {
    runtime::Runtime& model;
    runtime::Function function;
    std::span<const runtime::Value> arguments;
    base::Status status;
  } call = {store_.model(), plan_.function(), plan_.Bind(inputs_[0]), base::Status::kFirmwareTrap};
  served_ = DeviceState::kInputLoaded;
  const uint64_t start_ns = board_.TimeNs();
  const uint64_t start_instructions = board_.InstructionCount();
  watch_.Announce("inference.begin");
  const bool returned = watch_.RunGuarded(
      "the model's program",
      [](void* argument) {
        auto& c = *static_cast<Call*>(argument);
        c.status = c.model.Invoke(c.function, c.arguments);
      },
      &call);
  watch_.Announce("inference.end");
  inference_instructions_ = board_.InstructionCount() - start_instructions;
  inference_ns_ = board_.TimeNs() - start_ns;
  if (!returned) {
    store_.Forget();
    return base::Status::kFirmwareTrap;
  }
  if (call.status != base::Status::kOk) {
    reason_.Text(call.model.failure().text());
    return call.status;
  }
  inference_measured_ = true;
  served_ = DeviceState::kInferenceDone;
  return base::Status::kOk;
}

base::Status Device::ServeOutput() {
  const std::span<const runtime::Value> results = store_.model().results();
  std::array<base::Bytes, runtime::kMaxValues> pieces;
  for (size_t i = 0; i < results.size(); ++i) pieces[i] = BytesOf(results[i]);
  Answer(true, std::span(pieces).first(results.size()));
  return base::Status::kOk;
}

base::Status Device::ServeStats() {
  const runtime::Statistics of_runtime = store_.model().statistics();
  const std::array<uint32_t, 6> values = {
      of_runtime.host_bytes_peak,        of_runtime.host_bytes_allocated,
      of_runtime.host_bytes_freed,       of_runtime.device_bytes_peak,
      of_runtime.device_bytes_allocated, of_runtime.device_bytes_freed};
  if (decoder_.generation() == Generation::kLegacy) {
    alignas(uint32_t) std::array<uint8_t, wire::kAllocationStatisticsBytes> payload;
    wire::EncodeAllocationStatistics(values, payload);
    Answer(true, std::array{base::Bytes(payload)});
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
  Answer(true, std::array{base::Bytes(payload).first(size)});
  return base::Status::kOk;
}

}  // namespace firmware
