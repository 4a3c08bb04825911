# SPDX-License-Identifier: Apache-2.0

# Cross build for RV64 with the whole V extension and any VLEN from 128 on; see riscv_clang.cmake.
# Calls pass no floating point in registers (lp64): kernels of either ABI may be called, and none need save f registers.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(kn_target riscv64-unknown-elf)
set(kn_march rv64gcv)
set(kn_mabi lp64)
set(kn_cmodel medany)
set(kn_prologues -mno-save-restore)
include("${CMAKE_CURRENT_LIST_DIR}/riscv_clang.cmake")
