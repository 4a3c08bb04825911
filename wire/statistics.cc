// SPDX-License-Identifier: Apache-2.0

#include "wire/statistics.h"

#include <algorithm>
#include <cstring>

namespace wire {

void EncodeAllocationStatistics(std::span<const uint32_t, 6> values,
                                std::span<uint8_t, kAllocationStatisticsBytes> out) {
  std::memcpy(out.data(), values.data(), out.size());
}

size_t EncodeStatistic(Generation generation, const Statistic& statistic, base::MutableBytes out) {
  constexpr size_t kNameWords = kStatisticNameBytes / sizeof(uint64_t);
  std::array<uint64_t, kNameWords + 2> record = {};
  std::memcpy(record.data(), statistic.name.data(),
              std::min(statistic.name.size(), kStatisticNameBytes));
  size_t words = kNameWords;
  if (generation != Generation::kLegacy) record[words++] = static_cast<uint8_t>(statistic.kind);
  record[words++] = statistic.value;
  std::memcpy(out.data(), record.data(), words * sizeof(uint64_t));
  return words * sizeof(uint64_t);
}

base::Result<StatisticList> DecodeStatistics(Generation generation, base::Bytes payload) {
  StatisticList list;
  if (payload.size() == kAllocationStatisticsBytes) {
    for (std::string_view name : kAllocationNames) {
      list.items[list.count] = {name, StatisticKind::kAllocation,
                                base::LoadLe<uint32_t>(payload.data() + 4 * list.count)};
      ++list.count;
    }
    return list;
  }
  const size_t record_bytes = StatisticRecordBytes(generation);
  if (payload.size() % record_bytes != 0)
    return std::unexpected(base::Status::kProtocolDataInvalid);
  if (payload.size() / record_bytes > kMaxStatistics) {
    return std::unexpected(base::Status::kProtocolMessageTooBig);
  }
  for (; list.count < payload.size() / record_bytes; ++list.count) {
    const uint8_t* record = payload.data() + list.count * record_bytes;
    Statistic& item = list.items[list.count];
    const char* name = reinterpret_cast<const char*>(record);
    item.name = {name,
                 static_cast<size_t>(std::find(name, name + kStatisticNameBytes, '\0') - name)};
    if (generation != Generation::kLegacy) {
      const auto kind = base::LoadLe<uint64_t>(record + kStatisticNameBytes);
      if (kind > static_cast<uint64_t>(StatisticKind::kInferenceTimeNs)) {
        return std::unexpected(base::Status::kProtocolDataInvalid);
      }
      item.kind = static_cast<StatisticKind>(kind);
    }
    item.value = base::LoadLe<uint64_t>(record + record_bytes - sizeof(uint64_t));
  }
  return list;
}

}  // namespace wire
