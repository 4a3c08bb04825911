// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/magic_wand.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <system_error>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/legacy_random.h"
#include "host/dataset/recording.h"
#include "host/dataset/recording_source.h"
#include "host/dataset/test_split.h"
#include "host/resource/http_file.h"

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArchiveName = "data.tar.gz";
constexpr uint64_t kMaxArchiveBytes = 256ull << 20;
// A window is one message to a device with a few MB of memory.
constexpr int kMaxWindowRows = 65'536;

const std::vector<std::string>& ClassNames() {
  static const std::vector<std::string> kNames = {"wing", "ring", "slope", "negative"};
  return kNames;
}

Result<> CheckParameters(const MagicWandParameters& p) {
  const auto in_range = [](int value, int low, int high) { return value >= low && value <= high; };
  if (!in_range(p.window_size, 1, kMaxWindowRows)) {
    return InputError(fmt::format("window_size {} is not in 1..{}", p.window_size, kMaxWindowRows));
  }
  // A recording is padded to a multiple of window_shift and then cut into equal parts; those are
  // windows only if this holds.
  if (!in_range(p.window_shift, 1, kMaxWindowRows) || p.window_shift % p.window_size != 0) {
    return InputError(fmt::format("window_shift {} is not a multiple of window_size {} in 1..{}",
                                  p.window_shift, p.window_size, kMaxWindowRows));
  }
  if (!in_range(p.noise_level, 0, 1'000'000)) {
    return InputError(fmt::format("noise_level {} is not in 0..1000000", p.noise_level));
  }
  if (!(p.reduce_dataset > 0.0 && p.reduce_dataset <= 1.0)) {
    return InputError(fmt::format("reduce_dataset {} is not in (0, 1]", p.reduce_dataset));
  }
  return {};
}

// Where a download is until it has been read.
fs::path FreshPath(const fs::path& root) { return root / fmt::format(".{}.new", kArchiveName); }

Result<std::vector<RecordingFile>> Fetch(const MagicWandParameters& parameters,
                                         const DatasetProgress& progress,
                                         const std::stop_token& stop) {
  const fs::path& root = parameters.dataset_root;
  const auto report = [&](uint64_t done, uint64_t total) {
    if (progress) progress("Downloading Magic Wand recordings", done, total);
  };
  const TransferLimits limits = TRY(LimitsFromEnvironment({.size_bytes = kMaxArchiveBytes}));
  const fs::path kept = root / kArchiveName;
  const fs::path fresh = FreshPath(root);
  if (auto done = DownloadToFile(parameters.url, fresh, limits, report, stop); !done) {
    Error error = std::move(done).error().error;
    error.causes.push_back(
        {ErrorKind::kRun,
         fmt::format("without a network, put the recordings (wing/ ring/ slope/ negative/) or the "
                     "upstream {} there, or use another dataset_root",
                     kArchiveName),
         root.string(),
         {}});
    return std::unexpected(std::move(error));
  }
  // Read before it is kept: an error page or a cut archive must not become the data set.
  auto files = ReadRecordingArchive(fresh, ClassNames());
  std::error_code failure;
  if (files) {
    fs::rename(fresh, kept, failure);
    if (failure) return RunError("the downloaded archive cannot be written", kept.string());
  } else {
    fs::remove(fresh, failure);
  }
  return files;
}

// But what an interrupted download left, which the next one continues.
bool HoldsNothing(const fs::path& root) {
  std::error_code failure;
  auto entry = fs::directory_iterator(root, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    if (!entry->path().filename().string().starts_with(FreshPath({}).string())) return false;
  }
  return true;
}

Result<std::vector<RecordingFile>> FindRecordings(const MagicWandParameters& parameters,
                                                  const DatasetProgress& progress,
                                                  const std::stop_token& stop) {
  const fs::path& root = parameters.dataset_root;
  std::error_code ignored;
  if (root.empty()) return InputError("dataset_root is empty");
  if (fs::is_regular_file(root, ignored)) return ReadRecordingArchive(root, ClassNames());
  if (parameters.force_download_dataset) return Fetch(parameters, progress, stop);
  const auto has_folder = [&](const std::string& name) {
    return fs::is_directory(root / name, ignored);
  };
  if (std::ranges::any_of(ClassNames(), has_folder)) {
    return ReadRecordingFolder(root, ClassNames());
  }
  if (fs::is_regular_file(root / kArchiveName, ignored)) {
    return ReadRecordingArchive(root / kArchiveName, ClassNames());
  }
  const bool is_vacant = HoldsNothing(root);
  if (is_vacant && parameters.download_dataset) return Fetch(parameters, progress, stop);
  if (is_vacant) {
    return InputError("there are no recordings here, and download_dataset is false", root.string());
  }
  return InputError(
      fmt::format("neither a folder with {} nor a folder with {}; nothing is downloaded into a "
                  "folder that holds something else",
                  fmt::join(ClassNames(), "/ "), kArchiveName),
      root.string());
}

// `rows` rows of noise around `neighbour`, appended to `out`. Each row takes three numbers from the
// generator, x first.
void AppendPadding(size_t rows, const AccelerationRow& neighbour, int noise_level,
                   LegacyRandom& random, std::vector<float>& out) {
  for (size_t i = 0; i < 3 * rows; ++i) {
    // Rounded to one decimal the way NumPy does it: scale, round half to even, scale back.
    const double noise = std::nearbyint((random.NextDouble() - 0.5) * noise_level * 10.0) / 10.0;
    out.push_back(static_cast<float>(noise + neighbour[i % 3]));
  }
}

// The recording padded to whole windows, as consecutive float32 rows.
std::vector<float> PadRecording(const Recording& recording, const MagicWandParameters& parameters,
                                LegacyRandom& random) {
  const auto window = static_cast<size_t>(parameters.window_size);
  const auto shift = static_cast<size_t>(parameters.window_shift);
  const size_t length = recording.size();
  const size_t before = (length > window ? length - window : window - length) % window;
  const size_t after = (shift - (before + length) % shift) % shift;
  std::vector<float> rows;
  rows.reserve(3 * (before + length + after));
  AppendPadding(before, recording.front(), parameters.noise_level, random, rows);
  for (const AccelerationRow& row : recording) {
    for (double value : row) rows.push_back(static_cast<float>(value));
  }
  AppendPadding(after, recording.back(), parameters.noise_level, random, rows);
  return rows;
}

// One-hot label rows are compared as text by the split, so the last class comes first.
std::vector<uint32_t> ClassRanks(const std::vector<Sample>& samples) {
  std::vector<uint32_t> ranks;
  for (const Sample& sample : samples) {
    ranks.push_back(static_cast<uint32_t>(ClassNames().size()) - 1 - sample.label);
  }
  return ranks;
}

// Keeps a seeded fraction of the samples, in their old order.
Result<> Reduce(const MagicWandParameters& parameters, Dataset* dataset) {
  const std::vector<uint32_t> ranks = ClassRanks(dataset->samples);
  TestSplit split = TRY(
      SplitSamples(ranks, 1.0 - parameters.reduce_dataset, std::nullopt, parameters.split_seed));
  std::ranges::sort(split.train);
  std::vector<Sample> kept;
  for (size_t i : split.train) kept.push_back(std::move(dataset->samples[i]));
  dataset->notes.push_back(
      fmt::format("Dataset reduced from {} to {} entries", dataset->samples.size(), kept.size()));
  dataset->samples = std::move(kept);
  return {};
}

}  // namespace

Result<Dataset> LoadMagicWand(const MagicWandParameters& parameters,
                              const DatasetProgress& progress, const std::stop_token& stop) {
  TRY(CheckParameters(parameters));
  const std::vector<RecordingFile> files = TRY(FindRecordings(parameters, progress, stop));

  Dataset dataset;
  dataset.class_names = ClassNames();
  LegacyRandom random(parameters.noise_seed);
  const size_t window_bytes = static_cast<size_t>(parameters.window_size) * 3 * sizeof(float);
  size_t dropped_rows = 0;
  for (const RecordingFile& file : files) {
    const RecordingFileContent content = TRY(ParseRecordings(file.text, file.place));
    dropped_rows += content.dropped_rows;
    const auto label = static_cast<uint32_t>(std::ranges::find(ClassNames(), file.class_name) -
                                             ClassNames().begin());
    for (const Recording& recording : content.recordings) {
      const std::vector<float> rows = PadRecording(recording, parameters, random);
      const auto* bytes = reinterpret_cast<const uint8_t*>(rows.data());
      for (size_t offset = 0; offset < rows.size() * sizeof(float); offset += window_bytes) {
        dataset.samples.push_back({{bytes + offset, bytes + offset + window_bytes}, label});
      }
    }
  }
  if (dropped_rows != 0) {
    dataset.notes.push_back(fmt::format(
        "{} rows at the end of files were left out: their recording has no end", dropped_rows));
  }
  if (dataset.samples.empty()) {
    return InputError("no file holds a complete recording (one that ends with a line like -,-,-)",
                      parameters.dataset_root.string());
  }
  if (parameters.reduce_dataset < 1.0) {
    TRY(Reduce(parameters, &dataset));
  }
  TestSplit split = TRY(SplitSamples(ClassRanks(dataset.samples), parameters.split_fraction_test,
                                     parameters.split_fraction_val, parameters.split_seed));
  dataset.test_order = std::move(split.test);
  dataset.train_order = std::move(split.train);
  return dataset;
}

}  // namespace host
