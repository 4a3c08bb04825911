// SPDX-License-Identifier: Apache-2.0

#include "host/scenario/nearest_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace host {
namespace {

constexpr size_t kMaxCompared = 64;

// Levenshtein distance of two texts of at most kMaxCompared characters.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::array<size_t, kMaxCompared + 1> row{};
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view start = name.substr(0, kMaxCompared);
  std::string_view nearest;
  size_t nearest_distance = kMaxCompared + 1;
  for (const std::string_view candidate : candidates) {
    const std::string_view candidate_start = candidate.substr(0, kMaxCompared);
    const size_t longer = std::max(start.size(), candidate_start.size());
    const size_t allowed = std::max<size_t>(2, longer / 3);
    const size_t distance = EditDistance(start, candidate_start);
    if (distance <= allowed && distance < longer && distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

std::string Suggestion(std::string_view name, std::span<const std::string_view> candidates) {
  const std::string_view nearest = NearestName(name, candidates);
  if (!nearest.empty()) return fmt::format("; did you mean '{}'?", nearest);
  return fmt::format("; valid are {}", fmt::join(candidates, ", "));
}

}  // namespace host
