// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/model_store.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace firmware {
namespace {

constexpr size_t kAlignment = 64;
static_assert(kAlignment % runtime::kFileAlignment == 0);
static_assert(kAlignment % runtime::kArenaAlignment == 0);

constexpr size_t AlignUp(size_t value) { return (value + kAlignment - 1) & ~(kAlignment - 1); }
constexpr size_t AlignDown(size_t value) { return value & ~(kAlignment - 1); }

// From the first aligned address on or behind `begin` to the last aligned one before `end`.
base::MutableBytes AlignedBetween(uint8_t* begin, uint8_t* end) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const size_t skip = AlignUp(address) - address;
  const auto size = static_cast<size_t>(end - begin);
  if (end < begin || size < skip) return {};
  return {begin + skip, AlignDown(size - skip)};
}

uint8_t* EndOf(base::MutableBytes bytes) { return bytes.data() + bytes.size(); }

// The largest aligned piece of `region` that touches none of `taken`, which do not overlap.
base::MutableBytes LargestPiece(base::MutableBytes region,
                                std::span<const base::MutableBytes> taken) {
  base::MutableBytes best;
  uint8_t* from = region.data();
  while (true) {
    // The next taken block behind `from`, or the end of the region.
    uint8_t* to = EndOf(region);
    uint8_t* resume = nullptr;
    for (base::MutableBytes bytes : taken) {
      if (bytes.empty() || bytes.data() < from || bytes.data() >= to) continue;
      to = bytes.data();
      resume = EndOf(bytes);
    }
    const base::MutableBytes piece = AlignedBetween(from, to);
    if (piece.size() > best.size()) best = piece;
    if (resume == nullptr) return best;
    from = resume;
  }
}

}  // namespace

ModelStore::ModelStore(base::MutableBytes region, KernelWatch& watch,
                       runtime::KernelMode kernel_mode)
    : region_(region), watch_(watch), options_{.listener = &watch, .kernel_mode = kernel_mode} {
  active_.runtime = std::construct_at(reinterpret_cast<runtime::Runtime*>(storage_[0].data()));
  candidate_.runtime = std::construct_at(reinterpret_cast<runtime::Runtime*>(storage_[1].data()));
}

// A slot's runtime may be unusable after a trap; it is replaced without running its destructor.
void ModelStore::Destroy(Slot& slot) {
  std::construct_at(slot.runtime);
  slot = {.runtime = slot.runtime, .file = {}, .arena = {}, .inputs = {}, .present = false};
}

void ModelStore::Forget() {
  Destroy(active_);
  untrimmed_bytes_.reset();
  ++epoch_;
}

void ModelStore::DropActive() {
  active_.runtime->Unload();
  Forget();
}

base::Result<base::MutableBytes> ModelStore::TakeInputs(size_t size_bytes) {
  if (!active_.present) return std::unexpected(base::Status::kModelInvalidState);
  active_.runtime->DropReplay();
  const size_t whole = active_.arena.size() + active_.inputs.size();
  const size_t wanted = AlignUp(size_bytes);
  if (wanted < size_bytes || wanted > whole - AlignUp(active_.runtime->arena_bytes_used())) {
    return std::unexpected(base::Status::kOutOfMemory);
  }
  const base::Status resized = active_.runtime->ResizeArena(whole - wanted);
  if (resized != base::Status::kOk) return std::unexpected(resized);
  active_.arena = {active_.arena.data(), whole - wanted};
  active_.inputs = {EndOf(active_.arena), wanted};
  return active_.inputs;
}

void ModelStore::TrimActive() {
  if (!active_.present) return;
  active_.runtime->DropReplay();
  const size_t used = AlignUp(active_.runtime->arena_bytes_used());
  if (used < active_.arena.size() && active_.runtime->ResizeArena(used) == base::Status::kOk) {
    untrimmed_bytes_ = active_.arena.size();
    active_.arena = active_.arena.first(used);
  }
}

void ModelStore::RestoreActive() {
  if (!untrimmed_bytes_) return;
  // Cannot fail: this is memory that was the arena's before.
  if (active_.runtime->ResizeArena(*untrimmed_bytes_) == base::Status::kOk) {
    active_.arena = {active_.arena.data(), *untrimmed_bytes_};
  }
  untrimmed_bytes_.reset();
}

base::MutableBytes ModelStore::LargestGap(bool with_active) const {
  if (!with_active || !active_.present) return AlignedBetween(region_.data(), EndOf(region_));
  return LargestPiece(region_, std::array{active_.file, active_.arena, active_.inputs});
}

base::Status ModelStore::BeginUpload(size_t known_size_bytes) {
  Abandon();
  if (known_size_bytes > capacity_bytes()) return base::Status::kProtocolMessageTooBig;
  TrimActive();
  gap_ = LargestGap(true);
  candidate_.file = gap_.first(0);
  if (known_size_bytes > gap_.size() && !MakeRoom(known_size_bytes)) {
    Abandon();
    return base::Status::kProtocolMessageTooBig;
  }
  return base::Status::kOk;
}

// The old model gives way. What was received so far moves to the start of the region.
bool ModelStore::MakeRoom(size_t needed_bytes) {
  const base::MutableBytes whole = LargestGap(false);
  if (needed_bytes > whole.size()) return false;
  if (active_.present) DropActive();
  std::memmove(whole.data(), candidate_.file.data(), candidate_.file.size());
  candidate_.file = whole.first(candidate_.file.size());
  gap_ = whole;
  return true;
}

base::Result<base::MutableBytes> ModelStore::ReserveUpload(size_t size_bytes) {
  const size_t have = candidate_.file.size();
  if (size_bytes > capacity_bytes() - have ||
      (size_bytes > gap_.size() - have && !MakeRoom(have + size_bytes))) {
    return std::unexpected(base::Status::kProtocolMessageTooBig);
  }
  candidate_.file = gap_.first(have + size_bytes);
  return candidate_.file.subspan(have);
}

base::Status ModelStore::LoadInto(Slot& slot) {
  struct Call {
    ModelStore& store;
    Slot& slot;
    base::Status status;
  } call = {*this, slot, base::Status::kFirmwareTrap};
  // The library query of each executable is the model's own code.
  const bool returned = watch_.RunGuarded(
      "loading the model",
      [](void* argument) {
        auto& c = *static_cast<Call*>(argument);
        c.status = c.slot.runtime->Load(c.slot.file, c.slot.arena, c.store.options_);
      },
      &call);
  if (!returned) std::construct_at(slot.runtime);
  slot.present = returned && call.status == base::Status::kOk;
  return returned ? call.status : base::Status::kFirmwareTrap;
}

base::Status ModelStore::LoadUpload() {
  candidate_.arena = AlignedBetween(EndOf(candidate_.file), EndOf(gap_));
  const base::Status status = LoadInto(candidate_);
  return status == base::Status::kOutOfMemory && active_.present ? LoadUploadAlone() : status;
}

base::Status ModelStore::LoadUploadAlone() {
  candidate_.runtime->Unload();
  candidate_.present = false;
  if (!active_.present) return base::Status::kOutOfMemory;
  const base::MutableBytes best = LargestPiece(region_, std::array{active_.file, candidate_.file});
  if (best.size() <= candidate_.arena.size()) return base::Status::kOutOfMemory;
  displaced_ = active_;
  const size_t arena_bytes = untrimmed_bytes_.value_or(active_.arena.size());
  displaced_.arena = {active_.arena.data(), arena_bytes + active_.inputs.size()};
  DropActive();
  candidate_.arena = best;
  return LoadInto(candidate_);
}

// Once the candidate is gone: the old file is still where it was, and so is the memory of its
// arena, which overlaps what the candidate had.
void ModelStore::ReloadDisplaced() {
  if (!displaced_.present) return;
  active_.file = displaced_.file;
  active_.arena = displaced_.arena;
  displaced_.present = false;
  if (LoadInto(active_) != base::Status::kOk) Forget();
}

size_t ModelStore::candidate_free_bytes() const {
  return candidate_.arena.size() - AlignUp(candidate_.runtime->arena_bytes_used());
}

void ModelStore::Commit() {
  if (active_.present) DropActive();
  std::swap(active_, candidate_);
  displaced_.present = false;
  gap_ = {};
  ++epoch_;
}

void ModelStore::Abandon() {
  if (candidate_.present) candidate_.runtime->Unload();
  candidate_ = {
      .runtime = candidate_.runtime, .file = {}, .arena = {}, .inputs = {}, .present = false};
  gap_ = {};
  RestoreActive();
  ReloadDisplaced();
}

}  // namespace firmware
