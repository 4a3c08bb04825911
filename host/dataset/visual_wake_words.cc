// SPDX-License-Identifier: Apache-2.0

#include "host/dataset/visual_wake_words.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <thread>

#include "base/try.h"
#include "fmt/format.h"
#include "host/dataset/coco_source.h"
#include "host/dataset/image_file.h"
#include "host/dataset/test_split.h"
#include "nlohmann/json.hpp"

namespace host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// That of train2017 has 449 MB.
constexpr uint64_t kMaxAnnotationBytes = 512ull << 20;
constexpr int kMaxDepth = 32;

// Null unless it is a list of objects.
const Json* Objects(const Json& json, const char* key) {
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return nullptr;
  for (const Json& item : *list) {
    if (!item.is_object()) return nullptr;
  }
  return &*list;
}

template <typename T>
std::optional<T> Member(const Json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value->is_string()) return std::nullopt;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (!value->is_number_integer()) return std::nullopt;
  } else {
    if (!value->is_number()) return std::nullopt;
  }
  return value->get<T>();
}

// A name in the image folder itself.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

Result<std::string> ReadText(const fs::path& path) {
  std::error_code failure;
  const auto size = fs::file_size(path, failure);
  if (failure) return InputError("the annotations cannot be opened", path.string());
  if (size > kMaxAnnotationBytes) {
    return InputError(fmt::format("larger than {} bytes", kMaxAnnotationBytes), path.string());
  }
  std::string text(size, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) {
    return InputError("the annotations cannot be read", path.string());
  }
  return text;
}

}  // namespace

Result<std::vector<AnnotatedImage>> ParseAnnotations(std::string_view json, const std::string& name,
                                                     std::string_view objects_class,
                                                     double area_threshold) {
  bool is_too_deep = false;
  // The outlines are most of the file and are not needed.
  const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    is_too_deep = is_too_deep || depth > kMaxDepth;
    return !is_too_deep && !(event == Json::parse_event_t::key && parsed == "segmentation");
  };
  const Json file = Json::parse(json, keep, /*allow_exceptions=*/false);
  if (file.is_discarded() || is_too_deep || !file.is_object()) {
    return InputError("not valid JSON", name);
  }
  const Json* categories = Objects(file, "categories");
  const Json* annotations = Objects(file, "annotations");
  const Json* images = Objects(file, "images");
  if (categories == nullptr || annotations == nullptr || images == nullptr) {
    return InputError("there are no lists of objects 'categories', 'annotations', 'images'", name);
  }
  std::optional<int64_t> wanted;
  for (const Json& category : *categories) {
    if (Member<std::string>(category, "name") == objects_class) {
      wanted = Member<int64_t>(category, "id");
    }
  }
  if (!wanted) return InputError(fmt::format("no category is called {}", objects_class), name);
  std::map<int64_t, double> areas;  // by image
  for (const Json& annotation : *annotations) {
    if (Member<int64_t>(annotation, "category_id") != wanted) continue;
    const auto image = Member<int64_t>(annotation, "image_id");
    const auto box = annotation.find("bbox");
    if (!image || box == annotation.end() || !box->is_array() || box->size() != 4 ||
        !(*box)[2].is_number() || !(*box)[3].is_number()) {
      return InputError("an annotation has no image_id or no bbox of four numbers", name);
    }
    areas[*image] += (*box)[2].get<double>() * (*box)[3].get<double>();
  }
  std::vector<AnnotatedImage> result;
  for (const Json& image : *images) {
    const auto id = Member<int64_t>(image, "id");
    const auto file_name = Member<std::string>(image, "file_name");
    const auto width = Member<double>(image, "width");
    const auto height = Member<double>(image, "height");
    if (!id || !file_name || !width || !height) {
      return InputError("an image has not all of id, file_name, width, height", name);
    }
    if (!IsPlainName(*file_name)) {
      return InputError(fmt::format("the file name '{:.100}' leaves its folder", *file_name), name);
    }
    const auto area = areas.find(*id);
    const bool is_wanted = area != areas.end() && area->second > area_threshold * *height * *width;
    result.push_back({*file_name, is_wanted ? 1u : 0u});
  }
  return result;
}

namespace {

// On all cores: decoding photographs takes as long as an inference does on a simulated device.
Result<> ReadTestImages(const VisualWakeWordsParameters& parameters,
                        std::span<const AnnotatedImage> images, const DatasetProgress& progress,
                        const std::stop_token& stop, Dataset* dataset) {
  const std::vector<size_t>& order = dataset->test_order;
  const fs::path folder = parameters.dataset_root / parameters.dataset_type;
  std::atomic<size_t> next = 0;
  std::atomic<bool> has_failed = false;
  std::mutex guard;  // of what follows, and of progress
  uint64_t done = 0;
  size_t failed_at = order.size();
  std::optional<Error> failure;
  const auto work = [&] {
    while (!has_failed && !stop.stop_requested()) {
      const size_t at = next++;
      if (at >= order.size()) return;
      const auto image = ReadImage(folder / images[order[at]].file_name);
      std::vector<uint8_t>& bytes = dataset->samples[order[at]].bytes;
      if (image) bytes = PersonImage(*image, parameters.steps);
      const std::lock_guard lock(guard);
      if (image) {
        done += bytes.size();
        if (progress) progress("Reading images", done, bytes.size() * order.size());
      } else if (at < failed_at) {
        // What was taken before is finished, too, so the first of all faults is told.
        has_failed = true;
        failed_at = at;
        failure = image.error();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    const size_t cores = std::max(1u, std::thread::hardware_concurrency());
    for (size_t i = 1; i < std::min(cores, order.size()); ++i) threads.emplace_back(work);
    work();
  }
  if (failure) return std::unexpected(*std::move(failure));
  if (stop.stop_requested()) return RunError("stopped by the user while reading images");
  return {};
}

}  // namespace

Result<Dataset> LoadVisualWakeWords(const VisualWakeWordsParameters& parameters,
                                    const DatasetProgress& progress, const std::stop_token& stop) {
  CocoSource source{.root = parameters.dataset_root,
                    .type = parameters.dataset_type,
                    .may_download = parameters.download_dataset};
  if (!parameters.coco_url.empty()) source.url = parameters.coco_url;
  TRY(EnsureCoco(source, progress, stop));
  const fs::path annotations = parameters.dataset_root / "annotations" /
                               fmt::format("instances_{}.json", parameters.dataset_type);
  const std::string text = TRY(ReadText(annotations));
  const std::vector<AnnotatedImage> images = TRY(ParseAnnotations(
      text, annotations.string(), parameters.objects_class, parameters.area_threshold));
  Dataset dataset;
  dataset.class_names = {fmt::format("not-{}", parameters.objects_class), parameters.objects_class};
  std::vector<uint32_t> labels;
  for (const AnnotatedImage& image : images) {
    dataset.samples.push_back({{}, image.label});
    labels.push_back(image.label);
  }
  TestSplit split = TRY(SplitSamples(labels, parameters.split_fraction_test,
                                     parameters.split_fraction_val, parameters.split_seed));
  dataset.test_order = std::move(split.test);
  dataset.train_order = std::move(split.train);
  TRY(ReadTestImages(parameters, images, progress, stop, &dataset));
  return dataset;
}

}  // namespace host
