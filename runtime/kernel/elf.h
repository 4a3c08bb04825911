// Loader of embedded ELF images, in named steps: check the header, read the segments, copy them,
// read the dynamic table, relocate, find the query symbol. riscv32 and x86-64, since the host runs
// kernels of its own kind; the steps are one template over the two classes.
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

enum class Machine : uint16_t { kX8664 = 62, kRiscV = 243 };

#if defined(__riscv)
inline constexpr Machine kNativeMachine = Machine::kRiscV;
#else
inline constexpr Machine kNativeMachine = Machine::kX8664;
#endif

struct ElfSummary {
  Machine machine;
  uint32_t image_size;  // bytes from the lowest to the highest loaded address
};

// An image in memory whose pointers are addresses counted from `base_address`: its own address if
// it is to run, anything else if it is only looked at.
struct KernelImage {
  base::MutableBytes bytes;
  uint64_t base_address = 0;
  uint8_t pointer_size = 4;

  [[nodiscard]] bool Contains(uint64_t address, uint64_t length) const {
    return address >= base_address && base::InBounds(bytes.size(), address - base_address, length);
  }
  // Pointer-sized word, or u16/u32/u8, at an address of the image.
  [[nodiscard]] base::Result<uint64_t> Pointer(uint64_t address) const;
  template <typename T>
  [[nodiscard]] base::Result<T> At(uint64_t address) const {
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
[[nodiscard]] base::Result<uint64_t> PlaceElf(base::Bytes elf, KernelImage& image,
                                              Failure& failure);

}  // namespace runtime

#endif  // RUNTIME_KERNEL_ELF_H_
