// SPDX-License-Identifier: Apache-2.0

// What a hart reaches by address: memories as host bytes with counters, devices by interface.
// Fast path: ReadableRam/WritableRam give a host pointer that holds for this access; nullptr means
// "not wholly inside one memory", then take Load/Store, which handle devices, misalignment,
// unmapped addresses and traps. Counting is by element, as Renode's profiler counts (shared spec
// platform.md, section 4.5): a vector access of n active elements counts n, a whole-register move
// one per byte. Not thread-safe; the owner of the Bus owns memories and devices.
#ifndef SIM_HART_BUS_H_
#define SIM_HART_BUS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

using GuestAddr = uint32_t;

// Exception causes (privileged specification, mcause).
enum class Cause : uint32_t {
  kInstructionMisaligned = 0,
  kInstructionFault = 1,
  kIllegalInstruction = 2,
  kBreakpoint = 3,
  kLoadMisaligned = 4,
  kLoadFault = 5,
  kStoreMisaligned = 6,
  kStoreFault = 7,
  kEcallFromM = 11,
  kLeaveBlock = 0xffff'ffff,   // no trap: see Hart::AfterDeviceAccess
  kLeaveBefore = 0xffff'fffe,  // no trap: see InsnObserver::Before
};

struct Trap {
  Cause cause;
  uint32_t tval;
};

struct AccessCount {
  uint64_t reads = 0;
  uint64_t writes = 0;
};

struct Memory {
  // One flag a line of this many bytes: decoded code stands there, a store must be noticed.
  static constexpr uint32_t kCodeLineShift = 6;
  static constexpr uint32_t kCodeLinesAtOnce = 16;  // may be read from any valid line's flag on

  std::string name;
  GuestAddr base = 0;
  uint32_t size_bytes = 0;  // multiple of the line size
  uint8_t* bytes = nullptr;
  AccessCount count;
  std::vector<uint8_t> code_lines;

  // Memories are mapped in whole pages of the host.
  static constexpr uint64_t MappedBytes(uint32_t size_bytes) {
    constexpr uint64_t kPage = 4096;
    return (size_bytes + kPage - 1) / kPage * kPage;
  }
  // Offsets [addr - base, + size) lie inside; cannot wrap. size >= 1.
  [[nodiscard]] bool Contains(GuestAddr addr, uint32_t size) const {
    const uint32_t offset = addr - base;
    return offset < size_bytes && size <= size_bytes - offset;
  }
};

class StateStream;

// A register block. Width is 1, 2 or 4 and the offset is aligned to it.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual uint32_t Read(uint32_t offset, uint32_t width) = 0;
  virtual void Write(uint32_t offset, uint32_t width, uint32_t value) = 0;
  // Saves or loads everything that a later access can notice (state_stream.h); a device that
  // remembers nothing has nothing to do.
  virtual void Exchange(StateStream& s) { (void)s; }
};

enum class UnmappedPolicy : uint8_t { kReadZero, kFault };
enum class MisalignedPolicy : uint8_t { kTrap, kAllow };

class Bus {
 public:
  struct MappedDevice {
    std::string name;
    GuestAddr base;
    uint32_t size_bytes;
    Device* device;
    AccessCount count;
  };

  // The first memory added is looked at first. Ranges must not overlap.
  void AddMemory(std::string name, GuestAddr base, uint32_t size_bytes);
  void AddDevice(std::string name, GuestAddr base, uint32_t size_bytes, Device* device);

  // Host bytes of [addr, addr + size) for reading or writing `elements` elements, counted;
  // nullptr (nothing counted) if they do not lie in one memory. size >= 1. Alignment is the
  // caller's question (MayMisalign).
  [[nodiscard]] const uint8_t* ReadableRam(GuestAddr addr, uint32_t size, uint32_t elements) {
    Memory* memory = Find(addr, size);
    if (memory == nullptr) return nullptr;
    memory->count.reads += elements;
    return memory->bytes + (addr - memory->base);
  }
  [[nodiscard]] uint8_t* WritableRam(GuestAddr addr, uint32_t size, uint32_t elements) {
    Memory* memory = Find(addr, size);
    if (memory == nullptr) return nullptr;
    memory->count.writes += elements;
    NoticeCodeWrite(*memory, addr - memory->base, size);
    return memory->bytes + (addr - memory->base);
  }
  // Uncounted, for the host's own looks (loader, simprint text, tests).
  [[nodiscard]] uint8_t* Ram(GuestAddr addr, uint32_t size) {
    Memory* memory = Find(addr, size);
    return memory == nullptr ? nullptr : memory->bytes + (addr - memory->base);
  }

  // One element of 1, 2 or 4 bytes, any address, memory or device; the whole policy. False: *trap
  // is set (misaligned 4/6, fault 5/7 with the address as tval), nothing was accessed.
  [[nodiscard]] bool Load(GuestAddr addr, uint32_t width, uint32_t* value, Trap* trap);
  [[nodiscard]] bool Store(GuestAddr addr, uint32_t width, uint32_t value, Trap* trap);

  [[nodiscard]] bool MayMisalign() const { return misaligned_ == MisalignedPolicy::kAllow; }
  void SetPolicies(MisalignedPolicy misaligned, UnmappedPolicy unmapped) {
    misaligned_ = misaligned;
    unmapped_ = unmapped;
  }

  // Called with the address of an access that hits nothing (UnmappedPolicy::kReadZero).
  std::function<void(GuestAddr addr, bool is_write)> on_unmapped;
  // A store hit a line that holds decoded code; the hart drops its blocks and clears this.
  bool code_written = false;

  // Says whether decoded code stands in [addr, addr + size), which lies inside one memory.
  void MarkCode(GuestAddr addr, uint32_t size, bool is_code);

  [[nodiscard]] std::vector<std::unique_ptr<Memory>>& memories() { return memories_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Memory>>& memories() const { return memories_; }
  [[nodiscard]] std::vector<MappedDevice>& devices() { return devices_; }
  [[nodiscard]] const std::vector<MappedDevice>& devices() const { return devices_; }

 private:
  [[nodiscard]] Memory* Find(GuestAddr addr, uint32_t size) {
    for (Memory* memory : search_order_) {
      if (memory->Contains(addr, size)) return memory;
    }
    return nullptr;
  }
  void NoticeCodeWrite(const Memory& memory, uint32_t offset, uint32_t size) {
    const uint32_t last = (offset + size - 1) >> Memory::kCodeLineShift;
    for (uint32_t line = offset >> Memory::kCodeLineShift; line <= last; ++line) {
      if (memory.code_lines[line] != 0) [[unlikely]]
        code_written = true;
    }
  }
  [[nodiscard]] MappedDevice* FindDevice(GuestAddr addr, uint32_t width);
  [[nodiscard]] bool LoadMisaligned(GuestAddr addr, uint32_t width, uint32_t* value, Trap* trap);
  [[nodiscard]] bool StoreMisaligned(GuestAddr addr, uint32_t width, uint32_t value, Trap* trap);

  std::vector<Memory*> search_order_;
  std::vector<std::unique_ptr<Memory>> memories_;
  struct Unmap {
    size_t size_bytes;
    void operator()(uint8_t* bytes) const;
  };
  std::vector<std::unique_ptr<uint8_t, Unmap>> storage_;
  std::vector<MappedDevice> devices_;
  MisalignedPolicy misaligned_ = MisalignedPolicy::kTrap;
  UnmappedPolicy unmapped_ = UnmappedPolicy::kReadZero;
};

}  // namespace sim

#endif  // SIM_HART_BUS_H_
