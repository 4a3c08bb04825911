// SPDX-License-Identifier: Apache-2.0

#include "sim/hart/bus.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace sim {

void Bus::AddMemory(std::string name, GuestAddr base, uint32_t size_bytes) {
  // Mapped, because the system's zero pages cost nothing until the guest touches them and because
  // an image can be mapped over them. Between two pages that nobody may touch, so that a bug of
  // ours ends here.
  constexpr size_t kGuard = 4096;
  auto memory = std::make_unique<Memory>();
  const size_t inner = Memory::MappedBytes(size_bytes);
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* bytes = MAP_FAILED;
#ifdef MAP_32BIT
  // A low address lies within a displacement of translated code.
  bytes = mmap(nullptr, inner + 2 * kGuard, PROT_NONE, kFlags | MAP_32BIT, -1, 0);
#endif
  if (bytes == MAP_FAILED) bytes = mmap(nullptr, inner + 2 * kGuard, PROT_NONE, kFlags, -1, 0);
  if (bytes == MAP_FAILED) std::abort();
  auto* begin = static_cast<uint8_t*>(bytes);
  if (mprotect(begin + kGuard, inner, PROT_READ | PROT_WRITE) != 0) std::abort();
  storage_.emplace_back(begin, Unmap{inner + 2 * kGuard});
  memory->name = std::move(name);
  memory->base = base;
  memory->size_bytes = size_bytes;
  memory->bytes = begin + kGuard;
  memory->code_lines.resize((size_bytes >> Memory::kCodeLineShift) + Memory::kCodeLinesAtOnce);
  search_order_.push_back(memory.get());
  memories_.push_back(std::move(memory));
}

void Bus::Unmap::operator()(uint8_t* bytes) const { munmap(bytes, size_bytes); }

void Bus::AddDevice(std::string name, GuestAddr base, uint32_t size_bytes, Device* device) {
  devices_.push_back({std::move(name), base, size_bytes, device, {}});
}

Bus::MappedDevice* Bus::FindDevice(GuestAddr addr, uint32_t width) {
  for (MappedDevice& device : devices_) {
    const uint32_t offset = addr - device.base;
    if (offset < device.size_bytes && width <= device.size_bytes - offset) return &device;
  }
  return nullptr;
}

bool Bus::Load(GuestAddr addr, uint32_t width, uint32_t* value, Trap* trap) {
  if (addr % width != 0) return LoadMisaligned(addr, width, value, trap);
  *value = 0;
  if (const uint8_t* bytes = ReadableRam(addr, width, 1)) {
    std::memcpy(value, bytes, width);
    return true;
  }
  if (MappedDevice* mapped = FindDevice(addr, width)) {
    ++mapped->count.reads;
    const uint32_t mask = width == 4 ? ~0u : (1u << width * 8) - 1;
    *value = mapped->device->Read(addr - mapped->base, width) & mask;
    return true;
  }
  if (unmapped_ == UnmappedPolicy::kFault) {
    *trap = {Cause::kLoadFault, addr};
    return false;
  }
  if (on_unmapped) on_unmapped(addr, false);
  return true;
}

bool Bus::Store(GuestAddr addr, uint32_t width, uint32_t value, Trap* trap) {
  if (addr % width != 0) return StoreMisaligned(addr, width, value, trap);
  if (uint8_t* bytes = WritableRam(addr, width, 1)) {
    std::memcpy(bytes, &value, width);
    return true;
  }
  if (MappedDevice* mapped = FindDevice(addr, width)) {
    ++mapped->count.writes;
    const uint32_t mask = width == 4 ? ~0u : (1u << width * 8) - 1;
    mapped->device->Write(addr - mapped->base, width, value & mask);
    return true;
  }
  if (unmapped_ == UnmappedPolicy::kFault) {
    *trap = {Cause::kStoreFault, addr};
    return false;
  }
  if (on_unmapped) on_unmapped(addr, true);
  return true;
}

// A permitted misaligned access to one memory is one access; anything else goes byte by byte.
bool Bus::LoadMisaligned(GuestAddr addr, uint32_t width, uint32_t* value, Trap* trap) {
  if (!MayMisalign()) {
    *trap = {Cause::kLoadMisaligned, addr};
    return false;
  }
  *value = 0;
  if (const uint8_t* bytes = ReadableRam(addr, width, 1)) {
    std::memcpy(value, bytes, width);
    return true;
  }
  for (uint32_t i = 0; i < width; ++i) {
    uint32_t byte = 0;
    if (!Load(addr + i, 1, &byte, trap)) return false;
    *value |= byte << i * 8;
  }
  return true;
}

bool Bus::StoreMisaligned(GuestAddr addr, uint32_t width, uint32_t value, Trap* trap) {
  if (!MayMisalign()) {
    *trap = {Cause::kStoreMisaligned, addr};
    return false;
  }
  if (uint8_t* bytes = WritableRam(addr, width, 1)) {
    std::memcpy(bytes, &value, width);
    return true;
  }
  for (uint32_t i = 0; i < width; ++i) {
    if (!Store(addr + i, 1, value >> i * 8 & 0xff, trap)) return false;
  }
  return true;
}

void Bus::MarkCode(GuestAddr addr, uint32_t size, bool is_code) {
  Memory* memory = Find(addr, size);
  if (memory == nullptr) return;
  const uint32_t offset = addr - memory->base;
  const auto first = memory->code_lines.begin();
  std::fill(first + (offset >> Memory::kCodeLineShift),
            first + ((offset + size - 1) >> Memory::kCodeLineShift) + 1,
            static_cast<uint8_t>(is_code));
}

}  // namespace sim
