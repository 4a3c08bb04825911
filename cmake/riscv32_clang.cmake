# Cross build for RV32IMF + Zve32f with clang 19, libc++'s freestanding headers and picolibc's C headers.
# ABI ilp32: the IREE compiler's kernels clobber every f register (spec iree-formats, section 6.5).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
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
  --target=riscv32-unknown-elf
  -march=rv32imf_zicsr_zifencei_zve32f_zvl512b
  -mabi=ilp32
  -mcmodel=medany
  -mrelax
  -msave-restore  # shared prologues (firmware/start/save_restore.S): a tenth of the image
  # Not -ffreestanding: it takes away the meaning of memcpy and strlen (-fbuiltin does not bring it back), and
  # every 2-byte load becomes a call. What the code may include is limited by the headers on the path.
  -fno-vectorize -fno-slp-vectorize  # a loop over 16 specifications is not worth 3 KB; memory.S has the long ones
  -ffunction-sections
  -fdata-sections
  "$<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions;-fno-rtti;-fno-threadsafe-statics;-nostdinc++;-D_LIBCPP_HAS_NO_THREADS;-isystem/usr/lib/llvm-19/include/c++/v1>"
  ${kn_picolibc})
add_link_options(--target=riscv32-unknown-elf -march=rv32imf_zve32f_zvl512b -mabi=ilp32
                 -fuse-ld=lld-19 -nostdlib -static -Wl,--gc-sections)
