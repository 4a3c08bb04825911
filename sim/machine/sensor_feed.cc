// SPDX-License-Identifier: Apache-2.0

#include "sim/machine/sensor_feed.h"

#include <charconv>

namespace sim {
namespace {

constexpr std::string_view kBlanks = " \t\r";

}  // namespace

std::expected<std::vector<AccelerationSample>, FeedError> ParseSensorFeed(std::string_view text) {
  std::vector<AccelerationSample> samples;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    AccelerationSample sample{};
    size_t values = 0;
    while (true) {
      const size_t start = line.find_first_not_of(kBlanks);
      if (start == std::string_view::npos) break;
      line.remove_prefix(start);
      const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
      line.remove_prefix(word.size());
      int16_t value = 0;
      const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || rest != word.data() + word.size() || values == sample.size()) {
        return std::unexpected(
            FeedError{number, "a sample is three integers between -32768 and 32767, x y z"});
      }
      sample[values++] = value;
    }
    if (values == 0) continue;
    if (values != sample.size()) {
      return std::unexpected(FeedError{number, "a sample has three values, x y z"});
    }
    if (samples.size() == kMaxFeedSamples) {
      return std::unexpected(FeedError{number, "more samples than 28 hours have"});
    }
    samples.push_back(sample);
  }
  if (samples.empty()) return std::unexpected(FeedError{1, "there are no samples"});
  return samples;
}

}  // namespace sim
