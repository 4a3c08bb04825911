// SPDX-License-Identifier: Apache-2.0

#include "runtime/kernel/library.h"

#include <cstring>

#include "base/try.h"

namespace runtime {
namespace {

using base::Status;

// Fields of the library structure, in pointer-sized words from its start: every field takes one on
// every machine, counts included. And the shape of an attribute entry, in bytes.
struct LibraryLayout {
  uint8_t version;
  uint8_t names;
  uint8_t constant_count;
  uint8_t attribute_size;
  uint8_t local_memory_pages;
  uint8_t constants;  // kAbsent where entries do not say; bindings follow
};
constexpr uint8_t kAbsent = 0xFF;
constexpr uint8_t kImportCount = 1;
constexpr uint8_t kKernelCount = 3;
constexpr uint8_t kFunctions = 4;
constexpr uint8_t kAttributes = 5;
constexpr LibraryLayout kLayouts[] = {
    {3, 6, 9, 4, 0, kAbsent},
    {4, 6, 10, 4, 0, kAbsent},
    {5, 6, 10, 72, 0, 2},
    {6, 8, 13, 64, 8, 10},
};
constexpr uint32_t kMaxKernels = 0xFFFF;

const LibraryLayout* LayoutOf(uint32_t version) {
  for (const LibraryLayout& layout : kLayouts) {
    if (layout.version == version) return &layout;
  }
  return nullptr;
}

}  // namespace

base::Result<ImageAddress> Library::Word(ImageAddress address, uint32_t index) const {
  return image_->Pointer(address + index * image_->pointer_size);
}

base::Result<std::string_view> Library::Text(ImageAddress address) const {
  if (!image_->Contains(address, 1)) return std::unexpected(Status::kKernelLibraryMalformed);
  const auto offset = static_cast<size_t>(address - image_->base_address);
  const char* text = reinterpret_cast<const char*>(image_->bytes.data()) + offset;
  const size_t room = image_->bytes.size() - offset;
  const void* end = std::memchr(text, 0, room);
  if (end == nullptr) return std::unexpected(Status::kKernelLibraryMalformed);
  return std::string_view(text, static_cast<size_t>(static_cast<const char*>(end) - text));
}

base::Result<void> Library::ReadTable(ImageAddress address) {
  const ImageAddress header = TRY(Word(address, 0));
  version_ = TRY(image_->At<uint32_t>(header));
  const LibraryLayout* layout = LayoutOf(version_);
  if (layout == nullptr) return std::unexpected(Status::kKernelLibraryUnsupported);
  const ImageAddress name = TRY(Word(header, 1));
  name_ = TRY(Text(name));
  const ImageAddress pointer_size = image_->pointer_size;
  import_count_ = TRY(image_->At<uint32_t>(address + kImportCount * pointer_size));
  kernel_count_ = TRY(image_->At<uint32_t>(address + kKernelCount * pointer_size));
  constant_count_ = TRY(image_->At<uint32_t>(address + layout->constant_count * pointer_size));
  functions_ = TRY(Word(address, kFunctions));
  attributes_ = TRY(Word(address, kAttributes));
  names_ = TRY(Word(address, layout->names));
  if (kernel_count_ > kMaxKernels || !image_->Contains(functions_, kernel_count_ * pointer_size)) {
    return std::unexpected(Status::kKernelLibraryMalformed);
  }
  return {};
}

base::Result<Library> Library::Read(const KernelImage& image, ImageAddress address,
                                    Failure& failure) {
  Library library;
  library.image_ = &image;
  if (const auto table = library.ReadTable(address); !table) {
    failure.Begin(table.error() == Status::kKernelLibraryUnsupported ? Message::kLibraryVersion
                                                                     : Message::kLibraryMalformed);
    return std::unexpected(table.error());
  }
  if (library.import_count_ != 0) {
    return std::unexpected(failure.Set(Message::kLibraryImports, library.name_));
  }
  return library;
}

base::Result<Library> Library::FindUncalled(const KernelImage& image, Failure& failure) {
  Library library;
  library.image_ = &image;
  const ImageAddress step = image.pointer_size;
  for (ImageAddress offset = 0; offset + step <= image.bytes.size(); offset += step) {
    const ImageAddress address = image.base_address + offset;
    // A library starts with a pointer to its header: version, name, and two zeroes.
    const auto header = image.Pointer(address);
    if (!header || *header == 0 || *header % sizeof(uint32_t) != 0) continue;
    if (image.At<uint32_t>(*header + 2 * step).value_or(1) != 0 ||
        image.At<uint32_t>(*header + 2 * step + sizeof(uint32_t)).value_or(1) != 0 ||
        !library.ReadTable(address) || library.kernel_count_ == 0) {
      continue;
    }
    return library;
  }
  return std::unexpected(failure.Set(Message::kLibraryMissing));
}

base::Result<ImageAddress> Library::KernelAddress(uint32_t index) const {
  const ImageAddress address = TRY(Word(functions_, index));
  if (!image_->Contains(address, 1)) return std::unexpected(Status::kKernelLibraryMalformed);
  return address;
}

base::Result<KernelAttributes> Library::Attributes(uint32_t index) const {
  KernelAttributes result;
  if (attributes_ == 0) return result;
  const LibraryLayout& layout = *LayoutOf(version_);
  const ImageAddress entry = attributes_ + ImageAddress{index} * layout.attribute_size;
  result.local_memory_pages = TRY(image_->At<uint16_t>(entry + layout.local_memory_pages));
  if (layout.constants == kAbsent) return result;
  result.constant_count = TRY(image_->At<uint8_t>(entry + layout.constants));
  result.binding_count = TRY(image_->At<uint8_t>(entry + layout.constants + 1u));
  return result;
}

base::Result<std::string_view> Library::KernelName(uint32_t index) const {
  if (names_ == 0) return std::string_view();
  const ImageAddress name = TRY(Word(names_, index));
  return Text(name);
}

}  // namespace runtime
