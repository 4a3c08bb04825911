// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/person_image.h"

#include <algorithm>
#include <cmath>

namespace host {
namespace {

constexpr size_t kChannels = 3;
// What the network of the contract's section 4.2 was quantised with.
constexpr float kInputScale = 0.007843137718737125f;
constexpr float kInputZeroPoint = -1.0f;

// The two source elements of one output element, and the second one's weight.
struct Tap {
  size_t first;
  size_t second;
  float weight;
};

// Centres of output elements laid over the source. Beyond the first and last source element the
// reference drops the weight of columns, but keeps the one of rows and takes the edge row twice.
std::vector<Tap> Taps(int source, int target, bool is_rows) {
  std::vector<Tap> taps;
  const double scale = static_cast<double>(source) / target;
  for (int i = 0; i < target; ++i) {
    const double position = (i + 0.5) * scale - 0.5;
    const auto whole = static_cast<int>(std::floor(position));
    auto weight = static_cast<float>(position - whole);
    if (!is_rows && (whole < 0 || whole >= source - 1)) weight = 0;
    const auto inside = [&](int at) { return static_cast<size_t>(std::clamp(at, 0, source - 1)); };
    taps.push_back({inside(whole), inside(whole + 1), weight});
  }
  return taps;
}

// 8 bits, with weights of 11 bits.
std::vector<uint8_t> ResizeBytes(const RgbImage& image, int width, int height) {
  struct Fixed {
    int first;
    int second;
  };
  const auto fixed = [](float weight) {
    return Fixed{static_cast<int>(std::nearbyint((1.0f - weight) * 2048.0f)),
                 static_cast<int>(std::nearbyint(weight * 2048.0f))};
  };
  const std::vector<Tap> columns = Taps(image.width, width, false);
  const size_t row_bytes = kChannels * static_cast<size_t>(image.width);
  std::vector<uint8_t> out;
  out.reserve(kChannels * static_cast<size_t>(width) * static_cast<size_t>(height));
  for (const Tap& row : Taps(image.height, height, true)) {
    const Fixed down = fixed(row.weight);
    const uint8_t* upper = image.pixels.data() + row_bytes * row.first;
    const uint8_t* lower = image.pixels.data() + row_bytes * row.second;
    for (const Tap& column : columns) {
      const Fixed across = fixed(column.weight);
      for (size_t c = 0; c < kChannels; ++c) {
        const auto blend = [&](const uint8_t* line) {
          return line[kChannels * column.first + c] * across.first +
                 line[kChannels * column.second + c] * across.second;
        };
        const int sum = ((down.first * (blend(upper) >> 4)) >> 16) +
                        ((down.second * (blend(lower) >> 4)) >> 16);
        out.push_back(static_cast<uint8_t>((sum + 2) >> 2));
      }
    }
  }
  return out;
}

struct FloatImage {
  int width;
  int height;
  std::vector<float> pixels;  // height x width x 3, 0..1
};

// The part of the image between two fractions of its size.
FloatImage CentralPart(const std::vector<uint8_t>& pixels, const PersonImageSteps& steps) {
  const auto begin = [&](int size) {
    return static_cast<int>(size / 2.0 * (1.0 - steps.central_fraction));
  };
  const auto end = [&](int size) {
    return static_cast<int>(size / 2.0 * (1.0 + steps.central_fraction));
  };
  const int left = begin(steps.dataset_width);
  const int top = begin(steps.dataset_height);
  FloatImage part{end(steps.dataset_width) - left, end(steps.dataset_height) - top, {}};
  for (int y = top; y < top + part.height; ++y) {
    const size_t start = kChannels * static_cast<size_t>(y * steps.dataset_width + left);
    for (size_t i = 0; i < kChannels * static_cast<size_t>(part.width); ++i) {
      part.pixels.push_back(static_cast<float>(pixels[start + i]) / 255.0f);
    }
  }
  return part;
}

}  // namespace

std::vector<uint8_t> PersonImage(const RgbImage& image, const PersonImageSteps& steps) {
  const FloatImage part =
      CentralPart(ResizeBytes(image, steps.dataset_width, steps.dataset_height), steps);
  const std::vector<Tap> columns = Taps(part.width, steps.width, false);
  const size_t row_elements = kChannels * static_cast<size_t>(part.width);
  constexpr float kGreyWeights[kChannels] = {0.299f, 0.587f, 0.114f};
  std::vector<uint8_t> bytes;
  for (const Tap& row : Taps(part.height, steps.height, true)) {
    const float* upper = part.pixels.data() + row_elements * row.first;
    const float* lower = part.pixels.data() + row_elements * row.second;
    for (const Tap& column : columns) {
      float grey = 0;
      for (size_t c = 0; c < kChannels; ++c) {
        const auto blend = [&](const float* line) {
          return line[kChannels * column.first + c] * (1.0f - column.weight) +
                 line[kChannels * column.second + c] * column.weight;
        };
        grey += (blend(upper) * (1.0f - row.weight) + blend(lower) * row.weight) * kGreyWeights[c];
      }
      const float value = (grey * 2.0f - 1.0f) / kInputScale + kInputZeroPoint;
      const float rounded = std::clamp(std::nearbyint(value), -128.0f, 127.0f);
      bytes.push_back(static_cast<uint8_t>(static_cast<int8_t>(rounded)));
    }
  }
  return bytes;
}

}  // namespace host
