// SPDX-License-Identifier: Apache-2.0

#include "host/session/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace host {
namespace {

constexpr size_t kMaxShards = 100'000;

bool ParseNumber(std::string_view text, size_t* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<Shard> ParseShard(std::string_view text) {
  const size_t slash = text.find('/');
  size_t number = 0;
  size_t count = 0;
  if (slash == std::string_view::npos || !ParseNumber(text.substr(0, slash), &number) ||
      !ParseNumber(text.substr(slash + 1), &count) || number < 1 || number > count ||
      count > kMaxShards) {
    return InputError(fmt::format("'{}' is not i/n with i from 1 to n", text));
  }
  return Shard{number - 1, count};
}

SampleRange PartOf(const SampleRange& range, const Shard& shard) {
  // A range begins with a block, or is empty.
  const size_t blocks = (range.size() + kBlockSamples - 1) / kBlockSamples;
  const auto boundary = [&](size_t index) {
    return std::min(range.first + blocks * index / shard.count * kBlockSamples, range.last);
  };
  return {boundary(shard.index), boundary(shard.index + 1), range.total};
}

std::vector<SampleRange> PartsOf(const SampleRange& range, size_t devices) {
  std::vector<SampleRange> parts;
  for (size_t i = 0; i < devices; ++i) {
    const SampleRange part = PartOf(range, {i, devices});
    if (part.size() > 0) parts.push_back(part);
  }
  if (parts.empty()) parts.push_back(range);
  return parts;
}

}  // namespace host
