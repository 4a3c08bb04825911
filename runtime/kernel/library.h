// SPDX-License-Identifier: Apache-2.0

// The table of kernels inside a placed image, of library versions 0.3 to 0.6. Versions are rows of
// data over one reader; every pointer is checked against the image before it is followed.
// Facts: shared spec iree-formats, 6.2 and 6.3.
#ifndef RUNTIME_KERNEL_LIBRARY_H_
#define RUNTIME_KERNEL_LIBRARY_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "runtime/kernel/elf.h"
#include "runtime/value/failure.h"

namespace runtime {

// Versions the query function is asked for, newest first; it answers exactly one of them.
inline constexpr std::array<uint32_t, 4> kLibraryVersions = {6, 5, 4, 3};

struct KernelAttributes {
  uint16_t local_memory_pages = 0;
  // What the kernel reads at least; 0 in versions that do not say.
  uint8_t constant_count = 0;
  uint8_t binding_count = 0;
};

struct LibraryKernel {
  ImageAddress address = 0;
  KernelAttributes attributes;
  std::string_view name;  // may be empty
};
class Library {
 public:
  // The image must outlive the library.
  explicit Library(const KernelImage& image) : image_(&image), reader_(image) {}

  // `address` is what the query function returned.
  [[nodiscard]] base::Status Read(ImageAddress address, Failure& failure);
  // For an image that cannot be called here: looks through its pointers for a library.
  [[nodiscard]] base::Status FindUncalled(Failure& failure);

  [[nodiscard]] uint32_t version() const { return version_; }
  [[nodiscard]] uint32_t kernel_count() const { return kernel_count_; }
  [[nodiscard]] uint32_t constant_count() const { return constant_count_; }
  [[nodiscard]] std::string_view name() const { return name_; }

  // Of kernel `index` < kernel_count(); false if part of it lies outside the image.
  [[nodiscard]] bool ReadKernel(uint32_t index, LibraryKernel& kernel);

 private:
  // A row of library.cc.
  struct Layout;
  static const Layout kLayouts[];

  bool ReadTable(ImageAddress address);
  ImageAddress Word(ImageAddress address, uint32_t index) {
    return reader_.Value(address + index * image_->pointer_size, image_->pointer_size);
  }
  uint32_t Count(ImageAddress address) {
    return static_cast<uint32_t>(reader_.Value(address, sizeof(uint32_t)));
  }

  const KernelImage* image_;
  ImageReader reader_;
  const Layout* layout_ = nullptr;
  uint32_t version_ = 0;
  uint32_t kernel_count_ = 0;
  uint32_t import_count_ = 0;
  uint32_t constant_count_ = 0;
  ImageAddress functions_ = 0;
  ImageAddress attributes_ = 0;  // 0 if absent, as are names
  ImageAddress names_ = 0;
  std::string_view name_;
};

}  // namespace runtime

#endif  // RUNTIME_KERNEL_LIBRARY_H_
