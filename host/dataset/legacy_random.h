// SPDX-License-Identifier: Apache-2.0

// The random numbers of NumPy's RandomState (MT19937 and the "legacy" distributions), bit for bit,
// because the reference's choice of test samples and its padding noise come from them
// (kenning-contract, sections 3.2 and 3.3). Not for anything that needs to be unpredictable.
#ifndef HOST_DATASET_LEGACY_RANDOM_H_
#define HOST_DATASET_LEGACY_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace host {

class LegacyRandom {
 public:
  explicit LegacyRandom(uint32_t seed) : engine_(seed) {}

  // Uniform in [0, 1) with 53 bits, as RandomState.rand.
  [[nodiscard]] double NextDouble();
  // Uniform in [0, max], by masked rejection.
  [[nodiscard]] uint32_t NextInterval(uint32_t max);

  // Fisher-Yates from the end, as RandomState.shuffle.
  template <typename T>
  void Shuffle(std::span<T> items) {
    for (size_t i = items.size(); i-- > 1;) {
      std::swap(items[i], items[NextInterval(static_cast<uint32_t>(i))]);
    }
  }
  template <typename T>
  [[nodiscard]] std::vector<T> Permutation(std::vector<T> items) {
    Shuffle(std::span<T>(items));
    return items;
  }
  // `count` different items in random order, as RandomState.choice(items, count, replace=False).
  [[nodiscard]] std::vector<size_t> Choose(const std::vector<size_t>& items, size_t count);

 private:
  std::mt19937 engine_;
};

}  // namespace host

#endif  // HOST_DATASET_LEGACY_RANDOM_H_
