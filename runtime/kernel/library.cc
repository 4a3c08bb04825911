// SPDX-License-Identifier: Apache-2.0

#include "runtime/kernel/library.h"

#include <algorithm>

namespace runtime {
namespace {

using base::Status;

constexpr uint8_t kAbsent = 0xFF;
constexpr uint8_t kImportCount = 1;
constexpr uint8_t kKernelCount = 3;
constexpr uint8_t kFunctions = 4;
constexpr uint8_t kAttributes = 5;
constexpr uint32_t kMaxKernels = 0xFFFF;

}  // namespace

// Fields of the library structure, in pointer-sized words from its start: every field takes one on
// every machine, counts included. And the shape of an attribute entry, in bytes.
struct Library::Layout {
  uint8_t version;
  uint8_t names;
  uint8_t constant_count;
  uint8_t attribute_size;
  uint8_t local_memory_pages;
  uint8_t constants;  // kAbsent where entries do not say; bindings follow
};
constexpr Library::Layout Library::kLayouts[] = {
    {3, 6, 9, 4, 0, kAbsent},
    {4, 6, 10, 4, 0, kAbsent},
    {5, 6, 10, 72, 0, 2},
    {6, 8, 13, 64, 8, 10},
};

bool Library::ReadTable(ImageAddress address) {
  reader_ = ImageReader(*image_);
  const ImageAddress header = Word(address, 0);
  version_ = Count(header);
  layout_ = std::ranges::find(kLayouts, version_, &Layout::version);
  if (layout_ == std::end(kLayouts)) return false;
  const ImageAddress pointer_size = image_->pointer_size;
  name_ = reader_.Text(Word(header, 1));
  import_count_ = Count(address + kImportCount * pointer_size);
  kernel_count_ = Count(address + kKernelCount * pointer_size);
  constant_count_ = Count(address + layout_->constant_count * pointer_size);
  functions_ = Word(address, kFunctions);
  attributes_ = Word(address, kAttributes);
  names_ = Word(address, layout_->names);
  return reader_.ok() && kernel_count_ <= kMaxKernels &&
         image_->Contains(functions_, kernel_count_ * pointer_size);
}

Status Library::Read(ImageAddress address, Failure& failure) {
  if (!ReadTable(address)) {
    const bool unknown = reader_.ok() && layout_ == std::end(kLayouts);
    return failure.Set(unknown ? Message::kLibraryVersion : Message::kLibraryMalformed);
  }
  return import_count_ == 0 ? Status::kOk : failure.Set(Message::kLibraryImports, name_);
}

Status Library::FindUncalled(Failure& failure) {
  const ImageAddress step = image_->pointer_size;
  for (ImageAddress offset = 0; offset + step <= image_->bytes.size(); offset += step) {
    // A library starts with a pointer to its header: version, name, and two zeroes.
    const ImageAddress address = image_->base_address + offset;
    reader_ = ImageReader(*image_);
    const ImageAddress header = Word(address, 0);
    if (header == 0 || header % sizeof(uint32_t) != 0) continue;
    const uint32_t zeroes = Count(header + 2 * step) | Count(header + 2 * step + sizeof(uint32_t));
    if (!reader_.ok() || zeroes != 0) continue;
    if (ReadTable(address) && kernel_count_ != 0) return Status::kOk;
  }
  return failure.Set(Message::kLibraryMissing);
}

bool Library::ReadKernel(uint32_t index, LibraryKernel& kernel) {
  kernel = {};
  kernel.address = Word(functions_, index);
  if (!image_->Contains(kernel.address, 1)) return false;
  if (attributes_ != 0) {
    const ImageAddress entry = attributes_ + ImageAddress{index} * layout_->attribute_size;
    KernelAttributes& attributes = kernel.attributes;
    attributes.local_memory_pages =
        static_cast<uint16_t>(reader_.Value(entry + layout_->local_memory_pages, 2));
    if (layout_->constants != kAbsent) {
      const ImageAddress counts = reader_.Value(entry + layout_->constants, 2);
      attributes.constant_count = static_cast<uint8_t>(counts);
      attributes.binding_count = static_cast<uint8_t>(counts >> 8);
    }
  }
  if (names_ != 0) kernel.name = reader_.Text(Word(names_, index));
  return reader_.ok();
}

}  // namespace runtime
