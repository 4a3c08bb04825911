// SPDX-License-Identifier: Apache-2.0

// Arbitrary bytes as a kernel ELF, of either machine: check, place, relocate, read the library
// table wherever one seems to be. Nothing is executed.
#include <cstdlib>
#include <memory>

#include "runtime/kernel/elf.h"
#include "runtime/kernel/library.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  runtime::Failure failure;
  const base::Bytes elf(data, size);
  runtime::ElfSummary summary;
  if (CheckElf(elf, summary, failure) != base::Status::kOk) {
    if (failure.text().empty()) std::abort();
    return 0;
  }
  // Large images only cost time: the checks are the same.
  if (summary.image_size > 256 * 1024) return 0;
  // Exactly as large as promised, so that the sanitizer sees one byte too many.
  const auto memory = std::make_unique<uint8_t[]>(summary.image_size);
  runtime::KernelImage image;
  image.bytes = {memory.get(), summary.image_size};
  image.base_address = 0x10000;
  if (PlaceElf(elf, summary, image, failure) != base::Status::kOk) return 0;
  runtime::Library library(image);
  if (library.FindUncalled(failure) != base::Status::kOk) return 0;
  runtime::LibraryKernel kernel;
  for (uint32_t i = 0; i < library.kernel_count(); ++i) (void)library.ReadKernel(i, kernel);
  return 0;
}
