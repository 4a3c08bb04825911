// SPDX-License-Identifier: Apache-2.0

#include "host/device/renode_dump_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "base/byte_reader.h"
#include "base/try.h"

namespace host {
namespace {

constexpr uint32_t kMaxCpus = 64;
constexpr uint32_t kMaxPeripherals = 4096;
constexpr uint32_t kMaxNameBytes = 1024;
constexpr size_t kMaxBins = 10'000'000;
constexpr double kMaxVirtualTimeMs = 1e12;  // 30 years
constexpr double kNanosecondsPerMillisecond = 1e6;

enum EntryType : uint8_t { kInstructions = 0, kMemory = 1, kPeripheral = 2, kException = 3 };
constexpr uint8_t kMemoryRead = 2, kMemoryWrite = 3, kPeripheralWrite = 1;

struct Range {
  std::string name;
  uint64_t start;
  uint64_t last;
};

class DumpReader {
 public:
  DumpReader(std::istream& dump, uint64_t bin_width_ns) : dump_(dump), width_ns_(bin_width_ns) {
    profile_.bin_width_ns = bin_width_ns;
  }

  Result<sim::Profile> Read() {
    TRY(ReadHeader());
    TRY(FindSlotWidth());
    while (true) {
      const uint64_t start = offset_;
      Result<bool> more = ReadEntry();
      if (!more) {
        if (cut_off_) break;  // the last entry was being written
        more.error().place = fmt::format("profiler dump@{:#x}", start);
        return std::unexpected(std::move(more).error());
      }
      if (!*more) break;
    }
    for (auto& [start, bin] : bins_) profile_.bins.push_back(std::move(bin));
    for (const uint64_t count : executed_) profile_.instructions += count;
    return std::move(profile_);
  }

 private:
  template <typename T>
  Result<T> Take() {
    std::array<uint8_t, sizeof(T)> bytes;
    dump_.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
    if (dump_.gcount() != static_cast<std::streamsize>(bytes.size())) {
      cut_off_ = true;
      return RunError("the dump ends in the middle of an entry");
    }
    offset_ += sizeof(T);
    return base::LoadLe<T>(bytes.data());
  }

  Result<std::string> TakeName() {
    const auto size = TRY(Take<uint32_t>());
    if (size > kMaxNameBytes) return RunError("a name in the dump's header is too long");
    std::string name(size, '\0');
    dump_.read(name.data(), static_cast<std::streamsize>(size));
    if (dump_.gcount() != static_cast<std::streamsize>(size)) {
      return RunError("the dump ends in its header");
    }
    offset_ += size;
    return name;
  }

  Result<> ReadHeader() {
    const auto cpus = TRY(Take<uint32_t>());
    if (cpus == 0 || cpus > kMaxCpus) return RunError("this is no dump of Renode's profiler");
    executed_.resize(cpus);
    for (uint32_t i = 0; i < cpus; ++i) {
      TRY(Take<uint32_t>());  // slot
      TRY(TakeName());
    }
    const auto peripherals = TRY(Take<uint32_t>());
    if (peripherals > kMaxPeripherals) return RunError("this is no dump of Renode's profiler");
    for (uint32_t i = 0; i < peripherals; ++i) {
      std::string name = TRY(TakeName());
      const auto start = TRY(Take<uint64_t>());
      const auto last = TRY(Take<uint64_t>());
      ranges_.push_back({std::move(name), start, last});
    }
    // An address belongs to the first in this order.
    std::ranges::sort(ranges_, {}, &Range::name);
    for (const Range& range : ranges_) {
      profile_.peripherals.push_back({range.name,
                                      static_cast<sim::GuestAddr>(range.start),
                                      static_cast<uint32_t>(range.last - range.start + 1),
                                      {}});
    }
    return {};
  }

  // The slot of an instructions entry has 1 byte in Renode before August 2024, 4 since. The first
  // entry of that kind tells: only with the right width is what follows an entry, or the end.
  Result<> FindSlotWidth() {
    const std::istream::pos_type here = dump_.tellg();
    constexpr std::streamoff kHead = 17;
    while (true) {
      std::array<uint8_t, kHead> head;
      dump_.read(reinterpret_cast<char*>(head.data()), head.size());
      if (dump_.gcount() != kHead) break;
      const uint8_t type = head[kHead - 1];
      if (type != kInstructions) {
        dump_.seekg(type == kMemory ? 1 : type == kPeripheral ? 9 : 8, std::ios::cur);
        continue;
      }
      std::array<uint8_t, 4 + 8 + kHead> rest;
      dump_.read(reinterpret_cast<char*>(rest.data()), rest.size());
      const auto have = static_cast<size_t>(dump_.gcount());
      const auto fits = [&](size_t width) {
        uint64_t slot = 0;
        for (size_t i = width; i-- > 0;) slot = slot << 8 | rest[i];
        if (slot >= executed_.size()) return false;
        const size_t next = width + sizeof(uint64_t);
        return have == next || (have >= next + kHead && rest[next + kHead - 1] <= kException &&
                                PlausibleTime(&rest[next + sizeof(int64_t)]));
      };
      slot_bytes_ = fits(4) || !fits(1) ? 4 : 1;
      break;
    }
    dump_.clear();
    dump_.seekg(here);
    return {};
  }

  static bool PlausibleTime(const uint8_t* bytes) {
    const auto ms = std::bit_cast<double>(base::LoadLe<uint64_t>(bytes));
    return ms >= 0 && ms <= kMaxVirtualTimeMs;
  }

  Result<bool> ReadEntry() {
    if (dump_.peek() == std::istream::traits_type::eof()) return false;
    TRY(Take<int64_t>());  // real time
    const auto ms = std::bit_cast<double>(TRY(Take<uint64_t>()));
    if (!(ms >= 0 && ms <= kMaxVirtualTimeMs)) return RunError("a time in the dump is impossible");
    const auto time_ns = static_cast<uint64_t>(ms * kNanosecondsPerMillisecond + 0.5);
    profile_.virtual_time_ns = std::max(profile_.virtual_time_ns, time_ns);
    const auto type = TRY(Take<uint8_t>());
    switch (type) {
      case kInstructions: {
        const uint64_t slot = slot_bytes_ == 4 ? TRY(Take<uint32_t>()) : TRY(Take<uint8_t>());
        const auto total = TRY(Take<uint64_t>());
        if (slot >= executed_.size()) return RunError("the dump names a CPU that it does not have");
        if (total < executed_[slot]) return RunError("a CPU's instruction count went backwards");
        sim::Bin* bin = TRY(BinAt(time_ns));
        bin->instructions += total - executed_[slot];
        executed_[slot] = total;
        return true;
      }
      case kMemory: {
        const auto operation = TRY(Take<uint8_t>());
        sim::Bin* bin = TRY(BinAt(time_ns));
        bin->memory.reads += operation == kMemoryRead ? 1 : 0;
        bin->memory.writes += operation == kMemoryWrite ? 1 : 0;
        return true;
      }
      case kPeripheral: {
        const auto operation = TRY(Take<uint8_t>());
        const auto address = TRY(Take<uint64_t>());
        sim::Bin* bin = TRY(BinAt(time_ns));
        for (size_t i = 0; i < ranges_.size(); ++i) {
          if (address < ranges_[i].start || address > ranges_[i].last) continue;
          sim::AccessCount& count = bin->peripherals[i];
          ++(operation == kPeripheralWrite ? count.writes : count.reads);
          break;
        }
        return true;
      }
      case kException: {
        TRY(Take<uint64_t>());
        ++TRY(BinAt(time_ns))->exceptions;
        return true;
      }
      default:
        return RunError(fmt::format("the dump has an entry of unknown type {}", type));
    }
  }

  Result<sim::Bin*> BinAt(uint64_t time_ns) {
    const uint64_t start_ns = time_ns - time_ns % width_ns_;
    if (last_ != nullptr && last_->start_ns == start_ns) return last_;
    if (bins_.size() == kMaxBins) return RunError("the dump covers more intervals than fit");
    sim::Bin& bin = bins_[start_ns];
    if (bin.peripherals.empty()) {
      bin.start_ns = start_ns;
      bin.peripherals.resize(ranges_.size());
    }
    return last_ = &bin;
  }

  std::istream& dump_;
  uint64_t width_ns_;
  uint64_t offset_ = 0;
  bool cut_off_ = false;
  size_t slot_bytes_ = 4;
  std::vector<Range> ranges_;
  std::vector<uint64_t> executed_;  // by CPU, cumulative
  std::map<uint64_t, sim::Bin> bins_;
  sim::Bin* last_ = nullptr;
  sim::Profile profile_;
};

}  // namespace

Result<sim::Profile> ReadRenodeDump(std::istream& dump, uint64_t bin_width_ns) {
  return DumpReader(dump, bin_width_ns).Read();
}

}  // namespace host
