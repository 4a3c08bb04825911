// SPDX-License-Identifier: Apache-2.0

#include "wire/message.h"

namespace wire {
namespace {

using enum DeviceState;
constexpr int8_t kNone = MessageInfo::kNone;

constexpr auto kMessages = std::to_array<MessageInfo>({
    // type, name, {legacy, 8-byte header, 12-byte header}, service, needed state, has payload
    {MessageType::kOk, "OK", {0, kNone, kNone}, Service::kAnswer, kUninitialized, true},
    {MessageType::kError, "ERROR", {1, kNone, kNone}, Service::kAnswer, kUninitialized, true},
    {MessageType::kPing, "PING", {kNone, 0, 0}, Service::kRequest, kUninitialized, false},
    {MessageType::kStatus, "STATUS", {kNone, 1, 1}, Service::kRefused, kUninitialized, true},
    {MessageType::kData, "DATA", {2, 2, 2}, Service::kRequest, kWeightsLoaded, true},
    {MessageType::kModel, "MODEL", {3, 3, 3}, Service::kRequest, kStructLoaded, true},
    {MessageType::kProcess, "PROCESS", {4, 4, 4}, Service::kRequest, kInputLoaded, false},
    {MessageType::kOutput, "OUTPUT", {5, 5, 5}, Service::kRequest, kInferenceDone, false},
    {MessageType::kStats, "STATS", {6, 6, 6}, Service::kRequest, kWeightsLoaded, false},
    {MessageType::kIoSpec, "IO_SPEC", {7, 7, 7}, Service::kRequest, kUninitialized, true},
    {MessageType::kTraceData,
     "TRACE_DATA",
     {kNone, kNone, 8},
     Service::kRefused,
     kUninitialized,
     true},
    {MessageType::kOptimizers, "OPTIMIZERS", {8, 8, 9}, Service::kRefused, kUninitialized, true},
    {MessageType::kOptimizeModel,
     "OPTIMIZE_MODEL",
     {9, 9, 10},
     Service::kRefused,
     kUninitialized,
     true},
    {MessageType::kRuntime, "RUNTIME", {10, 10, 11}, Service::kRefused, kUninitialized, true},
    {MessageType::kUnoptimizedModel,
     "UNOPTIMIZED_MODEL",
     {kNone, 11, 12},
     Service::kRefused,
     kUninitialized,
     true},
    {MessageType::kLogs, "LOGS", {kNone, 12, 13}, Service::kAnswer, kUninitialized, true},
});

constexpr MessageInfo kUnknownMessage = {MessageType::kUnknown, "message",
                                         {kNone, kNone, kNone}, Service::kRefused,
                                         kUninitialized,        true};

consteval bool RowsStandAtTheirType() {
  for (size_t i = 0; i < kMessages.size(); ++i) {
    if (static_cast<size_t>(kMessages[i].type) != i) return false;
  }
  return kMessages.size() == static_cast<size_t>(MessageType::kUnknown);
}
static_assert(RowsStandAtTheirType());

// Numbers are looked up for each frame that arrives: type by generation and number.
constexpr size_t kNumbers = 16;
constexpr auto kTypeByNumber = [] {
  std::array<std::array<MessageType, kNumbers>, kGenerationCount> types;
  for (auto& of_generation : types) of_generation.fill(MessageType::kUnknown);
  for (const MessageInfo& row : kMessages) {
    for (size_t i = 0; i < kGenerationCount; ++i) {
      if (row.number[i] != kNone) types[i][static_cast<size_t>(row.number[i])] = row.type;
    }
  }
  return types;
}();

}  // namespace

std::string_view GenerationName(Generation generation) {
  switch (generation) {
    case Generation::kLegacy:
      return "legacy";
    case Generation::kHeader8:
      return "header8";
    case Generation::kHeader12:
      return "header12";
  }
  return "unknown";
}

std::string_view DeviceStateName(DeviceState state) {
  switch (state) {
    case kUninitialized:
      return "uninitialised";
    case kStructLoaded:
      return "I/O specification loaded";
    case kWeightsLoaded:
      return "model loaded";
    case kInputLoaded:
      return "input loaded";
    case kInferenceDone:
      return "inference done";
  }
  return "unknown";
}

std::span<const MessageInfo> AllMessages() { return kMessages; }

const MessageInfo& InfoOf(MessageType type) {
  const auto index = static_cast<size_t>(type);
  return index < kMessages.size() ? kMessages[index] : kUnknownMessage;
}

MessageType TypeOf(Generation generation, uint64_t number) {
  if (number >= kNumbers) return MessageType::kUnknown;
  return kTypeByNumber[static_cast<size_t>(generation)][static_cast<size_t>(number)];
}

std::optional<uint8_t> NumberOf(Generation generation, MessageType type) {
  const int8_t number = InfoOf(type).number[static_cast<size_t>(generation)];
  if (number == kNone) return std::nullopt;
  return static_cast<uint8_t>(number);
}

}  // namespace wire
