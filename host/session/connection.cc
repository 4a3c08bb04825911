// SPDX-License-Identifier: Apache-2.0

#include "host/session/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/try.h"
#include "host/terminal/progress.h"

namespace host {
namespace {

constexpr size_t kAnswerBytes = size_t{16} << 20;
constexpr size_t kSendChunkBytes = 16 << 10;
constexpr size_t kReceiveChunkBytes = 16 << 10;
// Kenning sends a request that did not arrive whole twice (contract, 5.2.2).
constexpr int kSendAttempts = 4;
constexpr int kUnansweredAttempts = 2;  // each of them waits for the whole limit
constexpr double kPingLimitSeconds = 1;
// A device sends an answer without gaps: silence inside one means that a part of it was lost. A
// device that is given more time for answers is given more for this as well.
constexpr double kAnswerGapSeconds = 1;
constexpr double kAnswerGapShare = kAnswerGapSeconds / kDefaultAnswerLimitSeconds;
// Longer than the silence after which a device gives up what it was receiving (0.2 s).
constexpr double kSettledSeconds = 0.25;

}  // namespace

Connection::Connection(Device& device, const ConnectionOptions& options, Log& log)
    : device_(device),
      options_(options),
      log_(log),
      answer_buffer_(std::make_unique_for_overwrite<uint8_t[]>(kAnswerBytes)),
      client_({.generation = options.generation}, {answer_buffer_.get(), kAnswerBytes}, this) {}

Result<> Connection::Open() {
  if (options_.generation == wire::Generation::kLegacy) return {};
  return SendPing(Ping::kConnect);
}

Result<> Connection::Close() {
  if (options_.generation == wire::Generation::kLegacy) return {};
  return SendPing(Ping::kDisconnect);
}

Result<> Connection::SendPing(Ping ping) {
  // A farewell is not worth a long wait.
  const double limit_s = ping == Ping::kConnect
                             ? options_.connect_limit_s
                             : std::min(options_.connect_limit_s, kDefaultConnectLimitSeconds);
  const double answer_limit_s =
      std::exchange(options_.answer_limit_s, std::min(limit_s, kPingLimitSeconds));
  Result<> answered = {};
  for (double left_s = limit_s; left_s > 0; left_s -= kPingLimitSeconds) {
    const base::Status status =
        ping == Ping::kConnect ? client_.StartConnect() : client_.StartDisconnect();
    if (status != base::Status::kOk) {
      answered = Failure(std::string(base::StatusText(status)));
      break;
    }
    answered = Send(false, 0);
    if (answered) answered = AwaitAnswer();
    if (!answered) break;
    if (client_.state() == wire::ClientState::kAnswered && !client_.answer().denied) break;
    answered = Failure(WhatIsWrongWithTheAnswer());
    TRY(Settle());
  }
  options_.answer_limit_s = answer_limit_s;
  TRY(answered);
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
  // To whole nanoseconds: the same duration is the same number at any time of the clock.
  constexpr double kNanosecondsPerSecond = 1e9;
  return std::round((device_.ClockSeconds() - sent_at_s_) * kNanosecondsPerSecond) /
         kNanosecondsPerSecond;
}

Result<base::Bytes> Connection::ReceiveOutput() {
  const wire::Answer answer = TRY(Request(wire::MessageType::kOutput, {}));
  return answer.payload;
}

Result<std::vector<AllocationStatistic>> Connection::ReceiveStatistics() {
  const wire::Answer answer = TRY(Request(wire::MessageType::kStats, {}));
  const auto list = wire::DecodeStatistics(options_.generation, answer.payload);
  if (!list) {
    return Failure(fmt::format("the statistics ({} bytes) are malformed: {}", answer.payload.size(),
                               base::StatusText(list.error())));
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
  int unanswered = 0;
  for (int attempt = 1;; ++attempt) {
    if (const base::Status status = client_.Start(type, payload); status != base::Status::kOk) {
      return Failure(fmt::format("cannot be sent: {}", base::StatusText(status)));
    }
    TRY(Send(show_progress, payload.size()));
    TRY(AwaitAnswer());
    const bool answered = client_.state() == wire::ClientState::kAnswered;
    device_answers_ = device_answers_ || answered;
    if (answered && client_.answer().success) return client_.answer();
    if (answered && !client_.answer().denied) return Failure("the device answered that it failed");
    if (!answered && waited_in_vain_) ++unanswered;
    // A device that never said anything is not there; one more wait would not help.
    const int patience = device_answers_ ? kUnansweredAttempts : 1;
    if (attempt == kSendAttempts || unanswered == patience ||
        (!answered && type == wire::MessageType::kProcess)) {
      return Failure(WhatIsWrongWithTheAnswer());
    }
    log_.Warning(
        fmt::format("{} is sent again: {}", wire::InfoOf(type).name, WhatIsWrongWithTheAnswer()));
    TRY(Settle());
  }
}

double Connection::AnswerGapSeconds() const {
  return std::max(kAnswerGapSeconds, options_.answer_limit_s * kAnswerGapShare);
}

std::string Connection::WhatIsWrongWithTheAnswer() const {
  if (client_.state() == wire::ClientState::kAnswered) {
    return "the device answered that the request did not arrive whole";
  }
  if (client_.failure() != base::Status::kTimeout) {
    return fmt::format("the answer is broken: {}", base::StatusText(client_.failure()));
  }
  return fmt::format("no whole answer within {:.3g} s of {}", waited_s_,
                     device_.clock_is_virtual() ? "virtual time" : "waiting");
}

Result<> Connection::Settle() {
  std::array<uint8_t, kReceiveChunkBytes> chunk;
  const double deadline = device_.ClockSeconds() + options_.answer_limit_s;
  while (TRY(device_.Read(chunk, kSettledSeconds)) != 0 && device_.ClockSeconds() < deadline) {
  }
  return {};
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
  const double start = device_.ClockSeconds();
  waited_in_vain_ = false;
  std::array<uint8_t, kReceiveChunkBytes> chunk;
  while (client_.state() == wire::ClientState::kWaiting) {
    double left = start + options_.answer_limit_s - device_.ClockSeconds();
    if (client_.answer_begun()) left = std::min(left, AnswerGapSeconds());
    auto size = left > 0 ? device_.Read(chunk, left) : Result<size_t>(0);
    if (!size) {
      client_.GiveUp();
      auto failure = Failure("no answer");
      failure.error().causes.insert(failure.error().causes.begin(), std::move(size).error());
      return failure;
    }
    if (*size == 0) {
      waited_s_ = device_.ClockSeconds() - start;
      waited_in_vain_ = !client_.answer_begun();
      client_.GiveUp();
      break;
    }
    const size_t left_over = *size - client_.Consume(base::Bytes(chunk).first(*size));
    if (left_over == 0) continue;
    log_.Warning(fmt::format("{} bytes after the answer to {} were dropped", left_over,
                             wire::InfoOf(client_.request()).name));
    // A doubled byte in a payload pushes its last one out, and a sum of bytes need not notice.
    const bool stray = options_.generation == wire::Generation::kLegacy ||
                       left_over < wire::HeaderBytes(options_.generation);
    if (stray && !client_.answer().payload.empty()) client_.Distrust();
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
