// SPDX-License-Identifier: Apache-2.0

#include "host/cli/dataset_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/try.h"
#include "host/dataset/magic_wand.h"
#include "host/dataset/visual_wake_words.h"
#include "host/terminal/progress.h"

namespace host::cli {
namespace {

std::optional<double> OptionalNumber(const Block& block, std::string_view key) {
  if (block.IsNull(key)) return std::nullopt;
  return block.Number(key);
}

// What stands in for a data set's own site.
std::string Mirror(const char* variable, std::string_view site) {
  const char* mirror = std::getenv(variable);
  return std::string(mirror != nullptr ? mirror : site);
}

Result<Dataset> MagicWand(const Block& block, const Block&, const DatasetProgress& progress,
                          const std::stop_token& stop) {
  return LoadMagicWand({.dataset_root = block.Text("dataset_root"),
                        .download_dataset = block.Flag("download_dataset"),
                        .force_download_dataset = block.Flag("force_download_dataset"),
                        .split_fraction_test = block.Number("split_fraction_test"),
                        .split_fraction_val = OptionalNumber(block, "split_fraction_val"),
                        .split_seed = static_cast<uint32_t>(block.Integer("split_seed")),
                        .window_size = static_cast<int>(block.Integer("window_size")),
                        .window_shift = static_cast<int>(block.Integer("window_shift")),
                        .noise_level = static_cast<int>(block.Integer("noise_level")),
                        .url = Mirror("KENNING_MAGIC_WAND_URL", kMagicWandUrl),
                        .reduce_dataset = block.Number("reduce_dataset")},
                       progress, stop);
}

Result<Dataset> VisualWakeWords(const Block& block, const Block& wrapper,
                                const DatasetProgress& progress, const std::stop_token& stop) {
  return LoadVisualWakeWords(
      {.dataset_root = block.Text("dataset_root"),
       .dataset_type = block.Text("dataset_type"),
       .download_dataset = block.Flag("download_dataset"),
       .coco_url = Mirror("KENNING_COCO_URL", ""),
       .objects_class = block.Text("objects_class"),
       .area_threshold = block.Number("area_threshold"),
       .steps = {.dataset_width = static_cast<int>(block.Integer("image_width")),
                 .dataset_height = static_cast<int>(block.Integer("image_height")),
                 .central_fraction = wrapper.Number("central_fraction"),
                 .width = static_cast<int>(wrapper.Integer("image_width")),
                 .height = static_cast<int>(wrapper.Integer("image_height"))},
       .split_fraction_test = block.Number("split_fraction_test"),
       .split_fraction_val = OptionalNumber(block, "split_fraction_val"),
       .split_seed = static_cast<uint32_t>(block.Integer("split_seed"))},
      progress, stop);
}

// A model wrapper prepares the samples of one data set.
struct Row {
  std::string_view dataset;
  std::string_view wrapper;
  Result<Dataset> (*load)(const Block& dataset, const Block& wrapper, const DatasetProgress&,
                          const std::stop_token&);
};

constexpr Row kRows[] = {
    {"MagicWandDataset", "MagicWandModelWrapper", MagicWand},
    {"VisualWakeWordsDataset", "PersonDetectionModelWrapper", VisualWakeWords},
};

}  // namespace

Result<Dataset> LoadDatasetOf(const Scenario& scenario, Log& log, const std::stop_token& stop) {
  if (!scenario.dataset || !scenario.model_wrapper) {
    return InputError("the scenario needs a dataset and a model_wrapper");
  }
  const Block& dataset = *scenario.dataset;
  const Block& wrapper = *scenario.model_wrapper;
  const Row& row = *std::ranges::find(kRows, dataset.schema->class_name(), &Row::dataset);
  if (wrapper.schema->class_name() != row.wrapper) {
    return InputError(fmt::format("{} needs the model wrapper {}, not {}", row.dataset, row.wrapper,
                                  wrapper.schema->class_name()),
                      fmt::format("{}#/model_wrapper/type", scenario.path));
  }
  ProgressOfSteps progress(log);
  Dataset loaded = TRY(row.load(
      dataset, wrapper,
      [&](std::string_view step, uint64_t done, uint64_t total) {
        progress.Show(step, done, total);
      },
      stop));
  progress.Finish();
  return loaded;
}

}  // namespace host::cli
