// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes into the whole device, with stand-in models (firmware/app/testing_runtime.cc).
// The device must survive, stay in step, and keep the model it had unless it accepted another.
// Input: pieces of {length, byte time-outs after it (of kQuiet), bytes}.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "firmware/app/device.h"
#include "firmware/app/testing_board.h"
#include "wire/frame.h"

namespace {

using firmware::testing::MemoryBoard;
using wire::MessageType;

constexpr size_t kHeapBytes = 64 * 1024;
alignas(64) uint8_t heap[kHeapBytes];

// Around the limits of the decoder (1 and 40), more often none than many: each costs time.
constexpr std::array<uint8_t, 8> kQuiet = {0, 0, 0, 1, 1, 2, 39, 41};

// A model that doubles four bytes.
constexpr uint8_t kModel[] = {'F', 'A', 'K', 'E', 'd', 1, 4, 0, 0, 0, 0, 0};

void Require(bool condition) {
  if (!condition) std::abort();
}

// Keeps of the announcements only what is asked for.
class QuietBoard final : public MemoryBoard {
 public:
  bool model_changed = false;

  void Print(firmware::LogLevel, const char* text, uint32_t) override {
    // An announced size that fits only without the old model makes that give way (model_store.h).
    const std::string_view line = text;
    model_changed = model_changed || line == "model.ready" || line == "kernel.gone";
  }
};

// A whole request on the legacy wire.
std::vector<uint8_t> Request(MessageType type, base::Bytes payload) {
  const wire::Frame frame = {.type = type, .payload_bytes = static_cast<uint32_t>(payload.size())};
  const wire::EncodedHeader header =
      wire::EncodeHeader(wire::Generation::kLegacy, frame, /*checksum=*/false, /*payload_xor=*/0);
  std::vector<uint8_t> bytes(header.span().begin(), header.span().end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

std::vector<uint8_t> SpecificationRequest() {
  wire::IoSpec spec;
  spec.input_count = spec.output_count = 1;
  spec.inputs[0] = {.type = {wire::TypeCode::kUint, 8},
                    .shape_known = true,
                    .rank = 1,
                    .dims = {4},
                    .element_count = 4};
  spec.outputs[0] = spec.inputs[0];
  std::array<uint8_t, wire::kMaxIoSpecBytes> bytes;
  const auto size = wire::EncodeIoSpec(wire::Generation::kLegacy, spec, bytes);
  return Request(MessageType::kIoSpec, base::Bytes(bytes).first(size.value()));
}

void Pump(firmware::Device& device, int quiet_limit) {
  for (int quiet = 0; quiet < quiet_limit;) quiet = device.Poll() ? 0 : quiet + 1;
}

// One request, which must be answered with OK and `payload_bytes`.
void Exchange(MemoryBoard& board, firmware::Device& device, base::Bytes request,
              uint32_t payload_bytes = 0) {
  board.input.assign(request.begin(), request.end());
  board.output.clear();
  Pump(device, 1);
  constexpr size_t kHeaderBytes = wire::HeaderBytes(wire::Generation::kLegacy);
  Require(board.output.size() == kHeaderBytes + payload_bytes);
  wire::Frame answer;
  const base::Status decoded = wire::DecodeHeader(
      wire::Generation::kLegacy, base::Bytes(board.output).first(kHeaderBytes), answer);
  Require(decoded == base::Status::kOk && answer.type == MessageType::kOk);
  Require(answer.payload_bytes == payload_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<uint8_t> specification = SpecificationRequest();
  static const std::vector<uint8_t> model = Request(MessageType::kModel, kModel);
  static const std::vector<uint8_t> keep_model = Request(MessageType::kModel, {});
  static const std::vector<uint8_t> input =
      Request(MessageType::kData, base::Bytes(kModel).first(4));
  static const std::vector<uint8_t> process = Request(MessageType::kProcess, {});
  static const std::vector<uint8_t> output = Request(MessageType::kOutput, {});

  std::ranges::fill(heap, uint8_t{0});  // nothing is left of the input before
  QuietBoard board;
  firmware::Device device(board, heap);
  Exchange(board, device, specification);
  Exchange(board, device, model);
  board.model_changed = false;

  const uint8_t* const end = data + size;
  while (end - data >= 2) {
    const size_t length = std::min<size_t>(data[0], static_cast<size_t>(end - data - 2));
    board.input.insert(board.input.end(), data + 2, data + 2 + length);
    Pump(device, kQuiet[data[1] % kQuiet.size()]);
    data += 2 + length;
  }
  Pump(device, 50);
  Require(board.input.empty());

  Exchange(board, device, specification);
  Exchange(board, device, board.model_changed ? model : keep_model);
  Exchange(board, device, input);
  Exchange(board, device, process);
  Exchange(board, device, output, 4);
  return 0;
}
