# SPDX-License-Identifier: Apache-2.0

# Cross build for RV32IMF + Zve32f; see riscv_clang.cmake.
# ABI ilp32: the IREE compiler's kernels clobber every f register (spec iree-formats, section 6.5).
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(kn_target riscv32-unknown-elf)
set(kn_march rv32imf_zicsr_zifencei_zve32f_zvl512b)
set(kn_mabi ilp32)
set(kn_cmodel medlow)  # reaches all 32 bits, and the linker can make such addresses relative to gp
set(kn_prologues -msave-restore)  # shared ones (firmware/start/save_restore.S): a tenth of the image
include("${CMAKE_CURRENT_LIST_DIR}/riscv_clang.cmake")
