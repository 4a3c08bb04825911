// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/test_split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/legacy_random.h"

namespace host {
namespace {

struct Positions {
  std::vector<size_t> train;
  std::vector<size_t> test;
};

// Shares `draws` among classes in proportion to `counts` (largest remainder). Equal remainders are
// decided by the generator, in groups from the largest remainder down, so the order of the draws is
// part of the result.
std::vector<size_t> ShareAmongClasses(const std::vector<size_t>& counts, size_t draws,
                                      LegacyRandom& random) {
  const size_t sum = std::accumulate(counts.begin(), counts.end(), size_t{0});
  std::vector<size_t> shares;
  std::map<double, std::vector<size_t>, std::greater<>> classes_by_remainder;
  size_t missing = draws;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double exact =
        static_cast<double>(counts[i]) / static_cast<double>(sum) * static_cast<double>(draws);
    const double whole = std::floor(exact);
    shares.push_back(static_cast<size_t>(whole));
    missing -= std::min(missing, shares.back());
    classes_by_remainder[exact - whole].push_back(i);
  }
  for (const auto& [remainder, classes] : classes_by_remainder) {
    if (missing == 0) break;
    const size_t count = std::min(classes.size(), missing);
    for (size_t chosen : random.Choose(classes, count)) ++shares[chosen];
    missing -= count;
  }
  return shares;
}

// scikit-learn's StratifiedShuffleSplit with one split: positions into `class_ranks`.
Result<Positions> StratifiedPositions(std::span<const uint32_t> class_ranks, double test_fraction,
                                      uint32_t seed) {
  std::map<uint32_t, std::vector<size_t>> positions_by_class;
  for (size_t i = 0; i < class_ranks.size(); ++i) positions_by_class[class_ranks[i]].push_back(i);
  const size_t total = class_ranks.size();
  const auto test_count =
      static_cast<size_t>(std::ceil(test_fraction * static_cast<double>(total)));
  const size_t train_count = total - std::min(total, test_count);
  const size_t classes = positions_by_class.size();

  std::vector<size_t> counts;
  for (const auto& [rank, positions] : positions_by_class) counts.push_back(positions.size());
  if (total == 0 || std::ranges::min(counts) < 2 || train_count < classes || test_count < classes) {
    return InputError(fmt::format(
        "{} samples of {} classes cannot be divided into {} for training and {} for testing: each "
        "class needs at least two samples, and each part at least one sample a class",
        total, classes, train_count, test_count));
  }

  LegacyRandom random(seed);
  const std::vector<size_t> train_shares = ShareAmongClasses(counts, train_count, random);
  std::vector<size_t> remaining(counts);
  for (size_t i = 0; i < classes; ++i) remaining[i] -= train_shares[i];
  const std::vector<size_t> test_shares = ShareAmongClasses(remaining, test_count, random);

  Positions result;
  size_t i = 0;
  for (const auto& [rank, positions] : positions_by_class) {
    const std::vector<size_t> permuted = random.Permutation(positions);
    const auto train_end = permuted.begin() + static_cast<ptrdiff_t>(train_shares[i]);
    const auto test_end = train_end + static_cast<ptrdiff_t>(test_shares[i]);
    result.train.insert(result.train.end(), permuted.begin(), train_end);
    result.test.insert(result.test.end(), train_end, test_end);
    ++i;
  }
  result.train = random.Permutation(std::move(result.train));
  result.test = random.Permutation(std::move(result.test));
  return result;
}

std::vector<size_t> Take(const std::vector<size_t>& items, const std::vector<size_t>& positions) {
  std::vector<size_t> taken;
  taken.reserve(positions.size());
  for (size_t position : positions) taken.push_back(items[position]);
  return taken;
}

}  // namespace

Result<TestSplit> SplitSamples(std::span<const uint32_t> class_ranks, double test_fraction,
                               std::optional<double> validation_fraction, uint32_t seed) {
  const double validation = validation_fraction.value_or(0.0);
  const bool whole = test_fraction == 1.0 && validation == 0.0;
  // Written so that NaN fails too.
  if (!(test_fraction >= 0.0 && validation >= 0.0 && (whole || test_fraction + validation < 1.0))) {
    return InputError(fmt::format(
        "the test fraction {} and the validation fraction {} must not be negative and must leave "
        "something for training (a test fraction of exactly 1 tests everything)",
        test_fraction, validation));
  }
  std::vector<size_t> indices(class_ranks.size());
  std::iota(indices.begin(), indices.end(), size_t{0});
  LegacyRandom(seed).Shuffle(std::span<size_t>(indices));

  TestSplit split;
  if (whole) {
    split.test = std::move(indices);
    return split;
  }
  if (test_fraction == 0.0) {
    if (validation > 0.0) return InputError("a validation subset needs a test subset beside it");
    split.train = std::move(indices);
    return split;
  }
  // The labels are divided in their own order, but the positions found select from the *shuffled*
  // indices: the tested samples are a seeded random subset, not a stratified one. That is what the
  // reference tests, so it is what is tested here.
  const Positions positions = TRY(StratifiedPositions(class_ranks, test_fraction, seed));
  split.test = Take(indices, positions.test);
  split.train = Take(indices, positions.train);
  if (validation > 0.0) {
    std::vector<uint32_t> train_ranks;
    for (size_t position : positions.train) train_ranks.push_back(class_ranks[position]);
    const Positions inner =
        TRY(StratifiedPositions(train_ranks, validation / (1.0 - test_fraction), seed));
    split.validation = Take(split.train, inner.test);
    split.train = Take(split.train, inner.train);
  }
  return split;
}

}  // namespace host
