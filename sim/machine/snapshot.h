// SPDX-License-Identifier: Apache-2.0

// A machine frozen between two Runs: registers, memories, devices, virtual time, announced kernels.
// Not the counters: they start at zero when it is restored. A restored machine goes on bit for bit
// as the saved one does. Cheap to copy; may be restored from several threads.
//
// In a file (magic "SPRINGBOK SNAP 1"): configuration, state as StateStream writes it, pages that
// are not zero, and at the end a checksum against damage. Files are foreign: everything is checked,
// and loaded into a machine of its own, before a Snapshot exists.
#ifndef SIM_MACHINE_SNAPSHOT_H_
#define SIM_MACHINE_SNAPSHOT_H_

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/hart/core_config.h"
#include "sim/machine/memory_image.h"

namespace sim {

struct SnapshotError {
  std::string sentence;
  uint64_t offset = 0;  // in the file
};

struct Snapshot {
  // What a machine must have to take it.
  CoreConfig core;
  bool has_sensor = false;

  std::vector<uint8_t> state;
  std::shared_ptr<const MemoryImage> memory;

  [[nodiscard]] std::vector<uint8_t> ToFile() const;
  [[nodiscard]] static std::expected<Snapshot, SnapshotError> FromFile(
      std::span<const uint8_t> bytes);
};

}  // namespace sim

#endif  // SIM_MACHINE_SNAPSHOT_H_
