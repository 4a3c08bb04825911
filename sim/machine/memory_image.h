// SPDX-License-Identifier: Apache-2.0

// The contents of a machine's memories, frozen: pages are shared with every machine that it is
// mapped into until somebody writes them. Mapping costs microseconds, whatever the size.
// Immutable, may be used from several threads.
#ifndef SIM_MACHINE_MEMORY_IMAGE_H_
#define SIM_MACHINE_MEMORY_IMAGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/hart/bus.h"

namespace sim {

class MemoryImage {
 public:
  static constexpr uint32_t kPageBytes = 4096;

  struct Page {
    uint32_t memory = 0;  // index, in the bus's order
    uint32_t number = 0;
    std::span<const uint8_t> bytes;  // fewer than kPageBytes only at the memory's end
  };

  // Copies what lies in the memories. nullptr: the system has no memory for it.
  [[nodiscard]] static std::shared_ptr<const MemoryImage> Of(const Bus& bus);
  // Copies these pages, which lie inside the memories; the rest is zero.
  [[nodiscard]] static std::shared_ptr<const MemoryImage> Of(const Bus& bus,
                                                             std::span<const Page> pages);
  ~MemoryImage();
  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;

  // Whether the bus has memories as those that the image was made of.
  [[nodiscard]] bool Fits(const Bus& bus) const;
  // It Fits. False: the system refused; what lies in the memories then is undefined.
  [[nodiscard]] bool MapInto(Bus& bus) const;

  // Those that are not all zero.
  [[nodiscard]] std::vector<Page> Pages() const;

 private:
  MemoryImage() = default;

  struct Part {
    uint64_t offset = 0;  // in the file
    GuestAddr base = 0;
    uint32_t size_bytes = 0;
  };
  int descriptor_ = -1;
  const uint8_t* bytes_ = nullptr;
  uint64_t size_bytes_ = 0;
  std::vector<Part> parts_;
};

}  // namespace sim

#endif  // SIM_MACHINE_MEMORY_IMAGE_H_
