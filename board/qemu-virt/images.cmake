# SPDX-License-Identifier: Apache-2.0

# Which firmware images this board has (firmware/start/CMakeLists.txt): it has no sensor. The second one is
# no firmware for users but the QEMU side of tests/isa/instruction_count.
set(KN_BOARD_IMAGES firmware counted_session)
