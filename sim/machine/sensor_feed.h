// SPDX-License-Identifier: Apache-2.0

// The samples a simulated accelerometer gives, as text: one sample a line, three integers x y z of
// 16 bits between blanks. Empty lines are skipped. The format is Renode's (shared spec platform.md,
// section 2.4).
#ifndef SIM_MACHINE_SENSOR_FEED_H_
#define SIM_MACHINE_SENSOR_FEED_H_

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

using AccelerationSample = std::array<int16_t, 3>;

struct FeedError {
  size_t line = 0;  // from 1
  std::string sentence;
};

inline constexpr size_t kMaxFeedSamples = 10'000'000;  // 28 hours at 100 Hz

[[nodiscard]] std::expected<std::vector<AccelerationSample>, FeedError> ParseSensorFeed(
    std::string_view text);

}  // namespace sim

#endif  // SIM_MACHINE_SENSOR_FEED_H_
