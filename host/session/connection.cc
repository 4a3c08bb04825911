#include "host/session/connection.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/try.h"
#include "host/terminal/progress.h"

namespace host {
namespace {

constexpr size_t kAnswerBytes = size_t{16} << 20;
constexpr size_t kSendChunkBytes = 16 << 10;
constexpr size_t kReceiveChunkBytes = 16 << 10;
// A request that the device says did not arrive whole is sent this often (contract, 5.2.2).
constexpr int kSendAttempts = 2;
constexpr int kPingAttempts = 6;
constexpr double kPingLimitSeconds = 1;

}  // namespace

Connection::Connection(Device& device, const ConnectionOptions& options, Log& log)
    : device_(device),
      options_(options),
      log_(log),
      answer_buffer_(std::make_unique_for_overwrite<uint8_t[]>(kAnswerBytes)),
      client_({.generation = options.generation}, {answer_buffer_.get(), kAnswerBytes}, this) {}

Result<> Connection::Open() {
  if (options_.generation == wire::Generation::kLegacy) return {};
  const double answer_limit_s = std::exchange(options_.answer_limit_s, kPingLimitSeconds);
  Result<> answered = SendPing(Ping::kConnect);
  for (int attempt = 1; attempt < kPingAttempts && !answered; ++attempt) {
    answered = SendPing(Ping::kConnect);
  }
  options_.answer_limit_s = answer_limit_s;
  return answered;
}

Result<> Connection::Close() {
  if (options_.generation == wire::Generation::kLegacy) return {};
  return SendPing(Ping::kDisconnect);
}

Result<> Connection::SendPing(Ping ping) {
  const base::Status status =
      ping == Ping::kConnect ? client_.StartConnect() : client_.StartDisconnect();
  if (status != base::Status::kOk) return Failure(std::string(base::StatusText(status)));
  TRY(Send(false, 0));
  TRY(AwaitAnswer());
  if (ping == Ping::kConnect && !client_.answer().success) {
    return Failure("the device refused the connection: another client is connected");
  }
  return {};
}

Result<> Connection::SendIoSpec(const wire::IoSpec& spec) {
  std::array<uint8_t, wire::kMaxIoSpecBytes> bytes{};
  const auto size = wire::EncodeIoSpec(options_.generation, spec, bytes);
  if (!size)
    return StatusError(ErrorKind::kInput, size.error(), "the I/O specification", "IO_SPEC");
  TRY(Request(wire::MessageType::kIoSpec, base::Bytes(bytes).first(*size)));
  return {};
}

Result<> Connection::SendModel(base::Bytes module) {
  TRY(Request(wire::MessageType::kModel, module, !module.empty()));
  return {};
}

Result<> Connection::SendData(base::Bytes inputs) {
  TRY(Request(wire::MessageType::kData, inputs));
  return {};
}

Result<double> Connection::Process() {
  TRY(Request(wire::MessageType::kProcess, {}));
  return device_.ClockSeconds() - sent_at_s_;
}

Result<base::Bytes> Connection::ReceiveOutput() {
  const wire::Answer answer = TRY(Request(wire::MessageType::kOutput, {}));
  return answer.payload;
}

Result<std::vector<AllocationStatistic>> Connection::ReceiveStatistics() {
  const wire::Answer answer = TRY(Request(wire::MessageType::kStats, {}));
  const auto list = wire::DecodeStatistics(options_.generation, answer.payload);
  if (!list) {
    return Failure(fmt::format("the statistics are malformed: {}", base::StatusText(list.error())));
  }
  std::vector<AllocationStatistic> statistics;
  for (const wire::Statistic& item : list->span()) {
    // Legacy records have no kind; all of them are bytes.
    if (item.kind != wire::StatisticKind::kAllocation &&
        options_.generation != wire::Generation::kLegacy) {
      continue;
    }
    statistics.push_back({PrintableText(item.name), item.value});
  }
  return statistics;
}

Result<wire::Answer> Connection::Request(wire::MessageType type, base::Bytes payload,
                                         bool show_progress) {
  for (int attempt = 1;; ++attempt) {
    if (const base::Status status = client_.Start(type, payload); status != base::Status::kOk) {
      return Failure(fmt::format("cannot be sent: {}", base::StatusText(status)));
    }
    TRY(Send(show_progress, payload.size()));
    TRY(AwaitAnswer());
    const wire::Answer& answer = client_.answer();
    if (answer.success) return answer;
    if (!answer.denied || attempt == kSendAttempts) break;
    log_.Warning(fmt::format("{} did not arrive whole and is sent again", wire::InfoOf(type).name));
  }
  return Failure("the device answered that it failed");
}

Result<> Connection::Send(bool show_progress, size_t payload_bytes) {
  // On the newer wires unread bytes may be log messages, and the answer is told from them by type.
  if (options_.generation == wire::Generation::kLegacy) device_.DropUnread();
  // Complaints from before belong to another request.
  for (const std::string& earlier : device_.TakeComplaints()) log_.Debug(earlier);
  std::optional<Progress> progress;
  if (show_progress) {
    progress.emplace(log_, "Uploading the model", payload_bytes, Progress::Unit::kBytes);
  }
  std::array<uint8_t, kSendChunkBytes> chunk;
  size_t payload_sent = 0;
  while (const size_t size = client_.Produce(chunk)) {
    TRY(device_.Write(base::Bytes(chunk).first(size)));
    if (progress) progress->Advance(client_.payload_produced() - payload_sent);
    payload_sent = client_.payload_produced();
  }
  sent_at_s_ = device_.ClockSeconds();
  if (progress) progress->Finish();
  return {};
}

Result<> Connection::AwaitAnswer() {
  const double deadline = device_.ClockSeconds() + options_.answer_limit_s;
  std::array<uint8_t, kReceiveChunkBytes> chunk;
  while (client_.state() == wire::ClientState::kWaiting) {
    const double left = deadline - device_.ClockSeconds();
    auto size = left > 0 ? device_.Read(chunk, left) : Result<size_t>(0);
    if (!size) {
      client_.GiveUp();
      auto failure = Failure("no answer");
      failure.error().causes.insert(failure.error().causes.begin(), std::move(size).error());
      return failure;
    }
    if (*size == 0) {
      client_.GiveUp();
      return Failure(fmt::format("no whole answer within {:g} s of {}", options_.answer_limit_s,
                                 device_.clock_is_virtual() ? "virtual time" : "waiting"));
    }
    const size_t used = client_.Consume(base::Bytes(chunk).first(*size));
    if (used < *size) {
      log_.Warning(fmt::format("{} bytes after the answer to {} were dropped", *size - used,
                               wire::InfoOf(client_.request()).name));
    }
  }
  if (client_.state() == wire::ClientState::kFailed) {
    return Failure(fmt::format("the answer is broken: {}", base::StatusText(client_.failure())));
  }
  return {};
}

std::unexpected<Error> Connection::Failure(std::string sentence) {
  Error error{ErrorKind::kRun,
              std::move(sentence),
              fmt::format("{}, {}", device_.name(), wire::InfoOf(client_.request()).name),
              {}};
  for (std::string& complaint : device_.TakeComplaints()) {
    error.causes.push_back(
        {ErrorKind::kRun, "the device says: " + PrintableText(complaint), {}, {}});
  }
  return std::unexpected(std::move(error));
}

void Connection::OnDeviceLog(std::string_view line) { log_.Write(LogLevel::kDevice, line); }

}  // namespace host
