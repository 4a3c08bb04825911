// SPDX-License-Identifier: Apache-2.0

// The loader on images made here: every library version on both machines, and each rule broken
// once.
#include <string>

#include "gtest/gtest.h"
#include "runtime/kernel/elf.h"
#include "runtime/kernel/library.h"
#include "runtime/testing/elf_builder.h"
#include "runtime/testing/module_builder.h"

namespace runtime {
namespace {

using base::Status;
using testing::Aligned;
using testing::BuildElf;
using testing::ElfSpec;

struct Loaded {
  Failure failure;
  Status status = Status::kOk;
  uint32_t kernels = 0;
  std::string first_name;
};

Loaded Load(const std::vector<uint8_t>& elf) {
  Loaded result;
  ElfSummary summary;
  result.status = CheckElf(elf, summary, result.failure);
  if (result.status != Status::kOk) return result;
  Aligned memory(summary.image_size);
  KernelImage image;
  image.bytes = memory.bytes();
  image.base_address = 0x10000;
  result.status = PlaceElf(elf, summary, image, result.failure);
  if (result.status != Status::kOk) return result;
  Library library(image);
  result.status = library.FindUncalled(result.failure);
  if (result.status != Status::kOk) return result;
  result.kernels = library.kernel_count();
  for (uint32_t i = 0; i < result.kernels; ++i) {
    LibraryKernel kernel;
    if (!library.ReadKernel(i, kernel)) {
      result.status = Status::kKernelLibraryMalformed;
      return result;
    }
    if (i == 0) result.first_name = kernel.name;
  }
  return result;
}

TEST(KernelTest, EveryLibraryVersionOnBothMachines) {
  for (const bool wide : {false, true}) {
    for (const uint32_t version : kLibraryVersions) {
      for (const bool names : {false, true}) {
        SCOPED_TRACE(std::to_string(version) + (wide ? " x86-64" : " riscv32"));
        const Loaded loaded =
            Load(BuildElf({.is_64_bit = wide, .library_version = version, .with_names = names}));
        EXPECT_EQ(loaded.status, Status::kOk) << loaded.failure.text();
        EXPECT_EQ(loaded.kernels, 2u);
        EXPECT_EQ(loaded.first_name, names ? "first_kernel" : "");
      }
    }
  }
}

struct BrokenRow {
  const char* name;
  ElfSpec spec;
  size_t offset;  // of a byte to overwrite; 0 for none
  uint8_t value;
  Status status;
  const char* words;
};

TEST(KernelTest, RefusesEachBrokenRule) {
  const BrokenRow rows[] = {
      {"magic", {}, 1, 'X', Status::kKernelElfUnsupported, "not an ELF"},
      {"class", {}, 4, 9, Status::kKernelElfUnsupported, "class"},
      {"big-endian", {}, 5, 2, Status::kKernelElfUnsupported, "little-endian"},
      {"executable", {}, 16, 2, Status::kKernelElfUnsupported, "shared object"},
      {"machine", {}, 18, 40, Status::kKernelElfUnsupported, "machine 40"},
      {"segment table offset", {}, 30, 0xFF, Status::kKernelElfMalformed, "segment"},
      {"segment count", {}, 44, 0xFF, Status::kKernelElfMalformed, "segment"},
      {"segment offset", {}, 52 + 4 + 3, 0x7F, Status::kKernelElfMalformed, "segment"},
      {"segment address", {}, 52 + 8 + 3, 0x7F, Status::kKernelElfMalformed, "segment"},
      {"segment memory", {}, 52 + 20 + 3, 0x7F, Status::kKernelElfMalformed, "segment"},
      {"no dynamic segment", {}, 84, 7, Status::kKernelElfMalformed, "segment"},
      {"relocation",
       {.relocation_type = 5},
       0,
       0,
       Status::kKernelElfUnsupported,
       "relocation type 5"},
      {"needs libraries", {.extra_tag = 1}, 0, 0, Status::kKernelElfUnsupported, "libraries"},
      {"initialisers", {.extra_tag = 25}, 0, 0, Status::kKernelElfUnsupported, "libraries"},
      {"library version", {.library_version = 7}, 0, 0, Status::kKernelLibraryMalformed, ""},
  };
  for (const BrokenRow& row : rows) {
    std::vector<uint8_t> elf = BuildElf(row.spec);
    if (row.offset != 0) elf[row.offset] = row.value;
    const Loaded loaded = Load(elf);
    EXPECT_EQ(loaded.status, row.status) << row.name << ": " << loaded.failure.text();
    EXPECT_NE(loaded.failure.text().find(row.words), std::string_view::npos)
        << row.name << ": " << loaded.failure.text();
  }
}

TEST(KernelTest, ImportingLibraryIsRefused) {
  const std::vector<uint8_t> elf = BuildElf({.import_count = 1});
  Failure failure;
  ElfSummary summary;
  ASSERT_EQ(CheckElf(elf, summary, failure), Status::kOk);
  Aligned memory(summary.image_size);
  KernelImage image;
  image.bytes = memory.bytes();
  image.base_address = 0x10000;
  ASSERT_EQ(PlaceElf(elf, summary, image, failure), Status::kOk);
  // Wherever the table is, reading it must say so.
  bool refused = false;
  for (uint64_t offset = 0; offset < summary.image_size; offset += 4) {
    const Status read = Library(image).Read(image.base_address + offset, failure);
    refused = refused || (read == Status::kKernelLibraryUnsupported &&
                          failure.text().find("imports") != std::string_view::npos);
  }
  EXPECT_TRUE(refused);
}

TEST(KernelTest, AnyDamageIsHandled) {
  for (const bool wide : {false, true}) {
    const std::vector<uint8_t> elf = BuildElf({.is_64_bit = wide});
    for (size_t size = 0; size < elf.size(); ++size) {
      (void)Load(std::vector<uint8_t>(elf.begin(), elf.begin() + static_cast<ptrdiff_t>(size)));
    }
    for (size_t i = 0; i < elf.size(); ++i) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::vector<uint8_t> damaged = elf;
        damaged[i] = static_cast<uint8_t>(value);
        (void)Load(damaged);
      }
    }
  }
}

}  // namespace
}  // namespace runtime
