// SPDX-License-Identifier: Apache-2.0

// The messages that host and device exchange, whatever the wire format: one row per message with
// its number in each generation and the state a device must be in to serve it. Facts: shared spec
// kenning-contract.md, sections 5.1.1, 5.1.6 and 5.2.1.
#ifndef WIRE_MESSAGE_H_
#define WIRE_MESSAGE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wire {

// The three wire formats in the field.
enum class Generation : uint8_t {
  kLegacy,    // Kenning up to 0.8.0: size, type, payload
  kHeader8,   // Kenning 0.8.1 and 0.8.2: 8-byte header
  kHeader12,  // Kenning since 2026-04-27: 12-byte header
};
inline constexpr size_t kGenerationCount = 3;

[[nodiscard]] std::string_view GenerationName(Generation generation);

enum class MessageType : uint8_t {
  kUnknown,  // a number that the generation does not define
  kOk,
  kError,
  kPing,
  kStatus,
  kData,
  kModel,
  kProcess,
  kOutput,
  kStats,
  kIoSpec,
  kTraceData,
  kOptimizers,
  kOptimizeModel,
  kRuntime,
  kUnoptimizedModel,
  kLogs,
};

// Life cycle of a device; each state includes the ones before it.
enum class DeviceState : uint8_t {
  kUninitialized,
  kStructLoaded,
  kWeightsLoaded,
  kInputLoaded,
  kInferenceDone,
};

[[nodiscard]] const char* DeviceStateName(DeviceState state);

enum class Service : uint8_t {
  kRequest,  // a bare-metal device serves it
  kAnswer,   // only ever travels from device to host; a device ignores one that arrives
  kRefused,  // defined, but not for a bare-metal device: answered with an error
};

struct MessageInfo {
  static constexpr int8_t kNone = -1;

  MessageType type;
  std::array<int8_t, kGenerationCount> number;  // by Generation; kNone if it does not exist there
  Service service;
  DeviceState needed_state;  // of a served request
  bool has_payload;          // a served request without one must be empty
  const char* name;
};

// The whole table, in the order of MessageType.
[[nodiscard]] std::span<const MessageInfo> AllMessages();

// The row of a type; of kUnknown a row named "message" that is refused.
[[nodiscard]] const MessageInfo& InfoOf(MessageType type);

// kUnknown if the generation has no such number. The only way from a number to a type.
[[nodiscard]] MessageType TypeOf(Generation generation, uint64_t number);

// Nothing if the generation has no such message.
[[nodiscard]] std::optional<uint8_t> NumberOf(Generation generation, MessageType type);

}  // namespace wire

#endif  // WIRE_MESSAGE_H_
