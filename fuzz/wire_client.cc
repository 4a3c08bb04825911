// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as the answer that a host waits for, on each wire. The client must stay inside
// its buffer, end in a defined state, and understand a good answer afterwards. Input: one byte
// (wire, request, chunk size), then the bytes.
#include <algorithm>
#include <cstdlib>

#include "wire/client.h"
#include "wire/statistics.h"

namespace {

class Lines final : public wire::LogListener {
 public:
  void OnDeviceLog(std::string_view line) override {
    for (const char c : line) sum += static_cast<unsigned char>(c);
  }
  unsigned sum = 0;
};

void Require(bool condition) {
  if (!condition) std::abort();
}

void Begin(wire::Client& client, wire::MessageType type) {
  Require(client.Start(type) == base::Status::kOk);
  uint8_t sent[64];
  while (client.Produce(sent) != 0) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto generation = static_cast<wire::Generation>(data[0] % wire::kGenerationCount);
  const auto type = (data[0] & 4) != 0 ? wire::MessageType::kOutput : wire::MessageType::kStats;
  const size_t chunk = 1 + (data[0] >> 3);
  uint8_t buffer[512];
  Lines lines;
  wire::Client client({.generation = generation}, buffer, &lines);
  Begin(client, type);
  base::Bytes bytes = {data + 1, size - 1};
  while (!bytes.empty() && client.state() == wire::ClientState::kWaiting) {
    const size_t used = client.Consume(bytes.first(std::min(chunk, bytes.size())));
    Require(used > 0);
    bytes = bytes.subspan(used);
  }
  if (client.state() == wire::ClientState::kAnswered) {
    const base::Bytes payload = client.answer().payload;
    Require(payload.empty() || (payload.data() == buffer && payload.size() <= sizeof(buffer)));
    if (const auto statistics = wire::DecodeStatistics(generation, payload)) {
      for (const wire::Statistic& item : statistics->span()) lines.OnDeviceLog(item.name);
    }
  }
  client.GiveUp();

  Begin(client, type);
  const wire::Frame request = {.type = type, .flags = wire::flag::kFirst | wire::flag::kLast};
  const wire::EncodedHeader good =
      wire::EncodeHeader(generation, wire::AnswerTo(generation, request, true, 0), true, 0);
  Require(client.Consume(good.span()) == good.size);
  Require(client.state() == wire::ClientState::kAnswered && client.answer().success);
  return 0;
}
