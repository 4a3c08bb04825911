# SPDX-License-Identifier: Apache-2.0

# Cross build of the simulator for 64-bit Arm Linux (preset "portable"): the proof that the
# interpreter needs no x86. Debian's g++-aarch64-linux-gnu gives the C and C++ libraries, qemu-user
# runs what comes out.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
add_link_options(-fuse-ld=lld-19)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-L;/usr/aarch64-linux-gnu")
# Installed libraries are the host's: what is not header-only comes from its source.
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/aarch64")
