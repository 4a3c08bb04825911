// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace sim {
namespace {

bool IsZero(std::span<const uint8_t> bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// The pages of one memory that are not all zero.
void AddPages(uint32_t memory, std::span<const uint8_t> bytes,
              std::vector<MemoryImage::Page>* pages) {
  for (uint32_t number = 0; !bytes.empty(); ++number) {
    const auto page = bytes.first(std::min<size_t>(MemoryImage::kPageBytes, bytes.size()));
    if (!IsZero(page)) pages->push_back({memory, number, page});
    bytes = bytes.subspan(page.size());
  }
}

}  // namespace

MemoryImage::~MemoryImage() {
  if (bytes_ != nullptr) munmap(const_cast<uint8_t*>(bytes_), size_bytes_);
  if (descriptor_ >= 0) close(descriptor_);
}

std::shared_ptr<const MemoryImage> MemoryImage::Of(const Bus& bus) {
  std::vector<Page> pages;
  for (uint32_t i = 0; i < bus.memories().size(); ++i) {
    const Memory& memory = *bus.memories()[i];
    AddPages(i, {memory.bytes, memory.size_bytes}, &pages);
  }
  return Of(bus, pages);
}

std::shared_ptr<const MemoryImage> MemoryImage::Of(const Bus& bus, std::span<const Page> pages) {
  const std::shared_ptr<MemoryImage> image(new MemoryImage);
  for (const auto& memory : bus.memories()) {
    image->parts_.push_back({image->size_bytes_, memory->base, memory->size_bytes});
    image->size_bytes_ += Memory::MappedBytes(memory->size_bytes);
  }
  image->descriptor_ = memfd_create("guest memory", MFD_CLOEXEC);
  if (image->descriptor_ < 0 ||
      ftruncate(image->descriptor_, static_cast<off_t>(image->size_bytes_)) != 0) {
    return nullptr;
  }
  void* mapped =
      mmap(nullptr, image->size_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, image->descriptor_, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* bytes = static_cast<uint8_t*>(mapped);
  image->bytes_ = bytes;
  for (const Page& page : pages) {
    const uint64_t at = image->parts_[page.memory].offset + uint64_t{page.number} * kPageBytes;
    std::ranges::copy(page.bytes, bytes + at);
  }
  if (mprotect(mapped, image->size_bytes_, PROT_READ) != 0) return nullptr;
  return image;
}

bool MemoryImage::Fits(const Bus& bus) const {
  return std::ranges::equal(parts_, bus.memories(), [](const Part& part, const auto& memory) {
    return part.base == memory->base && part.size_bytes == memory->size_bytes;
  });
}

bool MemoryImage::MapInto(Bus& bus) const {
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Memory& memory = *bus.memories()[i];
    if (mmap(memory.bytes, Memory::MappedBytes(memory.size_bytes), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_FIXED, descriptor_,
             static_cast<off_t>(parts_[i].offset)) == MAP_FAILED) {
      return false;
    }
  }
  return true;
}

std::vector<MemoryImage::Page> MemoryImage::Pages() const {
  std::vector<Page> pages;
  for (uint32_t i = 0; i < parts_.size(); ++i) {
    AddPages(i, {bytes_ + parts_[i].offset, parts_[i].size_bytes}, &pages);
  }
  return pages;
}

}  // namespace sim
