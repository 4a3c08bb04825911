// SPDX-License-Identifier: Apache-2.0

// Loader of embedded ELF images, in named steps: check the header, read the segments, copy them,
// read the dynamic table, relocate, find the query symbol. riscv32, riscv64 and x86-64, since the
// host runs kernels of its own kind; the steps are one template over machine and class.
//
// The bytes are hostile; any alignment. Failure: kKernelElfMalformed or kKernelElfUnsupported,
// words in `failure`. Cost: one copy of the segments. Facts: shared spec iree-formats, 6.1.
#ifndef RUNTIME_KERNEL_ELF_H_
#define RUNTIME_KERNEL_ELF_H_

#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "runtime/value/failure.h"

namespace runtime {

// An address in an image, or a size of a part of one: as wide as this machine's, which is as wide
// as any file's that it takes.
using ImageAddress = uintptr_t;

enum class Machine : uint8_t { kRiscV32, kRiscV64, kX8664 };

// The header's e_machine, which is the same for both widths of RISC-V.
[[nodiscard]] constexpr uint16_t ElfNumber(Machine machine) {
  return machine == Machine::kX8664 ? 62 : 243;
}

#if !defined(__riscv)
inline constexpr Machine kNativeMachine = Machine::kX8664;
#elif __riscv_xlen == 64
inline constexpr Machine kNativeMachine = Machine::kRiscV64;
#else
inline constexpr Machine kNativeMachine = Machine::kRiscV32;
#endif

struct ElfSummary {
  Machine machine;
  uint32_t image_size;  // bytes from the lowest to the highest loaded address
};

// An image in memory whose pointers are addresses counted from `base_address`: its own address if
// it is to run, anything else if it is only looked at.
struct KernelImage {
  base::MutableBytes bytes;
  ImageAddress base_address = 0;
  uint8_t pointer_size = 4;

  [[nodiscard]] bool Contains(ImageAddress address, ImageAddress length) const {
    return address >= base_address && base::InBounds(bytes.size(), address - base_address, length);
  }
  // Pointer-sized word, or u16/u32/u8, at an address of the image.
  [[nodiscard]] base::Result<ImageAddress> Pointer(ImageAddress address) const;
  template <typename T>
  [[nodiscard]] base::Result<T> At(ImageAddress address) const {
    if (!Contains(address, sizeof(T))) {
      return std::unexpected(base::Status::kKernelLibraryMalformed);
    }
    return base::LoadLe<T>(bytes.data() + (address - base_address));
  }
};

// First steps: header and segments.
[[nodiscard]] base::Result<ElfSummary> CheckElf(base::Bytes elf, Failure& failure);

// Remaining steps, into `image.bytes` (exactly CheckElf's image_size). Returns the address of the
// library query function.
[[nodiscard]] base::Result<ImageAddress> PlaceElf(base::Bytes elf, KernelImage& image,
                                                  Failure& failure);

}  // namespace runtime

#endif  // RUNTIME_KERNEL_ELF_H_
