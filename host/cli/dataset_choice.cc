#include "host/cli/dataset_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/dataset/magic_wand.h"
#include "host/dataset/visual_wake_words.h"

namespace host::cli {
namespace {

std::optional<double> OptionalNumber(const Block& block, std::string_view key) {
  if (block.IsNull(key)) return std::nullopt;
  return block.Number(key);
}

Result<Dataset> MagicWand(const Block& block, const Block&, const DatasetProgress& progress) {
  return LoadMagicWand({.dataset_root = block.Text("dataset_root"),
                        .download_dataset = block.Flag("download_dataset"),
                        .force_download_dataset = block.Flag("force_download_dataset"),
                        .split_fraction_test = block.Number("split_fraction_test"),
                        .split_fraction_val = OptionalNumber(block, "split_fraction_val"),
                        .split_seed = static_cast<uint32_t>(block.Integer("split_seed")),
                        .window_size = static_cast<int>(block.Integer("window_size")),
                        .window_shift = static_cast<int>(block.Integer("window_shift")),
                        .noise_level = static_cast<int>(block.Integer("noise_level")),
                        .reduce_dataset = block.Number("reduce_dataset")},
                       progress);
}

Result<Dataset> VisualWakeWords(const Block& block, const Block& wrapper,
                                const DatasetProgress& progress) {
  return LoadVisualWakeWords(
      {.dataset_root = block.Text("dataset_root"),
       .dataset_type = block.Text("dataset_type"),
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
      progress);
}

// A model wrapper prepares the samples of one data set.
struct Row {
  std::string_view dataset;
  std::string_view wrapper;
  Result<Dataset> (*load)(const Block& dataset, const Block& wrapper, const DatasetProgress&);
};

constexpr Row kRows[] = {
    {"MagicWandDataset", "MagicWandModelWrapper", MagicWand},
    {"VisualWakeWordsDataset", "PersonDetectionModelWrapper", VisualWakeWords},
};

}  // namespace

Result<Dataset> LoadDatasetOf(const Scenario& scenario, const DatasetProgress& progress) {
  const Block& dataset = *scenario.dataset;
  const Block& wrapper = *scenario.model_wrapper;
  const Row& row = *std::ranges::find(kRows, dataset.schema->class_name(), &Row::dataset);
  if (wrapper.schema->class_name() != row.wrapper) {
    return InputError(fmt::format("{} needs the model wrapper {}, not {}", row.dataset, row.wrapper,
                                  wrapper.schema->class_name()),
                      fmt::format("{}#/model_wrapper/type", scenario.path));
  }
  return row.load(dataset, wrapper, progress);
}

}  // namespace host::cli
