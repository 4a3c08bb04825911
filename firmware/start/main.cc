// SPDX-License-Identifier: Apache-2.0

// The firmware: a board, a device on it, for ever.
#include <array>
#include <cstddef>
#include <memory>

#include "firmware/app/device.h"
#include "firmware/start/target_board.h"

extern "C" {
extern uint8_t heap_begin[];
extern uint8_t heap_end[];
}

namespace {

// Built in FirmwareMain: nothing runs before it.
alignas(firmware::TargetBoard) std::array<std::byte, sizeof(firmware::TargetBoard)> board_storage;
alignas(firmware::Device) std::array<std::byte, sizeof(firmware::Device)> device_storage;

}  // namespace

extern "C" int FirmwareMain() {
  auto* board = std::construct_at(reinterpret_cast<firmware::TargetBoard*>(board_storage.data()));
  const base::Status ready = board->Init();
  if (ready != base::Status::kOk) {
    board->Print(firmware::LogLevel::kError, "ERROR |UART cannot be set up",
                 static_cast<uint32_t>(ready));
    return 1;
  }
  auto* device =
      std::construct_at(reinterpret_cast<firmware::Device*>(device_storage.data()), *board,
                        base::MutableBytes(heap_begin, static_cast<size_t>(heap_end - heap_begin)));
  device->Start();
  while (true) device->Poll();
}
