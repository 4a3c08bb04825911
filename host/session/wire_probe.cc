// SPDX-License-Identifier: Apache-2.0

#include "host/session/wire_probe.h"

#include <algorithm>
#include <array>

#include "base/try.h"
#include "wire/client.h"
#include "wire/frame.h"

namespace host {
namespace {

constexpr size_t kAnswerBytes = 4096;
// The least common multiple of both header sizes.
constexpr size_t kStepBytes = 24;

// Whether the device answered, in whatever sense.
Result<bool> Answers(Device& device, wire::Generation generation, double limit_s) {
  std::array<uint8_t, kAnswerBytes> answer;
  wire::Client client({.generation = generation}, answer);
  const base::Status status = generation == wire::Generation::kLegacy
                                  ? client.Start(wire::MessageType::kStats)
                                  : client.StartConnect();
  if (status != base::Status::kOk) return false;
  device.DropUnread();
  size_t sent = 0;
  std::array<uint8_t, kStepBytes> bytes;
  while (const size_t size = client.Produce(bytes)) {
    TRY(device.Write(base::Bytes(bytes).first(size)));
    sent += size;
  }
  const double deadline = device.ClockSeconds() + limit_s;
  while (client.state() == wire::ClientState::kWaiting) {
    const double left = deadline - device.ClockSeconds();
    const size_t count = left > 0 ? TRY(device.Read(bytes, left)) : 0;
    if (count == 0) break;
    (void)client.Consume(base::Bytes(bytes).first(count));
  }
  if (client.state() == wire::ClientState::kAnswered) return true;
  bytes.fill(0);
  const size_t rest = (kStepBytes - sent % kStepBytes) % kStepBytes;
  TRY(device.Write(base::Bytes(bytes).first(rest)));
  return false;
}

}  // namespace

Result<wire::Generation> ProbeWire(Device& device, double limit_s) {
  for (const wire::Generation generation :
       {wire::Generation::kLegacy, wire::Generation::kHeader8, wire::Generation::kHeader12}) {
    if (!TRY(Answers(device, generation, limit_s))) continue;
    if (generation != wire::Generation::kLegacy) {
      // The probe opened a session; whoever goes on opens one of its own.
      std::array<uint8_t, kAnswerBytes> answer;
      wire::Client client({.generation = generation}, answer);
      if (client.StartDisconnect() == base::Status::kOk) {
        std::array<uint8_t, kStepBytes> bytes;
        while (const size_t size = client.Produce(bytes)) {
          TRY(device.Write(base::Bytes(bytes).first(size)));
        }
        if (const size_t count = TRY(device.Read(bytes, limit_s))) {
          (void)client.Consume(base::Bytes(bytes).first(count));
        }
      }
      device.DropUnread();
    }
    return generation;
  }
  return RunError(
      "no wire format is answered: legacy, header8 and header12 were tried; is the "
      "device running, and is the baud rate right?",
      device.name());
}

}  // namespace host
