// SPDX-License-Identifier: Apache-2.0

// The kinds of console UART that boards have; the firmware has a driver for each.
#ifndef BOARD_CONSOLE_H_
#define BOARD_CONSOLE_H_

namespace board {

enum class ConsoleKind { kPl011, kNs16550 };

}  // namespace board

#endif  // BOARD_CONSOLE_H_
