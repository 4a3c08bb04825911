// SPDX-License-Identifier: Apache-2.0

// Which samples are tested, and in what order: the reference's procedure step for step, with
// scikit-learn's stratified split inside it (kenning-contract, section 3.3). The result depends on
// counts and order of the labels and on the seed only.
#ifndef HOST_DATASET_TEST_SPLIT_H_
#define HOST_DATASET_TEST_SPLIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/error/error.h"

namespace host {

struct TestSplit {
  std::vector<size_t> train;
  std::vector<size_t> test;
  std::vector<size_t> validation;
};

// `class_ranks[i]` is the place of sample i's class in the order in which the split visits classes:
// the label itself for integer labels, the reverse for one-hot rows (they are compared as text).
// Fails (kInput) if a fraction is out of range or a class has too few samples to be divided.
[[nodiscard]] Result<TestSplit> SplitSamples(std::span<const uint32_t> class_ranks,
                                             double test_fraction,
                                             std::optional<double> validation_fraction,
                                             uint32_t seed);

}  // namespace host

#endif  // HOST_DATASET_TEST_SPLIT_H_
