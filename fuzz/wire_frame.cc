// Arbitrary bytes into the whole device, with stand-in models (firmware/app/testing_runtime.cc).
// The device must survive, stay in step, and keep the model it had unless it accepted another.
// Input: pieces of {length, number of byte time-outs after it, bytes}.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "firmware/app/device.h"
#include "firmware/app/testing_board.h"
#include "wire/client.h"

namespace {

using firmware::testing::MemoryBoard;
using wire::MessageType;

constexpr size_t kHeapBytes = 64 * 1024;
alignas(64) uint8_t heap[kHeapBytes];

// A model that doubles four bytes, and its specification.
constexpr uint8_t kModel[] = {'F', 'A', 'K', 'E', 'd', 1, 4, 0, 0, 0, 0, 0};

wire::IoSpec Specification() {
  wire::IoSpec spec;
  spec.input_count = spec.output_count = 1;
  spec.inputs[0] = {.type = {wire::TypeCode::kUint, 8},
                    .shape_known = true,
                    .rank = 1,
                    .dims = {4},
                    .element_count = 4};
  spec.outputs[0] = spec.inputs[0];
  return spec;
}

void Pump(firmware::Device& device, int quiet_limit) {
  for (int quiet = 0; quiet < quiet_limit;) quiet = device.Poll() ? 0 : quiet + 1;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

// One request over the legacy wire; true if the answer was OK.
bool Request(MemoryBoard& board, firmware::Device& device, MessageType type, base::Bytes payload) {
  uint8_t answer_buffer[64];
  wire::Client client({.generation = wire::Generation::kLegacy}, answer_buffer);
  Require(client.Start(type, payload) == base::Status::kOk);
  uint8_t bytes[2048];
  const size_t n = client.Produce(bytes);
  board.input.insert(board.input.end(), bytes, bytes + n);
  board.output.clear();
  Pump(device, 2);
  Require(client.Consume(board.output) == board.output.size());
  Require(client.state() == wire::ClientState::kAnswered);
  return client.answer().success;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  MemoryBoard board;
  firmware::Device device(board, heap);
  uint8_t spec[wire::kMaxIoSpecBytes];
  const base::Bytes spec_bytes = {
      spec, *wire::EncodeIoSpec(wire::Generation::kLegacy, Specification(), spec)};
  Require(Request(board, device, MessageType::kIoSpec, spec_bytes));
  Require(Request(board, device, MessageType::kModel, kModel));
  board.announced.clear();

  const uint8_t* const end = data + size;
  while (end - data >= 2) {
    const size_t length = std::min<size_t>(data[0], static_cast<size_t>(end - data - 2));
    board.input.insert(board.input.end(), data + 2, data + 2 + length);
    Pump(device, data[1] & 63);
    data += 2 + length;
  }
  Pump(device, 50);
  Require(board.input.empty());

  const auto announced = [&](std::string_view text) {
    return std::ranges::any_of(board.announced,
                               [&](const std::string& line) { return line.starts_with(text); });
  };
  // An announced size that fits only without the old model makes that give way (model_store.h).
  const bool undisturbed = !announced("model.ready") && !announced("kernel.gone");
  Require(Request(board, device, MessageType::kIoSpec, spec_bytes));
  if (undisturbed) Require(Request(board, device, MessageType::kModel, {}));
  Require(Request(board, device, MessageType::kModel, kModel));
  Require(Request(board, device, MessageType::kData, base::Bytes(kModel).first(4)));
  Require(Request(board, device, MessageType::kProcess, {}));
  Require(Request(board, device, MessageType::kOutput, {}));
  return 0;
}
