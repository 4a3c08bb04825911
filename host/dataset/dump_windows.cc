// Developer program: `dump_windows DATASET_ROOT OUT_DIR` writes what the loader makes of a gesture
// set with default parameters, for training scripts and for checks against other implementations:
// windows.f32 (n x 128 x 3), and labels.txt, train.txt, test.txt (one number a line; the last two
// are indices, test.txt in the order in which the device gets them).
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fmt/format.h"
#include "host/dataset/magic_wand.h"

namespace {

void WriteLines(const std::filesystem::path& path, const std::vector<size_t>& numbers) {
  std::ofstream stream(path);
  for (size_t number : numbers) stream << number << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: dump_windows DATASET_ROOT OUT_DIR\n");
    return 2;
  }
  const auto dataset = host::LoadMagicWand({.dataset_root = argv[1], .download_dataset = false});
  if (!dataset) {
    fmt::print(stderr, "{}\n", dataset.error().Format());
    return dataset.error().exit_code();
  }
  const std::filesystem::path out = argv[2];
  std::error_code failure;
  std::filesystem::create_directories(out, failure);
  std::ofstream windows(out / "windows.f32", std::ios::binary);
  std::vector<size_t> labels;
  for (const host::Sample& sample : dataset->samples) {
    windows.write(reinterpret_cast<const char*>(sample.bytes.data()),
                  static_cast<std::streamsize>(sample.bytes.size()));
    labels.push_back(sample.label);
  }
  WriteLines(out / "labels.txt", labels);
  WriteLines(out / "train.txt", dataset->train_order);
  WriteLines(out / "test.txt", dataset->test_order);
  windows.close();
  if (!windows) {
    fmt::print(stderr, "{}: cannot be written\n", out.string());
    return 1;
  }
  fmt::print("{} windows, {} for training, {} for testing\n", dataset->samples.size(),
             dataset->train_order.size(), dataset->test_order.size());
  return 0;
}
