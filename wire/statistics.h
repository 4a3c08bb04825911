// SPDX-License-Identifier: Apache-2.0

// The payload of a STATS answer: 24 bytes (six allocator counters), or named records of 40 bytes on
// the legacy wire and 48 on the newer ones.
// Facts: shared spec kenning-contract.md, sections 5.1.3 and 5.2.7.
#ifndef WIRE_STATISTICS_H_
#define WIRE_STATISTICS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "base/status.h"
#include "wire/message.h"

namespace wire {

enum class StatisticKind : uint8_t {
  kDefault = 0,
  kAllocation = 1,  // bytes; the only kind today's Kenning keeps
  kInferenceTimeNs = 2,
};

inline constexpr size_t kStatisticNameBytes = 32;
inline constexpr size_t kMaxStatistics = 64;  // records that a decoder takes

struct Statistic {
  std::string_view name;  // at most kStatisticNameBytes characters
  StatisticKind kind = StatisticKind::kDefault;
  uint64_t value = 0;
};

// In this order they make the 24-byte form.
inline constexpr std::array<const char*, 6> kAllocationNames = {
    "host_bytes_peak",   "host_bytes_allocated",   "host_bytes_freed",
    "device_bytes_peak", "device_bytes_allocated", "device_bytes_freed",
};
inline constexpr size_t kAllocationStatisticsBytes = 24;

// The 24-byte form.
void EncodeAllocationStatistics(std::span<const uint32_t, 6> values,
                                std::span<uint8_t, kAllocationStatisticsBytes> out);

[[nodiscard]] constexpr size_t StatisticRecordBytes(Generation generation) {
  return generation == Generation::kLegacy ? 40 : 48;
}

// A named record to the start of `out`, which holds StatisticRecordBytes: the bytes written. A
// longer name is cut.
size_t EncodeStatistic(Generation generation, const Statistic& statistic, base::MutableBytes out);

struct StatisticList {
  std::array<Statistic, kMaxStatistics> items;
  size_t count = 0;

  [[nodiscard]] std::span<const Statistic> span() const { return std::span(items).first(count); }
};

// Any of the forms; an empty payload is an empty list. Names point into `payload` or are constants.
// kProtocolDataInvalid for a size that is none, kProtocolMessageTooBig for more than
// kMaxStatistics.
[[nodiscard]] base::Result<StatisticList> DecodeStatistics(Generation generation,
                                                           base::Bytes payload);

}  // namespace wire

#endif  // WIRE_STATISTICS_H_
