// SPDX-License-Identifier: Apache-2.0

// The firmware of board/qemu-virt, but its line is a recording in memory: the same instructions
// whoever runs it. Devices whose timing differs from place to place are not touched between the two
// readings of instret.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "firmware/app/device.h"
#include "firmware/start/target_board.h"
#include "tests/isa/instruction_count/recording.h"

extern "C" {
extern uint8_t heap_begin[];

// Read by whoever runs the image where printing shows nothing.
[[gnu::used]] instruction_count::Counted counted;
}

namespace {

using instruction_count::Recording;

class RecordedLine final : public firmware::Board {
 public:
  RecordedLine(firmware::TargetBoard& board, base::Bytes recording)
      : board_(board), left_(recording) {}

  firmware::Received Receive(base::MutableBytes window) override {
    const size_t size = std::min(window.size(), left_.size());
    std::copy_n(left_.begin(), size, window.begin());
    left_ = left_.subspan(size);
    return {size, false};
  }
  void Send(base::Bytes bytes) override {
    constexpr uint32_t kPrime = 16'777'619;
    for (const uint8_t byte : bytes) counted.answer_hash = (counted.answer_hash ^ byte) * kPrime;
    counted.answer_bytes += static_cast<uint32_t>(bytes.size());
  }
  void Print(firmware::LogLevel /*level*/, const char* /*text*/, uint32_t /*number*/) override {}
  uint64_t InstructionCount() override { return board_.InstructionCount(); }
  uint64_t TimeNs() override { return board_.TimeNs(); }
  bool RunGuarded(void (*body)(void*), void* argument, firmware::Trap& trap) override {
    return board_.RunGuarded(body, argument, trap);
  }

  [[nodiscard]] bool over() const { return left_.empty(); }

 private:
  firmware::TargetBoard& board_;
  base::Bytes left_;
};

// Built in FirmwareMain: nothing runs before it.
alignas(firmware::TargetBoard) std::array<std::byte, sizeof(firmware::TargetBoard)> board_storage;
alignas(RecordedLine) std::array<std::byte, sizeof(RecordedLine)> line_storage;
alignas(firmware::Device) std::array<std::byte, sizeof(firmware::Device)> device_storage;

}  // namespace

extern "C" int FirmwareMain() {
  constexpr uint32_t kHashStart = 2'166'136'261;
  auto* board = std::construct_at(reinterpret_cast<firmware::TargetBoard*>(board_storage.data()));
  if (board->Init() != base::Status::kOk) return 1;
  const auto* recording = reinterpret_cast<const Recording*>(instruction_count::kRecordingBase);
  if (recording->magic != Recording::kMagic) return 2;
  auto* line = std::construct_at(
      reinterpret_cast<RecordedLine*>(line_storage.data()), *board,
      base::Bytes(reinterpret_cast<const uint8_t*>(recording + 1), recording->size_bytes));
  auto* heap_end = reinterpret_cast<uint8_t*>(instruction_count::kRecordingBase);
  auto* device =
      std::construct_at(reinterpret_cast<firmware::Device*>(device_storage.data()), *line,
                        base::MutableBytes(heap_begin, static_cast<size_t>(heap_end - heap_begin)));
  device->Start();
  counted.answer_hash = kHashStart;

  const uint64_t begin = board->InstructionCount();
  while (!line->over()) device->Poll();
  const uint64_t end = board->InstructionCount();

  counted.instructions = static_cast<uint32_t>(end - begin);
  board->Print(firmware::LogLevel::kInfo, "instructions", counted.instructions);
  board->Print(firmware::LogLevel::kInfo, "answer bytes", counted.answer_bytes);
  board->Print(firmware::LogLevel::kInfo, "answer hash", counted.answer_hash);
  return 0;
}
