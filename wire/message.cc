// SPDX-License-Identifier: Apache-2.0

#include "wire/message.h"

#include <limits>

namespace wire {
namespace {

using enum DeviceState;
using enum MessageType;
constexpr int8_t kNone = MessageInfo::kNone;
constexpr uint64_t kMaxNumber = std::numeric_limits<int8_t>::max();

constexpr auto kMessages = std::to_array<MessageInfo>({
    // type, {legacy, 8-byte header, 12-byte header}, service, needed state, has payload, name
    {kUnknown, {kNone, kNone, kNone}, Service::kRefused, kUninitialized, true, "message"},
    {kOk, {0, kNone, kNone}, Service::kAnswer, kUninitialized, true, "OK"},
    {kError, {1, kNone, kNone}, Service::kAnswer, kUninitialized, true, "ERROR"},
    {kPing, {kNone, 0, 0}, Service::kRequest, kUninitialized, false, "PING"},
    {kStatus, {kNone, 1, 1}, Service::kRefused, kUninitialized, true, "STATUS"},
    {kData, {2, 2, 2}, Service::kRequest, kWeightsLoaded, true, "DATA"},
    {kModel, {3, 3, 3}, Service::kRequest, kStructLoaded, true, "MODEL"},
    {kProcess, {4, 4, 4}, Service::kRequest, kInputLoaded, false, "PROCESS"},
    {kOutput, {5, 5, 5}, Service::kRequest, kInferenceDone, false, "OUTPUT"},
    {kStats, {6, 6, 6}, Service::kRequest, kWeightsLoaded, false, "STATS"},
    {kIoSpec, {7, 7, 7}, Service::kRequest, kUninitialized, true, "IO_SPEC"},
    {kTraceData, {kNone, kNone, 8}, Service::kRefused, kUninitialized, true, "TRACE_DATA"},
    {kOptimizers, {8, 8, 9}, Service::kRefused, kUninitialized, true, "OPTIMIZERS"},
    {kOptimizeModel, {9, 9, 10}, Service::kRefused, kUninitialized, true, "OPTIMIZE_MODEL"},
    {kRuntime, {10, 10, 11}, Service::kRefused, kUninitialized, true, "RUNTIME"},
    {kUnoptimizedModel,
     {kNone, 11, 12},
     Service::kRefused,
     kUninitialized,
     true,
     "UNOPTIMIZED_MODEL"},
    {kLogs, {kNone, 12, 13}, Service::kAnswer, kUninitialized, true, "LOGS"},
});

consteval bool RowsStandAtTheirType() {
  for (size_t i = 0; i < kMessages.size(); ++i) {
    if (static_cast<size_t>(kMessages[i].type) != i) return false;
  }
  return kMessages.back().type == kLogs;
}
static_assert(RowsStandAtTheirType());

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

const char* DeviceStateName(DeviceState state) {
  constexpr std::array kNames = {"uninitialised", "I/O specification loaded", "model loaded",
                                 "input loaded", "inference done"};
  static_assert(kNames.size() == static_cast<size_t>(kInferenceDone) + 1);
  return kNames[static_cast<size_t>(state)];
}

std::span<const MessageInfo> AllMessages() { return kMessages; }

const MessageInfo& InfoOf(MessageType type) { return kMessages[static_cast<size_t>(type)]; }

MessageType TypeOf(Generation generation, uint64_t number) {
  if (number > kMaxNumber) return kUnknown;
  for (const MessageInfo& row : kMessages) {
    if (row.number[static_cast<size_t>(generation)] == static_cast<int>(number)) return row.type;
  }
  return kUnknown;
}

std::optional<uint8_t> NumberOf(Generation generation, MessageType type) {
  const int8_t number = InfoOf(type).number[static_cast<size_t>(generation)];
  if (number == kNone) return std::nullopt;
  return static_cast<uint8_t>(number);
}

}  // namespace wire
