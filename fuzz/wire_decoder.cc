// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes, silences and line errors into the device's half of the codec. It must ask for
// bytes it can hold, report each message once, and understand a good request after a silent line.
// Input: pieces of {length, what follows them: silences (of kSilences), an error, a refusal},
// bytes.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "wire/decoder.h"

namespace {

constexpr uint32_t kMaxPayload = 600;
constexpr int kLongSilence = 45;  // longer than any limit of the decoder
// Around the limits of the decoder (1 and 40).
constexpr std::array<uint8_t, 8> kSilences = {0, 0, 0, 1, 1, 2, 39, 41};

void Require(bool condition) {
  if (!condition) std::abort();
}

struct Receiver {
  wire::DeviceDecoder decoder{{.max_payload_bytes = kMaxPayload}};
  uint8_t payload[kMaxPayload];
  bool refuse = false;
  int frames = 0;

  void Handle(wire::Event event) {
    switch (event) {
      case wire::Event::kNone:
        return;
      case wire::Event::kFrameBegin:
        Require(decoder.frame().payload_bytes <= kMaxPayload);
        if (refuse) return decoder.Refuse(base::Status::kModelInvalidState);
        return decoder.Place(payload);
      case wire::Event::kFrameEnd:
        ++frames;
        if (refuse) Handle(decoder.RefuseRest(base::Status::kWireFrameWithoutBegin));
        return;
      case wire::Event::kRefused:
        Require(decoder.status() != base::Status::kOk);
        return;
    }
  }

  void Take(base::Bytes bytes) {
    while (!bytes.empty()) {
      const base::MutableBytes window = decoder.Window();
      Require(!window.empty());
      const size_t n = std::min(window.size(), bytes.size());
      std::copy_n(bytes.begin(), n, window.begin());
      Handle(decoder.Received(n));
      bytes = bytes.subspan(n);
    }
  }

  void Silence(int count) {
    for (int i = 0; i < count; ++i) Handle(decoder.LineQuiet());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Receiver receiver;
  const uint8_t* const end = data + size;
  while (end - data >= 2) {
    const size_t length = std::min<size_t>(data[0], static_cast<size_t>(end - data - 2));
    receiver.refuse = (data[1] & 0x80) != 0;
    receiver.Take({data + 2, length});
    receiver.Silence(kSilences[data[1] % kSilences.size()]);
    if ((data[1] & 0x40) != 0) receiver.Handle(receiver.decoder.LineError());
    data += 2 + length;
  }
  receiver.Silence(kLongSilence);
  receiver.refuse = false;
  constexpr uint8_t kProcess[] = {2, 0, 0, 0, 4, 0};
  const int before = receiver.frames;
  receiver.Take(kProcess);
  Require(receiver.frames == before + 1);
  Require(receiver.decoder.frame().type == wire::MessageType::kProcess);
  Require(receiver.decoder.generation() == wire::Generation::kLegacy);
  return 0;
}
