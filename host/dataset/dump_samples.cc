// SPDX-License-Identifier: Apache-2.0

// Developer program: `dump_samples KIND DATASET_ROOT OUT_DIR` writes what the loader makes of a
// data set, for training scripts and for checks against other implementations: samples.bin (the
// bytes of all samples, one after another), and labels.txt, train.txt, test.txt (one number a line;
// the last two are indices, test.txt in the order in which the device gets them).
//
// KIND: magic-wand with default parameters (n x 128 x 3 float32), or visual-wake-words with every
// photograph in the test (n x 96 x 96 int8).
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "fmt/format.h"
#include "host/dataset/magic_wand.h"
#include "host/dataset/visual_wake_words.h"

namespace {

constexpr int kArguments = 4;

host::Result<host::Dataset> Load(std::string_view kind, const char* root) {
  if (kind == "magic-wand") {
    return host::LoadMagicWand({.dataset_root = root, .download_dataset = false});
  }
  if (kind == "visual-wake-words") {
    return host::LoadVisualWakeWords({.dataset_root = root, .split_fraction_test = 1.0});
  }
  return host::InputError(fmt::format("{} is no kind of data set", kind));
}

void WriteLines(const std::filesystem::path& path, const std::vector<size_t>& numbers) {
  std::ofstream stream(path);
  for (size_t number : numbers) stream << number << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != kArguments) {
    fmt::print(stderr, "usage: dump_samples magic-wand|visual-wake-words DATASET_ROOT OUT_DIR\n");
    return 2;
  }
  const auto dataset = Load(argv[1], argv[2]);
  if (!dataset) {
    fmt::print(stderr, "{}\n", dataset.error().Format());
    return dataset.error().exit_code();
  }
  const std::filesystem::path out = argv[3];
  std::error_code failure;
  std::filesystem::create_directories(out, failure);
  std::ofstream samples(out / "samples.bin", std::ios::binary);
  std::vector<size_t> labels;
  for (const host::Sample& sample : dataset->samples) {
    samples.write(reinterpret_cast<const char*>(sample.bytes.data()),
                  static_cast<std::streamsize>(sample.bytes.size()));
    labels.push_back(sample.label);
  }
  WriteLines(out / "labels.txt", labels);
  WriteLines(out / "train.txt", dataset->train_order);
  WriteLines(out / "test.txt", dataset->test_order);
  samples.close();
  if (!samples) {
    fmt::print(stderr, "{}: cannot be written\n", out.string());
    return 1;
  }
  fmt::print("{} samples, {} for training, {} for testing\n", dataset->samples.size(),
             dataset->train_order.size(), dataset->test_order.size());
  return 0;
}
