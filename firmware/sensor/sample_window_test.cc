// SPDX-License-Identifier: Apache-2.0

#include "firmware/sensor/sample_window.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace firmware {
namespace {

using Sample = std::array<float, 3>;
using Window = SampleWindow<Sample, 16>;

Sample Numbered(int n) {
  return {static_cast<float>(3 * n), static_cast<float>(3 * n + 1), static_cast<float>(3 * n + 2)};
}

std::vector<float> Content(const Window& window) {
  std::vector<uint8_t> bytes(window.size_bytes(), 0xA5);
  window.CopyTo(bytes);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// The predecessor copied element counts as byte counts, so that most of the window was garbage:
// every value is looked at, at every position of the ring.
TEST(SampleWindowTest, TheWholeWindowOldestFirstAtEveryPosition) {
  for (int length : {1, 2, 7, 16}) {
    Window window;
    window.Reset(static_cast<size_t>(length));
    for (int pushed = 1; pushed <= 3 * length; ++pushed) {
      EXPECT_EQ(window.full(), pushed > length);
      window.Push(Numbered(pushed));
      if (pushed < length) continue;
      ASSERT_TRUE(window.full());
      std::vector<float> expected;
      for (int n = pushed - length + 1; n <= pushed; ++n) {
        for (float value : Numbered(n)) expected.push_back(value);
      }
      EXPECT_EQ(Content(window), expected) << length << " long, " << pushed << " pushed";
    }
  }
}

TEST(SampleWindowTest, ResetForgets) {
  Window window;
  EXPECT_FALSE(window.full());
  window.Reset(2);
  window.Push(Numbered(1));
  window.Push(Numbered(2));
  EXPECT_TRUE(window.full());
  window.Reset(3);
  EXPECT_FALSE(window.full());
  EXPECT_EQ(window.size_bytes(), 36u);
}

}  // namespace
}  // namespace firmware
