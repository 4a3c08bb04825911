// SPDX-License-Identifier: Apache-2.0

// Where models lie: one region of memory for the model in service, its inputs, and a new model that
// is received and loaded beside it.
//
// A new model goes into the largest gap that the model in service leaves (its arena is cut to what
// it uses meanwhile), so at least half of the free memory. It replaces the old one only in Commit;
// until then, and whenever it is dropped, the old one serves on. Three cases cost the old model
// something, all of them only after the new one's size is known to fit the region at all:
//   - it does not fit beside the old one's file and tensors: the old one is given up;
//   - it fits but what is left is not enough for it or its inputs: the old one is unloaded, and
//     loaded again from its file (its variables start afresh) if the new one is dropped even so;
//   - the wire does not tell the size in advance and the gap runs out: as the first case.
#ifndef FIRMWARE_APP_MODEL_STORE_H_
#define FIRMWARE_APP_MODEL_STORE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/status.h"
#include "firmware/app/kernel_watch.h"
#include "runtime/runtime.h"

namespace firmware {

class ModelStore {
 public:
  // `region` starts and ends on 64-byte bounds. Never moved, never freed.
  ModelStore(base::MutableBytes region, KernelWatch& watch, runtime::KernelMode kernel_mode);

  // ---- the model in service ----

  [[nodiscard]] bool has_model() const { return active_.runtime->loaded(); }
  [[nodiscard]] runtime::Runtime& model() { return *active_.runtime; }

  // Memory for the inputs of the model in service, taken from the end of its arena: two sets of
  // that size, or the same one twice if memory is short. Replaces the last.
  [[nodiscard]] base::Status TakeInputs(size_t size_bytes, std::array<base::MutableBytes, 2>& sets);

  // Changes whenever another model is in service, none is, or the same one started afresh: what the
  // owner knows about functions, inputs and results is then void.
  [[nodiscard]] uint32_t epoch() const { return epoch_; }

  // The model in service is no longer to be trusted (its code trapped in the open): forget it
  // without running any of it.
  void Forget();

  // ---- a new one ----

  // Largest model that can be received at all.
  [[nodiscard]] size_t capacity_bytes() const { return region_.size(); }

  // Starts receiving; an earlier new model is dropped.
  void BeginUpload();
  // Room behind what was received so far. Everything received stays in one piece, but may move.
  [[nodiscard]] base::Status ReserveUpload(size_t size_bytes, base::MutableBytes& room);

  // Loads what was received. On failure candidate() tells the reason until Abandon.
  [[nodiscard]] base::Status LoadUpload();
  // Loads it once more, in all the memory that there is without the model in service.
  [[nodiscard]] base::Status LoadUploadAlone();
  [[nodiscard]] runtime::Runtime& candidate() { return *candidate_.runtime; }
  // Bytes free for inputs if the candidate is put in service.
  [[nodiscard]] size_t candidate_free_bytes() const;

  // The loaded candidate replaces the model in service / is dropped.
  void Commit();
  void Abandon();

 private:
  // Memory of one model: [file][arena ... inputs], or file and arena apart.
  struct Slot {
    runtime::Runtime* runtime = nullptr;
    base::MutableBytes file;
    base::MutableBytes arena;   // without the inputs
    base::MutableBytes inputs;  // directly behind the arena
  };

  [[nodiscard]] base::MutableBytes TrimActive();
  [[nodiscard]] bool MakeRoom(size_t more_bytes);
  [[nodiscard]] base::Status LoadInto(Slot& slot);
  void DropActive();

  base::MutableBytes region_;
  KernelWatch& watch_;
  runtime::LoadOptions options_;
  alignas(runtime::Runtime) std::array<std::byte, sizeof(runtime::Runtime)> storage_[2];
  Slot active_;
  Slot candidate_;
  bool trimmed_ = false;    // the active one uses only the start of its arena
  bool displaced_ = false;  // the active one is unloaded while the candidate is in its memory
  base::MutableBytes gap_;  // where the candidate is received
  uint32_t epoch_ = 0;
};

}  // namespace firmware

#endif  // FIRMWARE_APP_MODEL_STORE_H_
