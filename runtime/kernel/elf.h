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
#include <string_view>

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
inline constexpr bool kTakesEveryMachine = true;  // to look at, if not to run
#else
inline constexpr Machine kNativeMachine =
    __riscv_xlen == 64 ? Machine::kRiscV64 : Machine::kRiscV32;
inline constexpr bool kTakesEveryMachine = false;
#endif

// What CheckElf proves of a file and PlaceElf relies on.
struct ElfSummary {
  Machine machine = kNativeMachine;
  uint32_t image_size = 0;  // bytes from the lowest to the highest loaded address
  uint32_t segment_table = 0, segment_count = 0;   // in the file
  uint32_t dynamic_address = 0, dynamic_size = 0;  // in the image, if it is as large as that
};

// An image in memory whose pointers are addresses counted from `base_address`: its own address if
// it is to run, anything else if it is only looked at.
struct KernelImage {
  base::MutableBytes bytes;
  ImageAddress base_address = 0;
  uint8_t pointer_size = 4;
  ImageAddress query = 0;  // the library query function

  [[nodiscard]] bool Contains(ImageAddress address, ImageAddress length) const {
    return address >= base_address && base::InBounds(bytes.size(), address - base_address, length);
  }
};

// Reads what lies at addresses of an image, any alignment. Outside it everything is 0, and ok() is
// false from then on.
class ImageReader {
 public:
  explicit ImageReader(const KernelImage& image) : image_(&image) {}

  [[nodiscard]] bool ok() const { return ok_; }

  // An unsigned number of at most the size of an address.
  [[nodiscard]] ImageAddress Value(ImageAddress address, uint32_t size_bytes);
  // Up to its terminating NUL, which must lie in the image, too.
  [[nodiscard]] std::string_view Text(ImageAddress address);

 private:
  const KernelImage* image_;
  bool ok_ = true;
};

// First steps: header and segments.
[[nodiscard]] base::Status CheckElf(base::Bytes elf, ElfSummary& summary, Failure& failure);

// Remaining steps, into `image.bytes` (exactly the summary's image_size); sets `image.query`. The
// bytes and the summary are those of CheckElf.
[[nodiscard]] base::Status PlaceElf(base::Bytes elf, const ElfSummary& summary, KernelImage& image,
                                    Failure& failure);

}  // namespace runtime

#endif  // RUNTIME_KERNEL_ELF_H_
