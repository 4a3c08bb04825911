# SPDX-License-Identifier: Apache-2.0

# Which firmware images this board has (firmware/start/CMakeLists.txt).
set(KN_BOARD_IMAGES firmware firmware_sensor)
