// SPDX-License-Identifier: Apache-2.0

#include "sim/translate/code_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace sim::translate {

std::unique_ptr<CodeMemory> CodeMemory::Create(size_t code_bytes) {
  const int file = memfd_create("translated code", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  std::unique_ptr<CodeMemory> memory(new CodeMemory);
  memory->code_bytes_ = code_bytes;
  void* reservation = MAP_FAILED;
  void* code = MAP_FAILED;
  void* alias = MAP_FAILED;
  if (ftruncate(file, static_cast<off_t>(code_bytes)) == 0) {
    reservation = mmap(nullptr, kDataBytes + code_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    alias = mmap(nullptr, code_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (reservation != MAP_FAILED) {
    memory->reservation_ = static_cast<uint8_t*>(reservation);
    code = mmap(memory->reservation_ + kDataBytes, code_bytes, PROT_READ | PROT_EXEC,
                MAP_SHARED | MAP_FIXED, file, 0);
  }
  close(file);
  if (alias != MAP_FAILED) memory->alias_ = static_cast<uint8_t*>(alias);
  if (code != MAP_FAILED) memory->code_ = static_cast<uint8_t*>(code);
  if (memory->alias_ == nullptr || memory->code_ == nullptr) return nullptr;
  return memory;
}

CodeMemory::~CodeMemory() {
  if (reservation_ != nullptr) munmap(reservation_, kDataBytes + code_bytes_);
  if (alias_ != nullptr) munmap(alias_, code_bytes_);
}

void CodeMemory::UseTo(size_t end) {
  constexpr size_t kAlignment = 16;
  used_ = std::min((end + kAlignment - 1) & ~(kAlignment - 1), code_bytes_);
}

void CodeMemory::PatchJump(const uint8_t* site, const uint8_t* target) {
  const auto displacement = static_cast<int32_t>(target - (site + 4));
  std::memcpy(alias_ + (site - code_), &displacement, sizeof(displacement));
}

void CodeMemory::OverwriteWithJump(const uint8_t* place, const uint8_t* target) {
  constexpr uint8_t kJump = 0xE9;
  alias_[place - code_] = kJump;
  PatchJump(place + 1, target);
}

}  // namespace sim::translate
