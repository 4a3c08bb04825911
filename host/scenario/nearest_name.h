// SPDX-License-Identifier: Apache-2.0

// "did you mean …": the candidate closest to a mistyped name, by edit distance.
#ifndef HOST_SCENARIO_NEAREST_NAME_H_
#define HOST_SCENARIO_NEAREST_NAME_H_

#include <span>
#include <string>
#include <string_view>

namespace host {

// The closest candidate, or empty if none is close enough to be a likely typing error (at most a
// third of the longer name differs, at least two letters allowed). Names beyond 64 characters are
// compared by their first 64. Cost: candidates x 64 x 64 steps at most.
[[nodiscard]] std::string_view NearestName(std::string_view name,
                                           std::span<const std::string_view> candidates);

// "; did you mean 'x'?" or, with nothing close, "; valid are a, b, c".
[[nodiscard]] std::string Suggestion(std::string_view name,
                                     std::span<const std::string_view> candidates);

}  // namespace host

#endif  // HOST_SCENARIO_NEAREST_NAME_H_
