# SPDX-License-Identifier: Apache-2.0

# What every cross build has in common: clang 19, libc++'s freestanding headers, picolibc's C headers. Included by
# the tool chain of a core, which sets CMAKE_SYSTEM_PROCESSOR, kn_target, kn_march, kn_mabi, kn_cmodel and kn_prologues.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER clang-19)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_OBJCOPY llvm-objcopy-19)
set(CMAKE_SIZE llvm-size-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# libc++'s headers must come before picolibc's: they include_next the C ones.
# setup/install.sh unpacks them below build/; where the whole package is installed, its own are used.
set(kn_picolibc_include "${CMAKE_CURRENT_LIST_DIR}/../build/picolibc/include")
if(NOT EXISTS "${kn_picolibc_include}")
  set(kn_picolibc_include /usr/lib/picolibc/riscv64-unknown-elf/include)
endif()
if(NOT EXISTS "${kn_picolibc_include}")
  message(FATAL_ERROR "picolibc's C headers are missing: run setup/install.sh")
endif()
set(kn_picolibc "-isystem${kn_picolibc_include}")
add_compile_options(
  --target=${kn_target}
  -march=${kn_march}
  -mabi=${kn_mabi}
  -mcmodel=${kn_cmodel}
  -Oz  # files for speed say so themselves
  -mrelax
  -fno-optimize-sibling-calls  # a jump out of a function with a frame is preceded by a copy of its epilogue
  -mno-implicit-float  # no vector copies of small structures: clang 19 misplaces vector spills under -msave-restore
  ${kn_prologues}
  # Not -ffreestanding: it takes away the meaning of memcpy and strlen (-fbuiltin does not bring it back), and
  # every 2-byte load becomes a call. What the code may include is limited by the headers on the path.
  -fno-vectorize -fno-slp-vectorize  # a loop over 16 specifications is not worth 3 KB; memory.S has the long ones
  -ffunction-sections
  -fdata-sections
  "$<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions;-fno-rtti;-fno-threadsafe-statics;-nostdinc++;-D_LIBCPP_HAS_NO_THREADS;-isystem/usr/lib/llvm-19/include/c++/v1>"
  ${kn_picolibc}
  # Code generation at link time sees every caller: a tenth of the image.
  # Before that only what shrinks when it is put in line; the link decides the rest, for the whole program.
  "$<$<COMPILE_LANGUAGE:CXX>:-flto;-fwhole-program-vtables;SHELL:-mllvm -inline-threshold=0>")
# -O2 for the linker: a string that ends another is stored once.
add_link_options(
  --target=${kn_target} -march=${kn_march} -mabi=${kn_mabi} -fuse-ld=lld-19 -nostdlib -static -flto
  -Wl,--lto-whole-program-visibility -Wl,--gc-sections -Wl,--icf=all -Wl,--lto-O2 -Wl,-O2 -Wl,-mllvm,-inline-threshold=-20
  -Wl,-mllvm,-enable-machine-outliner=always -Wl,-mllvm,-enable-linkonceodr-outlining
  # Addresses near gp in one instruction (firmware.ld.in says which).
  -Wl,--relax-gp)
# What is for speed and costs instructions here: constants kept in registers from before a loop, computing ahead of a branch
# what one of its sides needs, pointers that run beside a loop's counter, floats made from integers. 1 % of the image.
foreach(
  option
  -disable-machine-licm
  -disable-constant-hoisting
  -max-speculation-depth=0
  -two-entry-phi-node-folding-threshold=0
  -lsr-drop-solution
  -riscv-lower-fpimm-cost=1)
  add_link_options(-Wl,-mllvm,${option})
endforeach()
