// SPDX-License-Identifier: Apache-2.0

#include "firmware/app/model_store.h"

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

// Its runtime may be unusable after a trap; it is replaced without running its destructor.
void ModelStore::Forget() {
  std::construct_at(active_.runtime);
  trimmed_ = false;
  ++epoch_;
}

void ModelStore::DropActive() {
  active_.runtime->Unload();
  Forget();
}

base::Status ModelStore::TakeInputs(size_t size_bytes, std::array<base::MutableBytes, 2>& sets) {
  active_.runtime->DropReplay();
  const size_t whole = active_.arena.size() + active_.inputs.size();
  const size_t free = whole - AlignUp(active_.runtime->arena_bytes_used());
  if (size_bytes > free) return base::Status::kOutOfMemory;
  const size_t set_bytes = AlignUp(size_bytes);
  const size_t taken = set_bytes > free - set_bytes ? set_bytes : 2 * set_bytes;
  const base::Status resized = active_.runtime->ResizeArena(whole - taken);
  if (resized != base::Status::kOk) return resized;
  active_.arena = {active_.arena.data(), whole - taken};
  active_.inputs = {EndOf(active_.arena), taken};
  sets = {active_.inputs.first(set_bytes), active_.inputs.last(set_bytes)};
  return base::Status::kOk;
}

// Gives the largest gap that the model in service leaves.
base::MutableBytes ModelStore::TrimActive() {
  if (!has_model()) return region_;
  active_.runtime->DropReplay();
  const size_t used = AlignUp(active_.runtime->arena_bytes_used());
  trimmed_ = active_.runtime->ResizeArena(used) == base::Status::kOk;
  const base::MutableBytes arena = trimmed_ ? active_.arena.first(used) : active_.arena;
  return LargestPiece(region_, std::array{active_.file, arena, active_.inputs});
}

void ModelStore::BeginUpload() {
  Abandon();
  gap_ = TrimActive();
  candidate_.file = gap_.first(0);
}

// The old model gives way to what was received so far, which moves to the start of the region, and
// as much more. False if that is more than there is.
bool ModelStore::MakeRoom(size_t more_bytes) {
  const base::MutableBytes received = candidate_.file;
  if (more_bytes > region_.size() - received.size()) return false;
  DropActive();
  std::memmove(region_.data(), received.data(), received.size());
  candidate_.file = region_.first(received.size());
  gap_ = region_;
  return true;
}

base::Status ModelStore::ReserveUpload(size_t size_bytes, base::MutableBytes& room) {
  const size_t have = candidate_.file.size();
  if (size_bytes > gap_.size() - have && !MakeRoom(size_bytes)) {
    return base::Status::kProtocolMessageTooBig;
  }
  candidate_.file = gap_.first(have + size_bytes);
  room = candidate_.file.subspan(have);
  return base::Status::kOk;
}

base::Status ModelStore::LoadInto(Slot& slot) {
  struct Call {
    Slot& slot;
    const runtime::LoadOptions& options;
    base::Status status;
  } call = {slot, options_, base::Status::kFirmwareTrap};
  // The library query of each executable is the model's own code.
  const bool returned = watch_.RunGuarded(
      "loading the model",
      [](void* argument) {
        auto& c = *static_cast<Call*>(argument);
        c.status = c.slot.runtime->Load(c.slot.file, c.slot.arena, c.options);
      },
      &call);
  if (!returned) std::construct_at(slot.runtime);
  return call.status;
}

base::Status ModelStore::LoadUpload() {
  candidate_.arena = AlignedBetween(EndOf(candidate_.file), EndOf(gap_));
  const base::Status status = LoadInto(candidate_);
  return status == base::Status::kOutOfMemory ? LoadUploadAlone() : status;
}

base::Status ModelStore::LoadUploadAlone() {
  candidate_.runtime->Unload();
  if (!has_model()) return base::Status::kOutOfMemory;
  const base::MutableBytes best = LargestPiece(region_, std::array{active_.file, candidate_.file});
  if (best.size() <= candidate_.arena.size()) return base::Status::kOutOfMemory;
  DropActive();
  displaced_ = true;
  candidate_.arena = best;
  return LoadInto(candidate_);
}

size_t ModelStore::candidate_free_bytes() const {
  return candidate_.arena.size() - AlignUp(candidate_.runtime->arena_bytes_used());
}

void ModelStore::Commit() {
  DropActive();
  std::swap(active_.runtime, candidate_.runtime);
  active_.file = candidate_.file;
  active_.arena = candidate_.arena;
  active_.inputs = {};
  displaced_ = false;
  Abandon();
}

void ModelStore::Abandon() {
  candidate_.runtime->Unload();
  candidate_.file = {};
  gap_ = {};
  // Cannot fail: this is memory that was the arena's before.
  if (trimmed_) (void)active_.runtime->ResizeArena(active_.arena.size());
  trimmed_ = false;
  if (!displaced_) return;
  // The old file is still where it was, and so is the memory of its arena, which the candidate had.
  displaced_ = false;
  active_.arena = {active_.arena.data(), active_.arena.size() + active_.inputs.size()};
  active_.inputs = {};
  if (LoadInto(active_) != base::Status::kOk) Forget();
}

}  // namespace firmware
